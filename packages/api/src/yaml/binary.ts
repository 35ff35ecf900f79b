const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/** The text that base64 stands for, undefined if it is none. What is no UTF-8 becomes U+FFFD, byte for byte, as in Go. */
export function binaryText(source: string): string | undefined {
  const base64 = source.replaceAll(/[\r\n]/g, '')
  if (!BASE64.test(base64)) return undefined
  const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))
  const parts: string[] = []
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  let start = 0
  let at = 0
  while (at < bytes.length) {
    const length = sequenceLength(bytes, at)
    if (length > 0) {
      at += length
      continue
    }
    parts.push(decoder.decode(bytes.subarray(start, at)), '\ufffd')
    at++
    start = at
  }
  parts.push(decoder.decode(bytes.subarray(start)))
  return parts.join('')
}

/** Bytes of the character of UTF-8 at an offset, 0 if there is none. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!
  if (first < 0x80) return 1
  if (first < 0xc2 || first > 0xf4) return 0
  const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4
  const [low, high] = SECOND.get(first) ?? [0x80, 0xbf]
  const second = bytes[at + 1] ?? 0
  if (second < low || second > high) return 0
  for (let i = 2; i < length; i++) if ((bytes[at + i] ?? 0) >> 6 !== 2) return 0
  return length
}

/** Bounds of the second byte where not every continuation is right: forms that are too long, surrogates, the end of Unicode. */
const SECOND: ReadonlyMap<number, readonly [number, number]> = new Map([
  [0xe0, [0xa0, 0xbf]],
  [0xed, [0x80, 0x9f]],
  [0xf0, [0x90, 0xbf]],
  [0xf4, [0x80, 0x8f]],
])
