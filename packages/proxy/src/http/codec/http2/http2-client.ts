import type { Clock } from '@batten/core'
import type { Transport, TransportHandler } from '../../../network/transport.ts'
import { HpackDecoder } from '../hpack/hpack-decoder.ts'
import { HpackEncoder } from '../hpack/hpack-encoder.ts'
import { HpackError } from '../hpack/hpack-error.ts'
import { DataSender } from './data-sender.ts'
import { ReceiveWindow, SendWindow } from './flow-control.ts'
import {
  DEFAULT_WINDOW_BYTES,
  ErrorCode,
  errorCodeName,
  Http2Error,
  MAX_31_BITS,
  PREFACE,
  Setting,
} from './frame.ts'
import { FrameBudget } from './frame-budget.ts'
import { FrameReader, type FrameSink } from './frame-reader.ts'
import { FrameWriter } from './frame-writer.ts'
import { contentLength, type FieldBlock, FieldCollector, type HeaderField } from './header-fields.ts'
import { Http2Stream, type Http2StreamOwner, type Http2StreamSink } from './http2-stream.ts'
import { Keepalive, type KeepaliveOptions } from './keepalive.ts'
import { PeerSettings } from './peer-settings.ts'
import { StreamHistory } from './stream-history.ts'

export interface Http2ClientOptions {
  readonly clock: Clock
  /** Default: no pings. */
  readonly keepalive?: KeepaliveOptions
  /** What a server may send of one response before it was consumed. Default: 256 KiB. */
  readonly streamWindowBytes?: number
  /** The same of all responses together. Default: 1 MiB. */
  readonly connectionWindowBytes?: number
  /** Of a head or of trailers, as the RFC counts: name, value and 32 bytes for each field. Default: 64 KiB. */
  readonly maxHeaderListBytes?: number
}

export interface Http2ClientOwner {
  /** The SETTINGS of the server arrived: it speaks HTTP/2. */
  onReady(): void
  /** No more streams may be opened; those under way go on. */
  onGoAway(code: number, debug: string): void
  /** The last callback, with the reason. Not after {@link Http2ClientConnection.close}. Streams were reset before. */
  onClose(reason: string): void
}

const STREAM_WINDOW_BYTES = 256 * 1024
const CONNECTION_WINDOW_BYTES = 1024 * 1024
const MAX_HEADER_LIST_BYTES = 64 * 1024
const MAX_HEADER_FIELDS = 500

/** PING, SETTINGS, empty DATA and the like: so many at once, and so many a second. */
const IDLE_FRAMES_AT_ONCE = 1000
const IDLE_FRAMES_PER_SECOND = 100
/** What may arrive of a stream after its end: head, trailers, RST_STREAM. */
const IDLE_FRAMES_PER_STREAM = 4
/** WINDOW_UPDATE frames for each DATA frame that we send, besides those. */
const WINDOW_UPDATES_PER_DATA = 8

/**
 * The client side of HTTP/2 on one connection.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9113
 * @example
 * const connection = new Http2ClientConnection(transport, owner, { clock: systemClock })
 * const stream = connection.openStream([[':method', 'GET'], ...], true, sink)
 */
export class Http2ClientConnection implements TransportHandler, FrameSink, Http2StreamOwner {
  readonly #transport: Transport
  readonly #owner: Http2ClientOwner
  readonly #options: Http2ClientOptions
  readonly #reader: FrameReader
  readonly #writer: FrameWriter
  readonly #decoder: HpackDecoder
  readonly #encoder = new HpackEncoder()
  readonly #fields = new FieldCollector()
  readonly #peer = new PeerSettings()
  readonly #streams = new Map<number, Http2Stream>()
  readonly #history = new StreamHistory()
  /** Streams that the peer's SETTINGS_MAX_CONCURRENT_STREAMS keeps from being opened. */
  #waiting: {
    readonly stream: Http2Stream
    readonly fields: readonly HeaderField[]
    readonly end: boolean
  }[] = []
  readonly #sender: DataSender
  readonly #receiveWindow: ReceiveWindow
  readonly #idleFrames: FrameBudget
  readonly #windowUpdates: FrameBudget
  #nextId = 1
  #isReady = false
  #isClosed = false
  /** SETTINGS of ours that the peer has not acknowledged. */
  #unacknowledged = 1
  #goAway: { readonly lastStreamId: number; readonly text: string } | undefined
  readonly #keepalive: Keepalive | undefined
  /** The DATA frame under way: its stream, if somebody wants it, and its length. */
  #dataStream: Http2Stream | undefined
  #dataLength = 0

  constructor(transport: Transport, owner: Http2ClientOwner, options: Http2ClientOptions) {
    this.#transport = transport
    this.#owner = owner
    this.#options = options
    this.#reader = new FrameReader(this)
    this.#writer = new FrameWriter(transport)
    this.#sender = new DataSender(transport, this.#writer, (stream) => this.#onSent(stream))
    const maxListBytes = options.maxHeaderListBytes ?? MAX_HEADER_LIST_BYTES
    this.#decoder = new HpackDecoder({ maxListBytes, maxFields: MAX_HEADER_FIELDS })
    this.#idleFrames = new FrameBudget(options.clock, IDLE_FRAMES_AT_ONCE, IDLE_FRAMES_PER_SECOND)
    this.#windowUpdates = new FrameBudget(options.clock, IDLE_FRAMES_AT_ONCE, IDLE_FRAMES_PER_SECOND)
    transport.handler = this
    this.#writer.text(PREFACE)
    this.#writer.settings([
      [Setting.enablePush, 0],
      [Setting.initialWindowSize, this.#streamWindowBytes],
      [Setting.maxHeaderListSize, maxListBytes],
    ])
    const windowBytes = Math.max(
      options.connectionWindowBytes ?? CONNECTION_WINDOW_BYTES,
      DEFAULT_WINDOW_BYTES,
    )
    this.#receiveWindow = new ReceiveWindow(windowBytes, DEFAULT_WINDOW_BYTES)
    const increment = this.#receiveWindow.consume(0)
    if (increment > 0) this.#writer.windowUpdate(0, increment)
    const { keepalive } = options
    if (keepalive !== undefined)
      this.#keepalive = new Keepalive(
        options.clock,
        keepalive,
        () => this.#writer.ping('\0\0\0\0\0\0\0\x01', false),
        () => this.#fail(ErrorCode.noError, `no answer to a ping within ${keepalive.timeoutMs / 1000} s`),
      )
  }

  /** Whether a stream can be opened; it may have to wait for others to end. */
  get isAccepting(): boolean {
    return !this.#isClosed && this.#goAway === undefined && this.#nextId <= MAX_31_BITS
  }

  /** Streams under way, those that wait included. */
  get streamCount(): number {
    return this.#streams.size + this.#waiting.length
  }

  /** What has arrived of all responses and was not consumed. */
  get unconsumedBytes(): number {
    return this.#receiveWindow.unconsumed
  }

  get #streamWindowBytes(): number {
    return this.#options.streamWindowBytes ?? STREAM_WINDOW_BYTES
  }

  /**
   * Begins an exchange; undefined when the connection takes no more of them.
   *
   * @param fields - pseudo-header fields first, names in lower case
   */
  openStream(
    fields: readonly HeaderField[],
    endStream: boolean,
    sink: Http2StreamSink,
  ): Http2Stream | undefined {
    if (!this.isAccepting) return undefined
    const stream = new Http2Stream(this, sink, this.#streamWindowBytes)
    stream.isHead = fields.some(([name, value]) => name === ':method' && value === 'HEAD')
    this.#waiting.push({ stream, fields, end: endStream })
    this.#admit()
    return stream
  }

  /** Closes the connection at once. Streams under way are reset; nobody is told. */
  close(): void {
    if (this.#isClosed) return
    this.#writer.goAway(0, ErrorCode.noError, '')
    this.#finish()
    for (const stream of this.#takeAllStreams()) stream.close()
  }

  // ---- transport ----

  onData(chunk: Buffer): void {
    if (this.#isClosed) return
    if (this.#keepalive !== undefined) this.#keepalive.heard = true
    try {
      this.#reader.read(chunk)
    } catch (thrown) {
      if (thrown instanceof Http2Error) this.#fail(thrown.code, thrown.message)
      else if (thrown instanceof HpackError) this.#fail(ErrorCode.compressionError, thrown.message)
      else throw thrown
    }
  }

  onEnd(): void {
    this.#terminate(ErrorCode.noError, 'the peer closed the connection')
  }

  onDrain(): void {
    this.#sender.send()
  }

  onClose(error: Error | undefined): void {
    const code = (error as NodeJS.ErrnoException | undefined)?.code
    const why =
      error === undefined ? 'the connection was closed' : `the connection broke: ${code ?? error.message}`
    this.#terminate(ErrorCode.connectError, why)
  }

  // ---- frames ----

  onSettings(payload: Buffer): void {
    this.#spend('SETTINGS')
    const { initialWindowBytes } = this.#peer
    this.#peer.apply(payload)
    this.#encoder.setPeerTableBytes(this.#peer.headerTableBytes)
    const change = this.#peer.initialWindowBytes - initialWindowBytes
    for (const stream of this.#streams.values()) {
      if (!stream.sendWindow.grow(change))
        throw new Http2Error(ErrorCode.flowControlError, 'SETTINGS make the window of a stream too large')
      if (stream.hasPending) this.#sender.add(stream)
    }
    this.#writer.settingsAck()
    if (!this.#isReady) {
      this.#isReady = true
      this.#owner.onReady()
    }
    this.#admit()
    this.#sender.send()
  }

  onSettingsAck(): void {
    if (this.#unacknowledged-- === 0)
      throw new Http2Error(ErrorCode.protocolError, 'SETTINGS were acknowledged that nobody sent')
  }

  onPing(payload: Buffer, isAck: boolean): void {
    this.#spend('PING')
    if (!isAck) this.#writer.ping(payload.toString('latin1'), true)
  }

  onIgnoredFrame(): void {
    this.#spend('PRIORITY or unknown frame')
  }

  onGoAway(lastStreamId: number, code: number, debug: Buffer): void {
    this.#spend('GOAWAY')
    if (this.#goAway !== undefined && lastStreamId > this.#goAway.lastStreamId)
      throw new Http2Error(ErrorCode.protocolError, 'GOAWAY takes back what an earlier one said')
    const detail = debug.toString('latin1', 0, 200).replace(/[^\x20-\x7e]/g, '.')
    const text = `GOAWAY ${errorCodeName(code)}${detail === '' ? '' : ` (${detail})`}`
    this.#goAway = { lastStreamId, text }
    const refused = [...this.#streams.values()].filter((stream) => stream.id > lastStreamId)
    for (const { stream } of this.#waiting.splice(0)) refused.push(stream)
    for (const stream of refused) {
      this.#remove(stream)
      stream.sink.onReset({
        origin: 'connection',
        code: ErrorCode.refusedStream,
        message: `the peer takes no more requests: ${text}`,
        isRetryable: true,
      })
    }
    if (this.#isClosed) return
    this.#owner.onGoAway(code, detail)
    if (this.streamCount === 0) this.#terminate(ErrorCode.noError, `the peer ended the connection: ${text}`)
  }

  onWindowUpdate(streamId: number, increment: number): void {
    if (!this.#windowUpdates.take())
      throw new Http2Error(ErrorCode.enhanceYourCalm, 'too many WINDOW_UPDATE frames')
    if (streamId === 0) {
      if (increment === 0) throw new Http2Error(ErrorCode.protocolError, 'WINDOW_UPDATE of 0 bytes')
      if (!this.#sender.window.grow(increment))
        throw new Http2Error(ErrorCode.flowControlError, 'the window of the connection is too large')
      this.#sender.send()
      return
    }
    const stream = this.#find(streamId, 'WINDOW_UPDATE')
    if (stream === undefined) return
    if (increment === 0) this.#abort(stream, ErrorCode.protocolError, 'WINDOW_UPDATE of 0 bytes')
    else if (!stream.sendWindow.grow(increment))
      this.#abort(stream, ErrorCode.flowControlError, 'the window of the stream is too large')
    else if (stream.hasPending) this.schedule(stream)
  }

  onRstStream(streamId: number, code: number): void {
    const stream = this.#find(streamId, 'RST_STREAM')
    if (stream === undefined) return
    this.#remove(stream)
    stream.sink.onReset({
      origin: 'peer',
      code,
      message: `the peer reset the stream: ${errorCodeName(code)}`,
      isRetryable: code === ErrorCode.refusedStream,
    })
    this.#settle()
  }

  onHeaderBlock(streamId: number, endStream: boolean, block: Buffer): void {
    const stream = this.#find(streamId, 'HEADERS')
    // The table of the connection depends on every block, whoever it is for.
    const isWithinLimits = this.#decoder.decode(block, this.#fields.add)
    const fields = this.#fields.take(stream?.hasHead ?? false)
    if (stream === undefined) return
    if (stream.remoteEnded)
      this.#abort(stream, ErrorCode.streamClosed, 'HEADERS after the end of the response')
    else if (!isWithinLimits)
      this.#abort(stream, ErrorCode.enhanceYourCalm, 'the header list of the response is too large')
    else if (typeof fields === 'string') this.#abort(stream, ErrorCode.protocolError, fields)
    else if (!stream.hasHead) this.#onHead(stream, fields, endStream)
    else if (endStream) this.#endResponse(stream, fields.fields)
    else this.#abort(stream, ErrorCode.protocolError, 'trailers that do not end the response')
  }

  #onHead(stream: Http2Stream, { status = 0, fields }: FieldBlock, endStream: boolean): void {
    if (status < 200) {
      this.#spend('informational response')
      if (endStream || status === 101)
        this.#abort(stream, ErrorCode.protocolError, `the informational status ${status} as a response`)
      return
    }
    stream.hasHead = true
    if (!endStream && !stream.isHead && status !== 304) {
      const length = contentLength(fields)
      if (Number.isNaN(length)) {
        this.#abort(stream, ErrorCode.protocolError, 'content-length is no number')
        return
      }
      stream.expectedBytes = length
    }
    stream.sink.onHeaders(status, fields, endStream)
    if (endStream && !stream.isClosed) this.#endResponse(stream, [])
  }

  onDataFrame(streamId: number, length: number): void {
    if (!this.#receiveWindow.receive(length))
      throw new Http2Error(ErrorCode.flowControlError, 'more DATA than the window of the connection allows')
    this.#dataLength = length
    const stream = this.#find(streamId, 'DATA')
    this.#dataStream = stream
    if (stream === undefined) return
    const isAllowed = stream.receiveWindow.receive(length)
    if (stream.remoteEnded) this.#abort(stream, ErrorCode.streamClosed, 'DATA after the end of the response')
    else if (!stream.hasHead)
      this.#abort(stream, ErrorCode.protocolError, 'DATA before the head of the response')
    else if (!isAllowed)
      this.#abort(stream, ErrorCode.flowControlError, 'more DATA than the window of the stream allows')
  }

  onDataBytes(_streamId: number, chunk: Buffer): void {
    const stream = this.#dataStream
    if (stream === undefined || stream.isClosed) return
    if (stream.expectedBytes !== undefined && (stream.expectedBytes -= chunk.length) < 0)
      this.#abort(stream, ErrorCode.protocolError, 'the response is longer than its content-length')
    else stream.sink.onData(chunk)
  }

  onDataFrameEnd(_streamId: number, endStream: boolean, paddingBytes: number): void {
    const stream = this.#dataStream
    this.#dataStream = undefined
    const isEmpty = this.#dataLength === paddingBytes
    if (isEmpty && !endStream) this.#spend('empty DATA')
    if (stream === undefined) {
      this.#giveBack(this.#dataLength)
      return
    }
    if (stream.isClosed) return
    this.consumed(stream, paddingBytes)
    if (endStream) this.#endResponse(stream, [])
  }

  // ---- streams ----

  /** @internal */
  schedule(stream: Http2Stream): void {
    if (stream.id === 0 || stream.isClosed) return
    this.#sender.add(stream)
    this.#sender.send()
  }

  /** @internal */
  resetStream(stream: Http2Stream, code: number): void {
    if (stream.id !== 0) {
      this.#writer.rstStream(stream.id, code)
      this.#history.reset(stream.id)
    }
    this.#remove(stream)
    this.#settle()
  }

  /** @internal */
  consumed(stream: Http2Stream, bytes: number): void {
    const increment = stream.receiveWindow.consume(bytes)
    if (increment > 0 && !stream.remoteEnded) this.#writer.windowUpdate(stream.id, increment)
    this.#giveBack(bytes)
  }

  #giveBack(bytes: number): void {
    const increment = this.#receiveWindow.consume(bytes)
    if (increment > 0 && !this.#isClosed) this.#writer.windowUpdate(0, increment)
  }

  /** Opens streams that wait, as far as the peer allows. */
  #admit(): void {
    while (this.#waiting.length > 0 && this.#streams.size < this.#peer.maxConcurrentStreams) {
      const { stream, fields, end } = this.#waiting.shift()!
      stream.id = this.#nextId
      this.#nextId += 2
      stream.sendWindow = new SendWindow(this.#peer.initialWindowBytes)
      stream.localEnded = end
      this.#streams.set(stream.id, stream)
      this.#idleFrames.earn(IDLE_FRAMES_PER_STREAM)
      this.#windowUpdates.earn(WINDOW_UPDATES_PER_DATA)
      this.#writer.headers(stream.id, this.#encoder.encode(fields), end)
      if (stream.hasPending) this.schedule(stream)
    }
  }

  /**
   * The stream that a frame is for; undefined when it is over.
   *
   * @throws Http2Error when there never was one, or the frame comes too late
   * @see https://www.rfc-editor.org/rfc/rfc9113#section-5.1
   */
  #find(streamId: number, frame: string): Http2Stream | undefined {
    const stream = this.#streams.get(streamId)
    if (stream !== undefined) return stream
    if (streamId % 2 === 0 || streamId >= this.#nextId)
      throw new Http2Error(ErrorCode.protocolError, `${frame} on stream ${streamId}, which nobody opened`)
    const mayBeLate = frame === 'RST_STREAM' || frame === 'WINDOW_UPDATE' || this.#history.wasReset(streamId)
    if (!mayBeLate)
      throw new Http2Error(ErrorCode.streamClosed, `${frame} on stream ${streamId}, which is closed`)
    // Windows have a limit of their own: bytes, or another budget.
    if (frame === 'RST_STREAM' || frame === 'HEADERS') this.#spend(`${frame} on a closed stream`)
    return undefined
  }

  #endResponse(stream: Http2Stream, trailers: readonly HeaderField[]): void {
    if ((stream.expectedBytes ?? 0) > 0) {
      this.#abort(stream, ErrorCode.protocolError, 'the response is shorter than its content-length')
      return
    }
    stream.remoteEnded = true
    if (stream.localEnded) this.#remove(stream)
    stream.sink.onEnd(trailers)
    this.#settle()
  }

  /** A stream error: the stream ends, the connection stays. */
  #abort(stream: Http2Stream, code: number, message: string): void {
    this.resetStream(stream, code)
    stream.sink.onReset({ origin: 'local', code, message, isRetryable: false })
  }

  #remove(stream: Http2Stream): void {
    if (stream.isClosed) return
    this.#streams.delete(stream.id)
    this.#sender.remove(stream)
    if (stream.id === 0) this.#waiting = this.#waiting.filter((waiting) => waiting.stream !== stream)
    stream.close()
    this.#giveBack(stream.receiveWindow.unconsumed)
  }

  /** A stream has ended: others may begin, or the connection may end. */
  #settle(): void {
    if (this.#isClosed) return
    if (this.#goAway !== undefined && this.streamCount === 0)
      this.#terminate(ErrorCode.noError, `the peer ended the connection: ${this.#goAway.text}`)
    else this.#admit()
  }

  /** A DATA frame went out. */
  #onSent(stream: Http2Stream): void {
    this.#windowUpdates.earn(WINDOW_UPDATES_PER_DATA)
    // A peer that measures the way to us sends a PING now and then.
    this.#idleFrames.earn(1)
    if (!stream.localEnded || !stream.remoteEnded) return
    this.#remove(stream)
    this.#settle()
  }

  // ---- the connection ----

  /** @throws Http2Error when the peer sends too much that carries nothing forward */
  #spend(what: string): void {
    if (!this.#idleFrames.take())
      throw new Http2Error(ErrorCode.enhanceYourCalm, `too many frames to no purpose, the last one ${what}`)
  }

  /** A connection error of the peer's: it is told why. */
  #fail(code: number, message: string): void {
    if (this.#isClosed) return
    // The message may be in any language by what the peer sent; the frame takes one byte a character.
    this.#writer.goAway(0, code, message.replace(/[^\x20-\x7e]/g, '?'))
    this.#terminate(code, message)
  }

  #terminate(code: number, message: string): void {
    if (this.#isClosed) return
    this.#finish()
    const goAway = this.#goAway
    const text =
      goAway === undefined || message.includes(goAway.text) ? message : `${message} after ${goAway.text}`
    for (const stream of this.#takeAllStreams()) {
      const isRetryable = stream.id === 0
      stream.close()
      stream.sink.onReset({ origin: 'connection', code, message: text, isRetryable })
    }
    this.#owner.onClose(text)
  }

  #takeAllStreams(): Http2Stream[] {
    const streams = [...this.#streams.values(), ...this.#waiting.map(({ stream }) => stream)]
    this.#streams.clear()
    this.#waiting = []
    return streams
  }

  #finish(): void {
    this.#isClosed = true
    this.#keepalive?.close()
    this.#sender.clear()
    this.#reader.stop()
    this.#transport.destroy()
  }
}
