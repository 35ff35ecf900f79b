/**
 * Lengths in bits of the codes for the bytes 0 to 255 and for EOS (symbol 256), one letter each: `a` is 5, `z` is 30. HPACK's
 * code is canonical: codes of one length follow each other in the order of their symbols, and a longer code starts where
 * the shorter ones ended. The lengths are therefore all of it.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7541#appendix-B
 */
const LENGTHS =
  'isxxxxxxxtzxxzxxxxxxxxzxxxxxxxxx' +
  'bffhibdgffdgdbbbaaabbbbbbbcdkbhf' +
  'ibccccccccccccccccccccccdcdioijb' +
  'kabababbbaccbbbabcbaabccccckgjix' +
  'prpprrrsrssssststtrstssssqrsrsst' +
  'rqprrssqsrrtqrssqqrqsrssprrrsrrs' +
  'vvporsruvvvwwvtuoqvwwvwtqqvvxwww' +
  'ptpqrqqsrruuttvsvwvvwwwwwxwwwwwv' +
  'z'

/** The symbol that no string may hold: it only pads the last byte, with the first bits of its code. */
export const EOS = 256
/** The longest code. */
export const MAX_CODE_BITS = 30

/** Length in bits of each symbol's code. */
export const CODE_BITS: Uint8Array = Uint8Array.from(LENGTHS, (letter) => letter.charCodeAt(0) - 92)
/** The code of each symbol, in its lowest bits. */
export const CODES: Uint32Array = new Uint32Array(EOS + 1)
/** Symbols in the order of their codes. */
export const SYMBOLS: Uint16Array = Uint16Array.from(CODE_BITS.keys()).sort(
  (a, b) => CODE_BITS[a]! - CODE_BITS[b]! || a - b,
)
/** For each length: the place in `SYMBOLS` of its first code. */
export const FIRST_SYMBOL: Uint16Array = new Uint16Array(MAX_CODE_BITS + 2)
/** For each length: its first code. */
export const FIRST_CODE: Uint32Array = new Uint32Array(MAX_CODE_BITS + 2)

for (let bits = 1, rank = 0, code = 0; bits <= MAX_CODE_BITS + 1; bits++, code *= 2) {
  FIRST_SYMBOL[bits] = rank
  FIRST_CODE[bits] = code
  for (; rank <= EOS && CODE_BITS[SYMBOLS[rank]!] === bits; rank++) CODES[SYMBOLS[rank]!] = code++
}
