import { type Clock, errorMessage, type Timer } from '@batten/core'
import { proxyVersion } from '../bootstrap/node-metadata.ts'
import { ByteBuffer } from '../http/byte-buffer.ts'
import { ErrorCode } from '../http/codec/http2/frame.ts'
import type { HeaderField } from '../http/codec/http2/header-fields.ts'
import type { Http2ClientConnection } from '../http/codec/http2/http2-client.ts'
import type { Http2Reset, Http2Stream, Http2StreamSink } from '../http/codec/http2/http2-stream.ts'
import { codeOfHttpStatus, codeOfReset, GrpcCode, type GrpcStatus } from './grpc-status.ts'
import { frameMessage, MessageError, MessageReader } from './message-framing.ts'
import { decodeGrpcMessage, fieldsToMetadata, type GrpcMetadata, metadataToFields } from './metadata.ts'

/** What a call tells. Nothing comes any more after `onStatus` or {@link GrpcCall.cancel}. */
export interface GrpcCallHandler {
  /** The server has answered. Not called when the answer is nothing but a status. */
  onMetadata?(metadata: GrpcMetadata): void
  /** The next message comes when the promise has settled; until then the server gets no more room to send. */
  onMessage(message: Buffer): void | Promise<void>
  onStatus(status: GrpcStatus): void
}

export interface GrpcCallOptions {
  readonly metadata?: GrpcMetadata
  /** Ends the call with DEADLINE_EXCEEDED. Default: never. */
  readonly timeoutMs?: number
}

/** What the channel adds. */
interface StartOptions extends GrpcCallOptions {
  readonly path: string
  readonly scheme: string
  readonly authority: string
  readonly clock: Clock
  readonly maxMessageBytes: number
}

/**
 * One call on an HTTP/2 connection: messages both ways, then a status.
 *
 * @see https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
 */
export class GrpcCall implements Http2StreamSink {
  readonly #handler: GrpcCallHandler
  readonly #reader: MessageReader
  #stream: Http2Stream | undefined
  #deadline: Timer | undefined
  #httpStatus = 0
  #encoding = ''
  /** The fields of an answer that is nothing but a status. */
  #trailersOnly: readonly HeaderField[] | undefined
  /** The message under way is being handled: what arrives is held. */
  #isBusy = false
  #chunk: Uint8Array = NOTHING
  #offset = 0
  readonly #held = new ByteBuffer()
  /** The status that follows when everything before was handled. */
  #status: GrpcStatus | undefined
  #isOver = false

  private constructor(handler: GrpcCallHandler, maxMessageBytes: number) {
    this.#handler = handler
    this.#reader = new MessageReader(maxMessageBytes, () => this.#encoding)
  }

  /** @internal See `GrpcChannel.start`. */
  static start(connection: Http2ClientConnection, handler: GrpcCallHandler, options: StartOptions): GrpcCall {
    const call = new GrpcCall(handler, options.maxMessageBytes)
    call.#stream = connection.openStream(requestFields(options), false, call)
    if (call.#stream === undefined)
      queueMicrotask(() => call.#end(GrpcCode.unavailable, 'the connection takes no more calls'))
    const { timeoutMs, clock } = options
    if (timeoutMs !== undefined)
      call.#deadline = clock.setTimeout(
        () => call.#end(GrpcCode.deadlineExceeded, `no answer within ${timeoutMs / 1000} s`),
        timeoutMs,
      )
    return call
  }

  /** Bytes of messages that the server has not made room for yet. */
  get queuedBytes(): number {
    return this.#stream?.queuedBytes ?? 0
  }

  /** Sends a message, whose bytes are copied. */
  send(message: Uint8Array): void {
    if (!this.#isOver) this.#stream?.write(frameMessage(message))
  }

  /** No more messages follow. */
  end(): void {
    if (!this.#isOver) this.#stream?.end()
  }

  /** Gives up the call. */
  cancel(): void {
    this.#close()
  }

  // ---- HTTP/2 ----

  onHeaders(status: number, fields: readonly HeaderField[], endStream: boolean): void {
    this.#httpStatus = status
    if (endStream) {
      this.#trailersOnly = fields
      return
    }
    const value = (wanted: string) => fields.find(([name]) => name === wanted)?.[1]
    if (status !== 200) {
      this.#end(codeOfHttpStatus(status), `the peer answers with HTTP status ${status}`)
      return
    }
    const contentType = value('content-type') ?? ''
    if (!/^application\/grpc(?:[+;]|$)/i.test(contentType)) {
      this.#end(
        GrpcCode.unknown,
        `the peer does not answer with gRPC: content-type ${JSON.stringify(contentType)}`,
      )
      return
    }
    this.#encoding = value('grpc-encoding') ?? ''
    this.#handler.onMetadata?.(fieldsToMetadata(fields))
  }

  onData(chunk: Buffer): void {
    if (this.#isOver) return
    if (this.#isBusy) {
      this.#held.append(chunk)
      return
    }
    this.#chunk = chunk
    this.#offset = 0
    this.#run()
    // The rest has to outlive this call.
    this.#chunk =
      this.#offset < this.#chunk.length ? Buffer.from(this.#chunk.subarray(this.#offset)) : NOTHING
    this.#offset = 0
  }

  onEnd(trailers: readonly HeaderField[]): void {
    if (this.#isOver) return
    this.#status = statusOf(this.#trailersOnly ?? trailers, this.#httpStatus)
    this.#run()
  }

  onReset({ origin, code, message }: Http2Reset): void {
    // A server that has answered may say that it wants to hear no more.
    if (this.#status !== undefined) return
    this.#end(origin === 'connection' ? GrpcCode.unavailable : codeOfReset(code), message)
  }

  onDrain(): void {}

  // ---- messages ----

  /** Hands on messages until one takes its time, or there is no complete one. */
  #run(): void {
    while (!this.#isBusy && !this.#isOver) {
      if (this.#offset === this.#chunk.length) {
        if (this.#held.length === 0) break
        this.#chunk = this.#held.take()
        this.#offset = 0
      }
      this.#readOne()
    }
    const status = this.#status
    if (status === undefined || this.#isBusy || this.#isOver) return
    if (status.code === GrpcCode.ok && this.#reader.isInMessage)
      this.#end(GrpcCode.internal, 'the answer ends inside of a message')
    else this.#end(status.code, status.message, status.metadata)
  }

  #readOne(): void {
    try {
      const { offset, message } = this.#reader.read(this.#chunk, this.#offset)
      this.#stream?.consumed(offset - this.#offset)
      this.#offset = offset
      if (message === undefined) return
      const handled = this.#handler.onMessage(message)
      if (handled === undefined) return
      this.#isBusy = true
      handled.then(
        () => this.#resume(),
        (thrown: unknown) => this.#end(GrpcCode.internal, errorMessage(thrown)),
      )
    } catch (thrown) {
      if (!(thrown instanceof MessageError)) throw thrown
      this.#end(thrown.code, thrown.message)
    }
  }

  #resume(): void {
    this.#isBusy = false
    this.#run()
  }

  #end(code: number, message: string, metadata: GrpcMetadata = []): void {
    if (this.#isOver) return
    this.#close()
    this.#handler.onStatus({ code, message, metadata })
  }

  #close(): void {
    this.#isOver = true
    this.#deadline?.cancel()
    this.#chunk = NOTHING
    this.#offset = 0
    this.#held.take()
    const stream = this.#stream
    stream?.reset(stream.remoteEnded ? ErrorCode.noError : ErrorCode.cancel)
  }
}

const NOTHING = new Uint8Array(0)

function requestFields(options: StartOptions): HeaderField[] {
  const fields: HeaderField[] = [
    [':method', 'POST'],
    [':scheme', options.scheme],
    [':path', options.path],
    [':authority', options.authority],
    ['te', 'trailers'],
    ['content-type', 'application/grpc'],
    ['user-agent', `batten-proxy/${proxyVersion()}`],
    ['grpc-accept-encoding', 'identity'],
  ]
  if (options.timeoutMs !== undefined) fields.push(['grpc-timeout', timeoutText(options.timeoutMs)])
  fields.push(...metadataToFields(options.metadata ?? []))
  return fields
}

/** At most eight digits and a unit. */
function timeoutText(timeoutMs: number): string {
  const ms = Math.max(1, Math.ceil(timeoutMs))
  return ms < 100_000_000 ? `${ms}m` : `${Math.min(Math.ceil(ms / 1000), 99_999_999)}S`
}

function statusOf(trailers: readonly HeaderField[], httpStatus: number): GrpcStatus {
  const value = (wanted: string) => trailers.find(([name]) => name === wanted)?.[1]
  const code = value('grpc-status')
  const metadata = fieldsToMetadata(trailers)
  if (code === undefined) {
    const message =
      httpStatus === 200
        ? 'the peer ends the stream without grpc-status'
        : `the peer answers with HTTP status ${httpStatus}`
    return { code: codeOfHttpStatus(httpStatus), message, metadata }
  }
  if (!/^[0-9]{1,9}$/.test(code))
    return { code: GrpcCode.unknown, message: `the peer sends grpc-status ${JSON.stringify(code)}`, metadata }
  return { code: Number(code), message: decodeGrpcMessage(value('grpc-message') ?? ''), metadata }
}
