import { type MessageType, messageType, messageTypes } from '../analyze/messages.ts'
import { CODES, type Code } from '../errors.ts'
import { codeGuides } from './guides/index.ts'
import { nearest } from './nearest.ts'
import { wrapped } from './print.ts'

/** What is known about a code of the analysis. */
export interface CodeExplanation extends MessageType {
  /** When it is reported. */
  readonly when: string
  /** The text of the message with the names of its values. */
  readonly text: string
  /** An example: lines begin with `-` for what is wrong, `+` for what takes its place, or a blank. */
  readonly fix: string | undefined
}

/** All codes of the analysis with what is known about them. */
export function codeExplanations(): CodeExplanation[] {
  return messageTypes.map(explanationOf)
}

/**
 * Text about a code of a finding, in lines of at most `width` characters; undefined for codes that do not exist.
 *
 * @example
 * explainCode('IST0101')
 */
export function explainCode(code: string, width = 100): string | undefined {
  const upper = code.toUpperCase()
  const type = messageType(upper)
  if (type !== undefined) return printed(explanationOf(type), width)
  if (!Object.hasOwn(CODES, upper)) return undefined
  return `${upper}\n\n${CODES[upper as Code]}\n`
}

/** Codes that a mistyped code was probably meant to be, the nearest first; none for what does not look like a code. */
export function similarCodes(code: string): string[] {
  const upper = code.toUpperCase()
  if (/^(IST|BAT)[-_ ]?\d+$/.test(upper)) {
    const bare = upper.replace(/[-_ ]/, '')
    const padded = `${bare.slice(0, 3)}${bare.slice(3).replace(/^0+/, '').padStart(4, '0')}`
    if (messageType(padded) !== undefined) return [padded]
    return nearest(
      bare,
      messageTypes.map((type) => type.code),
    ).slice(0, 3)
  }
  const byName = messageTypes.filter(({ name }) => name.toUpperCase() === upper).map((type) => type.code)
  return byName.length > 0 ? byName : nearest(upper, Object.keys(CODES)).slice(0, 3)
}

function explanationOf(type: MessageType): CodeExplanation {
  const { when = '', fix } = codeGuides[type.code] ?? {}
  return { ...type, when, text: template(type.template, type.args), fix: fix?.replace(/^\n|\n$/g, '') }
}

function printed(explanation: CodeExplanation, width: number): string {
  const { code, name, level, meaning, when, text, hint, fix, documentationUrl } = explanation
  const out = [`${code} ${name} (${level})`, '', ...wrapped(meaning, width, '')]
  if (when !== '') out.push('', 'When it is reported:', ...wrapped(when, width, '  '))
  out.push('', 'Message:', ...wrapped(text, width, '  '), '', 'What to do:', ...wrapped(hint, width, '  '))
  if (fix !== undefined) out.push('', 'Example:', ...fix.split('\n').map((line) => `  ${line}`.trimEnd()))
  out.push('', `See ${documentationUrl}`, '')
  return out.join('\n')
}

/** The text of a message with the names of its values. */
function template(text: string, names: readonly string[]): string {
  let next = 0
  return text.replace(/%[sqdv]/g, () => `<${names[next++] ?? 'value'}>`)
}
