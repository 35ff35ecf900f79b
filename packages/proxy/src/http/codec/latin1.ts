/** The part of Node's Buffer that its types leave out: `toString('latin1')` without the detour over encoding names. */
interface Latin1Buffer {
  latin1Slice(start: number, end: number): string
}

/** Bytes `[start, end)` as text, one code unit a byte. */
export function latin1Of(bytes: Buffer, start: number, end: number): string {
  return (bytes as unknown as Latin1Buffer).latin1Slice(start, end)
}
