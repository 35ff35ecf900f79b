import { latin1Of } from '../../../network/latin1.ts'
import { HpackError } from './hpack-error.ts'
import { huffmanDecode, maxHuffmanDecodedBytes } from './huffman-decoder.ts'

/** Bytes that an integer may take, its prefix included: up to 2^28 and a little, more than any index, length or size here. */
const MAX_INTEGER_BYTES = 5
const HUFFMAN = 0x80

/** Where Huffman-coded strings are decoded to. Nothing else runs while it is in use, so all connections share it. */
let decoded: Buffer = Buffer.allocUnsafeSlow(4096)
/** A longer string takes a buffer of its own that is not kept. */
const MAX_KEPT_BYTES = 64 * 1024

/** Reads the primitive types of one header block. */
export class BlockReader {
  readonly #bytes: Buffer
  #at = 0

  constructor(block: Uint8Array) {
    this.#bytes = Buffer.isBuffer(block)
      ? block
      : Buffer.from(block.buffer, block.byteOffset, block.byteLength)
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length
  }

  /** The next byte. */
  byte(): number {
    if (this.#at >= this.#bytes.length) throw new HpackError('the block ends within a field')
    return this.#bytes[this.#at++]!
  }

  /**
   * The integer that `first`, a byte already read, starts with its lowest bits.
   * @see https://www.rfc-editor.org/rfc/rfc7541#section-5.1
   */
  integer(first: number, prefixMask: number): number {
    const prefix = first & prefixMask
    if (prefix !== prefixMask) return prefix
    let value = prefix
    for (let shift = 0; shift < 7 * (MAX_INTEGER_BYTES - 1); shift += 7) {
      const byte = this.byte()
      value += (byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
    throw new HpackError(`an integer takes more than ${MAX_INTEGER_BYTES} bytes`)
  }

  /**
   * A string, one code unit a byte.
   * @see https://www.rfc-editor.org/rfc/rfc7541#section-5.2
   */
  text(): string {
    const first = this.byte()
    const start = this.#skip(this.integer(first, 0x7f))
    const end = this.#at
    if (start === end) return ''
    if (first < HUFFMAN) return latin1Of(this.#bytes, start, end)
    const target = decodeTarget(end - start)
    return latin1Of(target, 0, huffmanDecode(this.#bytes, start, end, target))
  }

  /** Passes over a string that nobody needs; a broken one is an error still. Returns its length. */
  skipText(): number {
    const first = this.byte()
    const start = this.#skip(this.integer(first, 0x7f))
    const bytes = this.#at - start
    return first < HUFFMAN ? bytes : huffmanDecode(this.#bytes, start, this.#at, decodeTarget(bytes))
  }

  #skip(bytes: number): number {
    const start = this.#at
    if (bytes > this.#bytes.length - start)
      throw new HpackError('a string is longer than the rest of the block')
    this.#at = start + bytes
    return start
  }
}

function decodeTarget(codedBytes: number): Buffer {
  const bytes = maxHuffmanDecodedBytes(codedBytes)
  if (bytes <= decoded.length) return decoded
  const target = Buffer.allocUnsafeSlow(bytes)
  if (bytes <= MAX_KEPT_BYTES) decoded = target
  return target
}
