import {
  DEFAULT_MAX_FRAME_BYTES,
  ErrorCode,
  Flag,
  FRAME_HEADER_BYTES,
  FrameType,
  Http2Error,
  MAX_31_BITS,
} from './frame.ts'

/** A header block as it comes over the wire may have this many bytes, ... */
const MAX_BLOCK_BYTES = 128 * 1024
/** ... in this many frames. */
const MAX_CONTINUATIONS = 32

/**
 * What a {@link FrameReader} tells. Bytes are valid during the call only. Whatever it throws ends the reading.
 *
 * A DATA frame is told in parts, as its bytes arrive: `onDataFrame`, any number of `onDataBytes`, `onDataFrameEnd`.
 */
export interface FrameSink {
  /** A complete HEADERS with its CONTINUATIONs. */
  onHeaderBlock(streamId: number, endStream: boolean, block: Buffer): void
  /** @param length - what counts for flow control: padding as well */
  onDataFrame(streamId: number, length: number): void
  onDataBytes(streamId: number, chunk: Buffer): void
  /** @param paddingBytes - what of `length` was no data */
  onDataFrameEnd(streamId: number, endStream: boolean, paddingBytes: number): void
  onRstStream(streamId: number, code: number): void
  onSettings(payload: Buffer): void
  onSettingsAck(): void
  onPing(payload: Buffer, isAck: boolean): void
  onGoAway(lastStreamId: number, code: number, debug: Buffer): void
  /** @param streamId - 0: the connection */
  onWindowUpdate(streamId: number, increment: number): void
  /** PRIORITY, or a frame of a type that we do not know. */
  onIgnoredFrame(type: number): void
}

/**
 * Takes a byte stream apart into frames, wherever it was cut. Of the frame under way it keeps at most its payload, and
 * of DATA nothing.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9113#section-4.1
 */
export class FrameReader {
  readonly #sink: FrameSink
  readonly #header = Buffer.alloc(FRAME_HEADER_BYTES)
  #headerBytes = 0
  #isFirst = true
  #isStopped = false
  // The frame under way.
  #length = 0
  #type = 0
  #flags = 0
  #streamId = 0
  /** Payload that is still to come. */
  #left = 0
  #inPayload = false
  /** The payload of a frame that arrived in pieces. */
  #payload: Buffer | undefined
  // DATA: what the bytes that come next are.
  #isPadLengthNext = false
  #dataLeft = 0
  #paddingBytes = 0
  // A header block that is not complete.
  #block: Buffer[] | undefined
  #blockBytes = 0
  #blockStreamId = 0
  #blockEndsStream = false

  constructor(sink: FrameSink) {
    this.#sink = sink
  }

  /** Ignores everything from now on, the rest of the current chunk included. */
  stop(): void {
    this.#isStopped = true
    this.#payload = undefined
    this.#block = undefined
  }

  /** @throws Http2Error when the peer breaks the protocol; nothing may be read any more then */
  read(chunk: Buffer): void {
    let p = 0
    while (!this.#isStopped) {
      if (!this.#inPayload) {
        p = this.#readHeader(chunk, p)
        if (!this.#inPayload) return
      }
      if (this.#type === FrameType.data) {
        p = this.#readData(chunk, p)
        if (this.#left > 0) return
      } else {
        const end = Math.min(p + this.#left, chunk.length)
        const payload = this.#takePayload(chunk, p, end)
        if (payload === undefined) return
        p = end
        this.#inPayload = false
        this.#payload = undefined
        this.#onFrame(payload)
      }
    }
  }

  /** Returns the offset behind what was used. */
  #readHeader(chunk: Buffer, start: number): number {
    const missing = FRAME_HEADER_BYTES - this.#headerBytes
    const end = Math.min(start + missing, chunk.length)
    chunk.copy(this.#header, this.#headerBytes, start, end)
    this.#headerBytes += end - start
    if (this.#isFirst && this.#headerBytes >= 4) this.#checkFirst(chunk, end)
    if (this.#headerBytes < FRAME_HEADER_BYTES) return end
    const header = this.#header
    this.#headerBytes = 0
    this.#isFirst = false
    this.#length = header.readUIntBE(0, 3)
    this.#type = header[3]!
    this.#flags = header[4]!
    this.#streamId = header.readUInt32BE(5) & MAX_31_BITS
    this.#left = this.#length
    this.#inPayload = true
    this.#payload = undefined
    this.#check()
    return end
  }

  /**
   * A peer begins with SETTINGS. Said in its own words if it does not: most likely it speaks something else.
   *
   * @see https://www.rfc-editor.org/rfc/rfc9113#section-3.4
   */
  #checkFirst(chunk: Buffer, end: number): void {
    const header = this.#header
    const isSettings = header[3] === FrameType.settings
    const isAck = this.#headerBytes > 4 && (header[4]! & Flag.ack) !== 0
    if (isSettings && !isAck && header.readUIntBE(0, 3) <= DEFAULT_MAX_FRAME_BYTES) return
    const text = header.toString('latin1', 0, this.#headerBytes) + chunk.toString('latin1', end, end + 48)
    const line = text.split(/\r?\n/, 1)[0]!.replace(/[^\x20-\x7e]/g, '.')
    throw new Http2Error(
      ErrorCode.protocolError,
      `the peer does not speak HTTP/2: it begins with ${JSON.stringify(line)}`,
    )
  }

  /** What can be said of a frame by its header. */
  #check(): void {
    const type = this.#type
    if (this.#length > DEFAULT_MAX_FRAME_BYTES)
      throw new Http2Error(
        ErrorCode.frameSizeError,
        `a frame of ${this.#length} bytes; ${DEFAULT_MAX_FRAME_BYTES} are allowed`,
      )
    if (this.#block !== undefined) {
      if (type !== FrameType.continuation || this.#streamId !== this.#blockStreamId)
        throw new Http2Error(ErrorCode.protocolError, 'a header block is interrupted by another frame')
      return
    }
    if (type === FrameType.continuation)
      throw new Http2Error(ErrorCode.protocolError, 'CONTINUATION without a header block')
    if (type === FrameType.pushPromise)
      throw new Http2Error(ErrorCode.protocolError, 'PUSH_PROMISE, which was not allowed')
    const scope = STREAM_SCOPE[type]
    if (scope !== undefined && scope !== (this.#streamId !== 0))
      throw new Http2Error(
        ErrorCode.protocolError,
        `${FRAME_NAMES[type]} on ${scope ? 'the connection' : `stream ${this.#streamId}`}`,
      )
    const wanted = type === FrameType.settings && (this.#flags & Flag.ack) !== 0 ? 0 : FIXED_LENGTHS[type]
    const isWrong =
      (wanted !== undefined && this.#length !== wanted) ||
      (type === FrameType.settings && this.#length % 6 !== 0) ||
      (type === FrameType.goAway && this.#length < 8)
    if (isWrong)
      throw new Http2Error(ErrorCode.frameSizeError, `${FRAME_NAMES[type]} of ${this.#length} bytes`)
    if (type === FrameType.data) this.#startData()
  }

  // ---- DATA ----

  #startData(): void {
    this.#isPadLengthNext = (this.#flags & Flag.padded) !== 0
    this.#dataLeft = this.#length
    this.#paddingBytes = 0
    if (this.#isPadLengthNext && this.#length === 0)
      throw new Http2Error(ErrorCode.frameSizeError, 'padded DATA without the length of its padding')
    this.#sink.onDataFrame(this.#streamId, this.#length)
  }

  #readData(chunk: Buffer, start: number): number {
    let p = start
    const end = Math.min(start + this.#left, chunk.length)
    this.#left -= end - start
    if (this.#isPadLengthNext && p < end) {
      this.#isPadLengthNext = false
      const padding = chunk[p++]!
      if (padding >= this.#length)
        throw new Http2Error(ErrorCode.protocolError, 'the padding of DATA is longer than the frame')
      this.#dataLeft = this.#length - 1 - padding
      this.#paddingBytes = 1 + padding
    }
    const data = Math.min(end - p, this.#dataLeft)
    if (data > 0) {
      this.#dataLeft -= data
      this.#sink.onDataBytes(this.#streamId, chunk.subarray(p, p + data))
    }
    if (this.#left > 0 || this.#isStopped) return end
    this.#inPayload = false
    this.#sink.onDataFrameEnd(this.#streamId, (this.#flags & Flag.endStream) !== 0, this.#paddingBytes)
    return end
  }

  // ---- everything else: complete payloads ----

  /** undefined while bytes are missing. */
  #takePayload(chunk: Buffer, start: number, end: number): Buffer | undefined {
    if (this.#payload === undefined && end - start === this.#left) return chunk.subarray(start, end)
    this.#payload ??= Buffer.allocUnsafe(this.#length)
    chunk.copy(this.#payload, this.#length - this.#left, start, end)
    this.#left -= end - start
    return this.#left > 0 ? undefined : this.#payload
  }

  #onFrame(payload: Buffer): void {
    const sink = this.#sink
    const isAck = (this.#flags & Flag.ack) !== 0
    switch (this.#type) {
      case FrameType.headers:
        this.#onHeaders(payload)
        break
      case FrameType.continuation:
        this.#onContinuation(payload)
        break
      case FrameType.rstStream:
        sink.onRstStream(this.#streamId, payload.readUInt32BE(0))
        break
      case FrameType.settings:
        if (isAck) sink.onSettingsAck()
        else sink.onSettings(payload)
        break
      case FrameType.ping:
        sink.onPing(payload, isAck)
        break
      case FrameType.goAway:
        sink.onGoAway(payload.readUInt32BE(0) & MAX_31_BITS, payload.readUInt32BE(4), payload.subarray(8))
        break
      case FrameType.windowUpdate:
        sink.onWindowUpdate(this.#streamId, payload.readUInt32BE(0) & MAX_31_BITS)
        break
      default:
        sink.onIgnoredFrame(this.#type)
    }
  }

  #onHeaders(payload: Buffer): void {
    const flags = this.#flags
    const isPadded = (flags & Flag.padded) !== 0
    const start = (isPadded ? 1 : 0) + ((flags & Flag.priority) !== 0 ? 5 : 0)
    if (payload.length < start)
      throw new Http2Error(ErrorCode.frameSizeError, `HEADERS of ${payload.length} bytes`)
    const end = payload.length - (isPadded ? payload[0]! : 0)
    if (end < start)
      throw new Http2Error(ErrorCode.protocolError, 'the padding of HEADERS is longer than the frame')
    const fragment = payload.subarray(start, end)
    const endsStream = (flags & Flag.endStream) !== 0
    if ((flags & Flag.endHeaders) !== 0) {
      this.#sink.onHeaderBlock(this.#streamId, endsStream, fragment)
      return
    }
    this.#block = [Buffer.from(fragment)]
    this.#blockBytes = fragment.length
    this.#blockStreamId = this.#streamId
    this.#blockEndsStream = endsStream
  }

  #onContinuation(payload: Buffer): void {
    const block = this.#block!
    this.#blockBytes += payload.length
    if (this.#blockBytes > MAX_BLOCK_BYTES || block.length > MAX_CONTINUATIONS)
      throw new Http2Error(
        ErrorCode.enhanceYourCalm,
        `a header block of more than ${MAX_BLOCK_BYTES} bytes or ${MAX_CONTINUATIONS} CONTINUATION frames`,
      )
    block.push(Buffer.from(payload))
    if ((this.#flags & Flag.endHeaders) === 0) return
    this.#block = undefined
    this.#sink.onHeaderBlock(this.#blockStreamId, this.#blockEndsStream, Buffer.concat(block))
  }
}

/** For messages. */
const FRAME_NAMES: readonly string[] = [
  'DATA',
  'HEADERS',
  'PRIORITY',
  'RST_STREAM',
  'SETTINGS',
  'PUSH_PROMISE',
  'PING',
  'GOAWAY',
  'WINDOW_UPDATE',
  'CONTINUATION',
]

/** By type: whether a frame belongs to a stream; undefined allows both. */
const STREAM_SCOPE: readonly (boolean | undefined)[] = [
  true,
  true,
  true,
  true,
  false,
  true,
  false,
  false,
  undefined,
  true,
]

/** By type: how long the payload has to be. */
const FIXED_LENGTHS: readonly (number | undefined)[] = [
  undefined,
  undefined,
  5,
  4,
  undefined,
  undefined,
  8,
  undefined,
  4,
]
