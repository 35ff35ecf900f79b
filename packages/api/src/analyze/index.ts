/** Analysis of configuration across objects. */

export type { SourceRange } from '../validate/findings.ts'
export type { Validatable } from '../validate/validate.ts'
export type { ParsedDocument } from '../yaml/parse.ts'
export type { Analyzer } from './analyzer.ts'
export { analyzers } from './analyzers/index.ts'
export type { ConfigInput } from './mesh-config.ts'
export { type AnalysisMessage, atLeast, parseLevel } from './message.ts'
export {
  type BattenCode,
  type IstioCode,
  type Level,
  type MessageArg,
  type MessageArgs,
  type MessageCode,
  type MessageType,
  messageText,
  messageType,
  messageTypes,
} from './messages.ts'
export { githubOutput } from './output/github.ts'
export { type AnalysisOutput, analysisOutputs } from './output/index.ts'
export { jsonOutput, type PrintedMessage, printedMessage } from './output/json.ts'
export { codeFrame, type LogOptions, logOutput } from './output/log.ts'
export { type SarifOptions, sarifOutput } from './output/sarif.ts'
export { yamlOutput } from './output/yaml.ts'
export { type AnalyzeOptions, analyze } from './run.ts'
export { parseSuppression, SUPPRESS_ANNOTATION, type Suppression } from './suppression.ts'
