/** The part of Node's Buffer that its types leave out: latin1 without the detour over encoding names. */
interface Latin1Buffer {
  latin1Slice(start: number, end: number): string
  latin1Write(text: string, at: number, length: number): number
}

/** Bytes `[start, end)` as text, one code unit a byte. */
export function latin1Of(bytes: Buffer, start: number, end: number): string {
  return (bytes as unknown as Latin1Buffer).latin1Slice(start, end)
}

/** Puts a text into `bytes`, one byte a code unit; it must fit. */
export function putLatin1(bytes: Buffer, text: string, at: number): void {
  ;(bytes as unknown as Latin1Buffer).latin1Write(text, at, text.length)
}
