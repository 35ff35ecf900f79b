import type { AnalysisMessage } from '../message.ts'
import type { Level, MessageCode } from '../messages.ts'

/** A message as istioctl prints it in JSON and YAML. */
export interface PrintedMessage {
  readonly code: MessageCode
  readonly documentationUrl: string
  readonly level: Level
  readonly message: string
  readonly origin: string
  readonly reference: string
}

/** The part of a message that JSON and YAML have. */
export function printedMessage(message: AnalysisMessage): PrintedMessage {
  const { code, documentationUrl, level, origin, reference } = message
  return { code, documentationUrl, level, message: message.message, origin, reference }
}

/**
 * Messages as `istioctl analyze -o json` prints them: an array, also of nothing.
 *
 * @example
 * JSON.parse(jsonOutput(messages))[0].code // 'IST0101'
 */
export function jsonOutput(messages: readonly AnalysisMessage[]): string {
  return `${JSON.stringify(messages.map(printedMessage), undefined, '\t')}\n`
}
