import { GrpcCode } from './grpc-status.ts'

/** Flag and length before each message. */
export const PREFIX_BYTES = 5

/** Something is wrong with the messages that a peer sends. */
export class MessageError extends Error {
  override readonly name = 'MessageError'
  /** A gRPC code. */
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

/** A message with its prefix. */
export function frameMessage(message: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(PREFIX_BYTES + message.length)
  framed[0] = 0
  framed.writeUInt32BE(message.length, 1)
  framed.set(message, PREFIX_BYTES)
  return framed
}

/**
 * Takes messages out of a byte stream, wherever it was cut. Holds the message under way and nothing else.
 *
 * @see https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#requests
 */
export class MessageReader {
  readonly #maxBytes: number
  readonly #encoding: () => string
  readonly #prefix = Buffer.alloc(PREFIX_BYTES)
  #prefixBytes = 0
  /** The message under way; it grows with what arrives, not with what its prefix promises. */
  #message: Buffer = NOTHING
  #messageBytes = 0
  #length = 0

  /**
   * @param maxBytes - of one message
   * @param encoding - what `grpc-encoding` says
   */
  constructor(maxBytes: number, encoding: () => string) {
    this.#maxBytes = maxBytes
    this.#encoding = encoding
  }

  /** Whether the bytes so far end inside of a message. */
  get isInMessage(): boolean {
    return this.#prefixBytes > 0
  }

  /**
   * Reads up to the end of one message. Returns the offset behind what was used; `message` is set when it is complete.
   *
   * @throws MessageError when the message is too long or compressed
   */
  read(chunk: Uint8Array, start: number): { readonly offset: number; readonly message: Buffer | undefined } {
    let p = start
    while (this.#prefixBytes < PREFIX_BYTES) {
      if (p === chunk.length) return { offset: p, message: undefined }
      this.#prefix[this.#prefixBytes++] = chunk[p++]!
      if (this.#prefixBytes === PREFIX_BYTES) this.#begin()
    }
    const end = Math.min(chunk.length, p + this.#length - this.#messageBytes)
    this.#append(chunk, p, end)
    if (this.#messageBytes < this.#length) return { offset: end, message: undefined }
    const message = this.#message.subarray(0, this.#length)
    this.#prefixBytes = 0
    this.#message = NOTHING
    this.#messageBytes = 0
    return { offset: end, message }
  }

  #begin(): void {
    const flag = this.#prefix[0]!
    this.#length = this.#prefix.readUInt32BE(1)
    if (flag > 1)
      throw new MessageError(GrpcCode.internal, `a message begins with ${flag}; only 0 and 1 are allowed`)
    const encoding = this.#encoding()
    if (flag === 1 && encoding !== 'identity')
      throw new MessageError(
        GrpcCode.unimplemented,
        encoding === ''
          ? 'a message is compressed, and the peer does not say how'
          : `a message is compressed by ${encoding}, which was not offered`,
      )
    if (this.#length > this.#maxBytes)
      throw new MessageError(
        GrpcCode.resourceExhausted,
        `a message of ${this.#length} bytes; at most ${this.#maxBytes} are taken`,
      )
  }

  #append(chunk: Uint8Array, start: number, end: number): void {
    const bytes = end - start
    const needed = this.#messageBytes + bytes
    if (needed > this.#message.length) {
      const size =
        needed === this.#length ? needed : Math.min(this.#length, Math.max(needed, this.#message.length * 2))
      const grown = Buffer.allocUnsafe(size)
      this.#message.copy(grown, 0, 0, this.#messageBytes)
      this.#message = grown
    }
    this.#message.set(chunk.subarray(start, end), this.#messageBytes)
    this.#messageBytes = needed
  }
}

const NOTHING = Buffer.alloc(0)
