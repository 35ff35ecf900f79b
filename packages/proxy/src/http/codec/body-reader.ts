import { HeaderTable } from '../header-table.ts'
import { type HeadParser, INCOMPLETE, REFUSED } from './http1-parser.ts'
import { MAX_CHUNK_LINE_BYTES } from './limits.ts'

/** Who gets a body as it is read. */
export interface BodySink {
  /** `chunk` is a view of the bytes given to `read`. */
  onBody(chunk: Buffer, isEnd: boolean): void
  onTrailers(trailers: HeaderTable): void
}

/** The message breaks the rules of its framing. */
export const BAD_BODY = -2

const CR = 13
const LF = 10
const SP = 32
const TAB = 9
const SEMICOLON = 59
const EMPTY = Buffer.alloc(0)

/** Values of hexadecimal digits, 255 for other bytes. */
const HEX = new Uint8Array(256).fill(255)
for (let i = 0; i < 16; i++) {
  const char = i.toString(16)
  HEX[char.charCodeAt(0)] = i
  HEX[char.toUpperCase().charCodeAt(0)] = i
}

type State =
  | 'length'
  | 'until-close'
  | 'chunk-size'
  | 'chunk-size-padding'
  | 'chunk-extension'
  | 'chunk-size-lf'
  | 'chunk-data'
  | 'chunk-data-cr'
  | 'chunk-data-lf'
  | 'trailers'
  | 'done'

/**
 * Reads the body of one message after the other: of a given length, chunked, or up to the end of the connection.
 *
 * Differs from Envoy: surplus bytes after the data of a chunk, a chunk size of more than 13 digits, bare LF and bare
 * CR in chunk framing, and trailers that frame a message or name a host are refused.
 */
export class BodyReader {
  /** Offset behind the last byte of the body; valid while its end is being delivered. */
  endOffset = 0
  #state: State = 'done'
  #remaining = 0
  #lineBytes = 0
  #digits = 0
  #trailerCarry: Buffer | undefined
  readonly #parser: HeadParser

  constructor(parser: HeadParser) {
    this.#parser = parser
  }

  get isDone(): boolean {
    return this.#state === 'done'
  }

  /** Whether the end of the connection ends the body in order. */
  get endsAtClose(): boolean {
    return this.#state === 'until-close'
  }

  startLength(bytes: number): void {
    this.#remaining = bytes
    this.#state = 'length'
  }

  startChunked(): void {
    this.#startChunk()
  }

  startUntilClose(): void {
    this.#state = 'until-close'
  }

  /** No body, or the message is given up. */
  stop(): void {
    this.#state = 'done'
    this.#trailerCarry = undefined
  }

  /**
   * Reads `bytes[start, end)`, at most to the end of the body or until `sink` is not interested any more (it called
   * {@link stop}). Returns the offset behind what it read, or BAD_BODY.
   */
  read(bytes: Buffer, start: number, end: number, sink: BodySink): number {
    let p = start
    while (p < end) {
      switch (this.#state) {
        case 'length':
        case 'chunk-data': {
          const n = Math.min(this.#remaining, end - p)
          this.#remaining -= n
          const isEnd = this.#remaining === 0
          if (this.#state === 'length') {
            if (isEnd) this.#state = 'done'
            this.endOffset = p + n
            sink.onBody(bytes.subarray(p, p + n), isEnd)
            return p + n
          }
          if (isEnd) this.#state = 'chunk-data-cr'
          sink.onBody(bytes.subarray(p, p + n), false)
          return p + n
        }
        case 'until-close':
          sink.onBody(p === 0 && end === bytes.length ? bytes : bytes.subarray(p, end), false)
          return end
        case 'trailers':
          return this.#readTrailers(bytes, p, end, sink)
        case 'done':
          return p
        default:
          if (!this.#frameByte(bytes[p++]!)) return BAD_BODY
      }
    }
    return p
  }

  /** One byte of chunk framing; false when it may not stand there. */
  #frameByte(byte: number): boolean {
    switch (this.#state) {
      case 'chunk-size': {
        const value = HEX[byte]!
        if (value !== 255) {
          // 13 hexadecimal digits are exact in a double.
          if (++this.#digits > 13) return false
          this.#remaining = this.#remaining * 16 + value
          return true
        }
        if (this.#digits === 0) return false
        if (byte === CR) this.#state = 'chunk-size-lf'
        else if (byte === SEMICOLON) this.#state = 'chunk-extension'
        else if (byte === SP || byte === TAB) this.#state = 'chunk-size-padding'
        else return false
        return true
      }
      case 'chunk-size-padding':
        // Old servers write the size in a field of fixed width.
        if (byte === CR) this.#state = 'chunk-size-lf'
        else if (byte === SEMICOLON) this.#state = 'chunk-extension'
        else return (byte === SP || byte === TAB) && ++this.#lineBytes <= MAX_CHUNK_LINE_BYTES
        return true
      case 'chunk-extension':
        if (byte === CR) this.#state = 'chunk-size-lf'
        else if ((byte < 32 && byte !== 9) || byte === 127 || ++this.#lineBytes > MAX_CHUNK_LINE_BYTES)
          return false
        return true
      case 'chunk-size-lf':
        if (byte !== LF) return false
        this.#state = this.#remaining === 0 ? 'trailers' : 'chunk-data'
        return true
      case 'chunk-data-cr':
        if (byte !== CR) return false
        this.#state = 'chunk-data-lf'
        return true
      default:
        if (byte !== LF) return false
        this.#startChunk()
        return true
    }
  }

  #startChunk(): void {
    this.#state = 'chunk-size'
    this.#remaining = this.#digits = this.#lineBytes = 0
  }

  #readTrailers(bytes: Buffer, start: number, end: number, sink: BodySink): number {
    const carried = this.#trailerCarry?.length ?? 0
    const section =
      this.#trailerCarry === undefined
        ? bytes.subarray(start, end)
        : Buffer.concat([this.#trailerCarry, bytes.subarray(start, end)])
    const table = new HeaderTable()
    const read = this.#parser.parseTrailers(section, 0, section.length, table)
    if (read === REFUSED) return BAD_BODY
    if (read === INCOMPLETE) {
      this.#trailerCarry = carried === 0 ? Buffer.from(section) : section
      return end
    }
    this.#trailerCarry = undefined
    this.#state = 'done'
    const endOffset = start + read - carried
    this.endOffset = endOffset
    if (table.size > 0) sink.onTrailers(table)
    else sink.onBody(EMPTY, true)
    return endOffset
  }
}
