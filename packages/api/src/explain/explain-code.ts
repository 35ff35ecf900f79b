import { messageType } from '../analyze/messages.ts'
import { CODES, type Code } from '../errors.ts'

/**
 * Text about a code of a finding; undefined for codes that do not exist.
 *
 * @example
 * explainCode('IST0101')
 */
export function explainCode(code: string): string | undefined {
  const upper = code.toUpperCase()
  const type = messageType(upper)
  if (type !== undefined) {
    return [
      `${type.code} ${type.name} (${type.level})`,
      '',
      type.meaning,
      '',
      `Message: ${template(type.template, type.args)}`,
      `What to do: ${type.hint}`,
      '',
      `See ${type.documentationUrl}`,
      '',
    ].join('\n')
  }
  if (!Object.hasOwn(CODES, upper)) return undefined
  return `${upper}\n\n${CODES[upper as Code]}\n`
}

/** The text of a message with the names of its values. */
function template(text: string, names: readonly string[]): string {
  let next = 0
  return text.replace(/%[sqdv]/g, () => `<${names[next++] ?? 'value'}>`)
}
