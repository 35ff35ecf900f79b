import type { FieldPath } from './field-path.ts'

/** Longest name and value of a header that configuration adds. */
const MAX_LENGTH = 16_384

/** Refuses text that could not stand in a header: a line break would end it. An absent text is fine. */
export function checkHeaderText(text: string | undefined, at: FieldPath): void {
  if (text !== undefined && /[\0\r\n]/.test(text)) throw at.invalid('must not contain line breaks or NUL')
}

/** {@link checkHeaderText} for what is added as it stands: its length has a limit, too. */
export function checkAddedText(text: string, at: FieldPath): void {
  checkHeaderText(text, at)
  if (Buffer.byteLength(text) > MAX_LENGTH) throw at.invalid(`longer than ${MAX_LENGTH} bytes`)
}

/** What a value of an enumeration stands for; a number that the enumeration does not have is refused. */
export function meaningOf<V>(table: Readonly<Record<string, V>>, value: string | number, at: FieldPath): V {
  const meaning = table[value]
  if (meaning === undefined) throw at.invalid(`${value} is none of ${Object.keys(table).join(', ')}`)
  return meaning
}
