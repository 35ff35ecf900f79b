import type { AnalysisMessage } from '../message.ts'
import { githubOutput } from './github.ts'
import { jsonOutput } from './json.ts'
import { logOutput } from './log.ts'
import { sarifOutput } from './sarif.ts'
import { yamlOutput } from './yaml.ts'

/** Forms in which messages are printed. */
export const analysisOutputs = {
  log: logOutput,
  json: jsonOutput,
  yaml: yamlOutput,
  sarif: sarifOutput,
  github: githubOutput,
} as const satisfies Readonly<Record<string, (messages: readonly AnalysisMessage[]) => string>>

/** Name of a form: `log`, `json`, `yaml`, `sarif` or `github`. */
export type AnalysisOutput = keyof typeof analysisOutputs
