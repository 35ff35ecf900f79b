import type { AnalysisMessage } from '../message.ts'
import type { Level } from '../messages.ts'

const COMMANDS: Readonly<Record<Level, string>> = { Error: 'error', Warning: 'warning', Info: 'notice' }

/**
 * Messages as workflow commands: GitHub shows them beside the lines of a pull request.
 *
 * @see https://docs.github.com/actions/reference/workflow-commands-for-github-actions
 */
export function githubOutput(messages: readonly AnalysisMessage[]): string {
  return messages.map(command).join('')
}

function command({ level, code, name, origin, message, hint, file, range }: AnalysisMessage): string {
  const properties: [string, string | number][] = []
  if (file !== undefined) properties.push(['file', file])
  if (file !== undefined && range !== undefined) {
    properties.push(['line', range.line], ['endLine', range.endLine])
    // Columns are of one line only.
    if (range.line === range.endLine) properties.push(['col', range.column], ['endColumn', range.endColumn])
  }
  properties.push(['title', `${code} ${name}`])
  const head = properties.map(([key, value]) => `${key}=${propertyText(String(value))}`).join(',')
  const text = `${origin === '' ? '' : `${origin}: `}${message}\nhint: ${hint}`
  return `::${COMMANDS[level]} ${head}::${dataText(text)}\n`
}

function dataText(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function propertyText(text: string): string {
  return dataText(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}
