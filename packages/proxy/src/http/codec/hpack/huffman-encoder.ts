import { CODE_BITS, CODES } from './huffman-code.ts'

/** What stands for a code unit above 0xff, which no field can hold. */
const REPLACEMENT = 0x3f

/** The byte for a code unit of a field: code units above 0xff become `?`, so that none of them turns into a line end. */
export function fieldByte(unit: number): number {
  return unit > 0xff ? REPLACEMENT : unit
}

/** Bytes of the Huffman code of a text. */
export function huffmanBytes(text: string): number {
  let bits = 7
  for (let at = 0; at < text.length; at++) bits += CODE_BITS[fieldByte(text.charCodeAt(at))]!
  return Math.floor(bits / 8)
}

/**
 * Writes the Huffman code of a text, padded with ones, into `target` from `offset` on; returns the offset after it, or -1
 * when the code does not end before `limit`. It may have written 4 bytes more than that by then.
 * @see https://www.rfc-editor.org/rfc/rfc7541#section-5.2
 */
export function huffmanEncode(text: string, target: Uint8Array, offset: number, limit: number): number {
  let at = offset
  // The lowest `bits` bits of the window wait to be written; bits above them are old.
  let window = 0
  let bits = 0
  for (let index = 0; index < text.length; index++) {
    const byte = fieldByte(text.charCodeAt(index))
    let length = CODE_BITS[byte]!
    let code = CODES[byte]!
    if (length > 24) {
      // With up to 7 bits that wait, a code of more than 24 bits would not fit into 32: its first byte goes alone.
      length -= 8
      window = (window << 8) | (code >>> length)
      target[at++] = window >>> bits
      code &= (1 << length) - 1
    }
    window = (window << length) | code
    bits += length
    while (bits >= 8) {
      bits -= 8
      target[at++] = window >>> bits
    }
    if (at >= limit) return -1
  }
  if (bits > 0) target[at++] = (window << (8 - bits)) | (0xff >>> bits)
  return at < limit ? at : -1
}
