import { isAbsolute, relative, resolve, sep } from 'node:path'
import { type AnalysisMessage, githubOutput, jsonOutput, sarifOutput, yamlOutput } from '@batten/api/analyze'
import pc from 'picocolors'
import type { AnalyzeOutput } from '../commands/analyze.ts'
import { version } from '../version.ts'
import { analysisLog } from './log.ts'

/** Options of {@link printMessages}. */
export interface PrintOptions {
  readonly form: AnalyzeOutput
  /** Whether the log has colours. @defaultValue on a terminal, unless `NO_COLOR` is set */
  readonly color: boolean | undefined
  readonly sourceOf: (file: string) => string | undefined
}

/** Writes messages to standard output. */
export function printMessages(
  messages: readonly AnalysisMessage[],
  { form, color, sourceOf }: PrintOptions,
): void {
  process.stdout.write(text())

  function text(): string {
    switch (form) {
      case 'json':
        return jsonOutput(messages)
      case 'yaml':
        return yamlOutput(messages)
      case 'sarif':
        return sarifOutput(messages.map(withProjectPath), { version })
      case 'github':
        return githubOutput(messages.map(withProjectPath))
      case 'log':
        return analysisLog(messages, { sourceOf, isColored: color ?? pc.isColorSupported })
    }
  }
}

/**
 * Code hosts know files by their path below the folder of the project, and nothing of standard input. In a job of GitHub
 * that folder need not be the one in which the command runs.
 */
function withProjectPath(message: AnalysisMessage): AnalysisMessage {
  if (message.file === undefined) return message
  if (message.file === '-') return { ...message, file: undefined, range: undefined }
  const full = resolve(message.file)
  for (const project of [process.env['GITHUB_WORKSPACE'], process.cwd()]) {
    if (project === undefined || project === '') continue
    const path = relative(project, full)
    if (!path.startsWith('..') && !isAbsolute(path)) return { ...message, file: path.split(sep).join('/') }
  }
  return message
}
