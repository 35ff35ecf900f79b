import { fieldByte, huffmanBytes, huffmanEncode } from './huffman-encoder.ts'

const HUFFMAN = 0x80
/** Room for the integers of a field, and for what the Huffman code writes until it turns out to be longer than the text. */
const MAX_PREFIX_BYTES = 24
/** Strings shorter than this have one byte of length. */
const SHORT_STRING_LENGTH = 0x7f
/** The buffer that is kept for the next block grows up to this. */
const MAX_KEPT_BYTES = 64 * 1024
/** Up to this many bytes a loop copies faster than a call. */
const SMALL_COPY_BYTES = 48

/** The buffer that blocks are written to; absent while one writes. */
let kept: Buffer | undefined = Buffer.allocUnsafeSlow(4096)

/** Writes the primitive types of one header block. */
export class BlockWriter {
  #bytes: Buffer
  #at = 0

  constructor() {
    this.#bytes = kept ?? Buffer.allocUnsafeSlow(4096)
    kept = undefined
  }

  /** Makes room for a field with so many code units of text. */
  reserve(textLength: number): void {
    const needed = this.#at + textLength + MAX_PREFIX_BYTES
    if (needed <= this.#bytes.length) return
    const bytes = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2))
    this.#bytes.copy(bytes, 0, 0, this.#at)
    this.#bytes = bytes
  }

  /**
   * An integer whose first byte shares its high bits with `pattern`.
   * @see https://www.rfc-editor.org/rfc/rfc7541#section-5.1
   */
  integer(pattern: number, prefixMask: number, value: number): void {
    const bytes = this.#bytes
    if (value < prefixMask) {
      bytes[this.#at++] = pattern | value
      return
    }
    bytes[this.#at++] = pattern | prefixMask
    let rest = value - prefixMask
    for (; rest >= 0x80; rest >>>= 7) bytes[this.#at++] = (rest & 0x7f) | 0x80
    bytes[this.#at++] = rest
  }

  /**
   * A string; Huffman-coded when that is shorter.
   * @see https://www.rfc-editor.org/rfc/rfc7541#section-5.2
   */
  text(text: string): void {
    const bytes = this.#bytes
    if (text.length < SHORT_STRING_LENGTH) {
      // Most strings are shorter with Huffman coding: try it in one pass, without counting first.
      const start = this.#at + 1
      const end = huffmanEncode(text, bytes, start, start + text.length)
      if (end >= 0) {
        bytes[this.#at] = HUFFMAN | (end - start)
        this.#at = end
        return
      }
    } else {
      const coded = huffmanBytes(text)
      if (coded < text.length) {
        this.integer(HUFFMAN, 0x7f, coded)
        this.#at = huffmanEncode(text, bytes, this.#at, bytes.length)
        return
      }
    }
    this.integer(0, 0x7f, text.length)
    for (let index = 0; index < text.length; index++) bytes[this.#at++] = fieldByte(text.charCodeAt(index))
  }

  /** Ends the block: its bytes, after `headroom` bytes that the caller fills. */
  finish(headroom: number): Buffer {
    const written = this.#bytes
    const length = this.#at
    const block = Buffer.allocUnsafe(headroom + length)
    if (length > SMALL_COPY_BYTES) written.copy(block, headroom, 0, length)
    else for (let at = 0; at < length; at++) block[headroom + at] = written[at]!
    if (written.length <= MAX_KEPT_BYTES) kept = written
    return block
  }
}
