import { HpackError } from './hpack-error.ts'
import { CODE_BITS, CODES, EOS, FIRST_CODE, FIRST_SYMBOL, MAX_CODE_BITS, SYMBOLS } from './huffman-code.ts'

/** Codes up to this length are found with one look into a table; they are those of all usual characters. */
const SHORT_BITS = 10

/** By the next ten bits: the symbol of the code that starts them, times 16, plus the code's length; 0 for a longer code. */
const SHORT_CODES = new Uint16Array(1 << SHORT_BITS)
for (let symbol = 0; symbol < EOS; symbol++) {
  const unused = SHORT_BITS - CODE_BITS[symbol]!
  if (unused < 0) continue
  const first = CODES[symbol]! << unused
  SHORT_CODES.fill((symbol << 4) | CODE_BITS[symbol]!, first, first + (1 << unused))
}

/** The most bytes that a string of so many Huffman-coded bytes can have: the shortest code has 5 bits. */
export function maxHuffmanDecodedBytes(codedBytes: number): number {
  return Math.floor((codedBytes * 8) / 5)
}

/**
 * Decodes `source[start, end)` into `target`, which has room for {@link maxHuffmanDecodedBytes}; returns the number of
 * bytes written.
 *
 * @throws HpackError when the string holds EOS, or its padding is longer than 7 bits or has a zero bit.
 * @see https://www.rfc-editor.org/rfc/rfc7541#section-5.2
 */
export function huffmanDecode(source: Uint8Array, start: number, end: number, target: Uint8Array): number {
  let at = start
  let written = 0
  // The next `bits` bits, at the left of 32; zeros follow them.
  let window = 0
  let bits = 0
  for (;;) {
    while (bits <= 24 && at < end) {
      window |= source[at++]! << (24 - bits)
      bits += 8
    }
    const short = SHORT_CODES[window >>> (32 - SHORT_BITS)]!
    if (short !== 0) {
      const length = short & 15
      if (length > bits) break
      target[written++] = short >>> 4
      window <<= length
      bits -= length
      continue
    }
    // A long code may need more than the 25 bits that are sure to be here: look into the next byte as well.
    const next = at < end && bits < 32 ? source[at]! : 0
    const ahead = bits <= 24 ? window : window | (next >>> (bits - 24))
    const length = longCodeBits(ahead)
    if (length > bits && at >= end) break
    const symbol = SYMBOLS[FIRST_SYMBOL[length]! + (ahead >>> (32 - length)) - FIRST_CODE[length]!]!
    if (symbol === EOS) throw new HpackError('a Huffman-coded string holds EOS')
    target[written++] = symbol
    if (length <= bits) {
      window <<= length
      bits -= length
    } else {
      const used = length - bits
      at++
      window = next << (24 + used)
      bits = 8 - used
    }
  }
  if (bits > 7) throw new HpackError('a Huffman-coded string ends within a code')
  if (bits > 0 && window >>> (32 - bits) !== (1 << bits) - 1) {
    throw new HpackError('the padding of a Huffman-coded string is not all ones')
  }
  return written
}

/** Length of the code, longer than {@link SHORT_BITS}, that 32 bits start with. */
function longCodeBits(ahead: number): number {
  let length = SHORT_BITS + 1
  // The next longer codes start at twice the code after the last one of this length.
  while (length < MAX_CODE_BITS && ahead >>> (32 - length - 1) >= FIRST_CODE[length + 1]!) length++
  return length
}
