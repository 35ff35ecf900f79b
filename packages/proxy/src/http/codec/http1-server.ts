import type { Transport, TransportHandler } from '../../network/transport.ts'
import { type HeaderTable, RequestHeaderTable, type ResponseHeaderTable } from '../header-table.ts'
import { Header } from '../known-headers.ts'
import { BAD_BODY, BodyReader, type BodySink } from './body-reader.ts'
import { isKnownMethod } from './http1-methods.ts'
import { type HeadError, HeadParser, INCOMPLETE, LOW_VERSION, REFUSED } from './http1-parser.ts'
import { type HeadLimits, MAX_LEADING_CRLF, MAX_PIPELINED_BYTES } from './limits.ts'
import { endOfHead, MessageWriter } from './message-writer.ts'
import { statusLine, statusLine10 } from './status-line.ts'
import type { RequestSink, ResponseEncoder, ServerCodecOwner } from './stream-codec.ts'

const CR = 13
const LF = 10
const EMPTY = Buffer.alloc(0)
const CONNECT_REFUSED: HeadError = { status: 403, details: 'upgrade_failed' }
const SYNTAX: HeadError = { status: 400, details: 'http1.codec_error' }

export interface Http1ServerOptions {
  readonly limits: HeadLimits
  readonly acceptHttp10: boolean
  /** Take methods that nobody knows. */
  readonly allowCustomMethods?: boolean
  /** Pass trailers of requests on; false drops them. */
  readonly enableTrailers: boolean
  /**
   * Lower-case names of `upgrade` protocols that may tunnel; `connect` for CONNECT. `any`: the owner decides, and refuses
   * what it does not allow.
   */
  readonly upgrades: ReadonlySet<string> | 'any'
}

/** `response` means: the request is read, its response is not complete. */
type State = 'head' | 'body' | 'response' | 'discard'

/**
 * The server side of HTTP/1.1 on one connection: one request at a time; what a client pipelines waits here, and in the
 * socket when it is much. Reading goes on while a request is answered, since only who reads learns that a client left.
 *
 * Differs from Envoy: a client that closes its side of a tunnel may still read from it. Envoy takes it to be gone. Where
 * HTTP/1.0 is accepted, other versions and chunked bodies of 1.0 still are not. A client that pipelines may have any
 * number of responses on their way, up to the limit of the connection's buffer; from Envoy it gets two at once.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9112
 */
export class Http1ServerConnection implements TransportHandler, ResponseEncoder, BodySink {
  readonly transport: Transport
  readonly writer: MessageWriter
  /** Bytes read, for `downstream_cx_rx_bytes_total`. */
  bytesRead = 0
  readonly #owner: ServerCodecOwner
  readonly #options: Http1ServerOptions
  readonly #parser: HeadParser
  readonly #body: BodyReader
  #state: State = 'head'
  #sink: RequestSink | undefined
  /** Bytes that wait: an incomplete head, or what came while reading was held. */
  #carry: Buffer | undefined
  #holds = 0
  #isPaused = false
  #isProcessing = false
  #leadingCrlf = 0
  // Of the current exchange:
  #isHead = false
  #isConnect = false
  #wantsUpgrade = false
  #offersUpgrade = false
  #tunnel = false
  #minorVersion = 1
  #closeAfter = false
  #responseStarted = false
  #responseEnded = false
  #chunkedResponse = false
  /** Only the end of the connection ends the response. */
  #untilClose = false

  constructor(transport: Transport, owner: ServerCodecOwner, options: Http1ServerOptions) {
    this.transport = transport
    this.#owner = owner
    this.#options = options
    this.#parser = new HeadParser(options.limits)
    this.#body = new BodyReader(this.#parser)
    this.writer = new MessageWriter(transport)
    transport.handler = this
  }

  /** No request is under way and nothing of one has arrived. */
  get isIdle(): boolean {
    return this.#state === 'head' && this.#sink === undefined && this.#carry === undefined
  }

  get blocked(): boolean {
    return this.transport.blocked
  }

  /** Whether the current request asks for a tunnel: its bytes go through as they are once it is granted. */
  get isTunnelRequest(): boolean {
    return this.#wantsUpgrade
  }

  /** Whether the current request offers another protocol, be it one that cannot be granted because the request has a body. */
  get offersUpgrade(): boolean {
    return this.#offersUpgrade
  }

  /** HTTP version of the current request. */
  get protocol(): string {
    return this.#minorVersion === 0 ? 'HTTP/1.0' : 'HTTP/1.1'
  }

  /** Reads and drops whatever comes, until the connection closes. */
  discard(): void {
    this.#state = 'discard'
    this.#sink = undefined
    this.#carry = undefined
    this.#body.stop()
    this.#holds = 0
    this.#resumeReading()
  }

  // ---- transport ----

  onData(chunk: Buffer): void {
    this.bytesRead += chunk.length
    if (this.#state === 'discard') return
    const carry = this.#carry
    if (carry === undefined) {
      this.#process(chunk)
      return
    }
    this.#carry = Buffer.concat([carry, chunk])
    // An incomplete head ends with a line feed: without a new one there is nothing to look at again.
    const isPartialHead = this.#state === 'head' && this.#holds === 0
    const tooLong = this.#carry.length > this.#options.limits.maxHeadersBytes
    if (isPartialHead && !tooLong && chunk.indexOf(LF) < 0) return
    if (this.#mustWait()) this.#pauseIfMuch()
    else this.#processCarry()
  }

  onEnd(): void {
    if (this.#tunnel && this.#state === 'body') {
      this.#state = 'response'
      this.#body.stop()
      this.#sink?.onTunnelEnd?.()
      this.#sink?.onRequestData(EMPTY, true)
      this.#sink?.onRequestBatchEnd()
      return
    }
    if (this.#sink === undefined) {
      this.#owner.onIdleEnd()
      return
    }
    // As Envoy: a client that closes its side is taken to be gone.
    this.#abort('remote-close')
    this.transport.destroy()
  }

  onDrain(): void {
    this.#sink?.onResponseDrain()
    if (this.#state !== 'head' || !this.#isPaused || this.#isProcessing) return
    this.#processCarry()
    this.#resumeReading()
  }

  onClose(error: Error | undefined): void {
    this.#abort('remote-close')
    this.#state = 'discard'
    this.#owner.onClose(error)
  }

  #abort(reason: 'remote-close' | 'protocol-error'): void {
    const sink = this.#sink
    this.#sink = undefined
    this.#state = 'discard'
    this.#body.stop()
    sink?.onRequestReset(reason)
  }

  // ---- reading ----

  #process(bytes: Buffer): void {
    this.#isProcessing = true
    let p = 0
    const end = bytes.length
    while (p < end) {
      if (this.#mustWait()) {
        this.#keep(bytes, p)
        this.#pauseIfMuch()
        break
      }
      if (this.#state === 'head') {
        p = this.#readHead(bytes, p, end)
        if (p < 0) break
      } else if (this.#state === 'body') {
        p = this.#body.read(bytes, p, end, this)
        if (p === BAD_BODY) {
          this.#refuseBody()
          break
        }
      } else break
    }
    this.#isProcessing = false
    this.#sink?.onRequestBatchEnd()
  }

  /** No more may be read: of the request, or, while a client does not take its responses, of the next one. */
  #mustWait(): boolean {
    return this.#holds > 0 || this.#isAnswering() || (this.#state === 'head' && this.transport.blocked)
  }

  /** What comes now is for the time after the response: it may be for a tunnel that the host does not grant. */
  #isAnswering(): boolean {
    return this.#state === 'response' || (this.#wantsUpgrade && !this.#tunnel && this.#state === 'body')
  }

  #processCarry(): void {
    const carry = this.#carry
    if (carry === undefined) return
    this.#carry = undefined
    this.#process(carry)
  }

  /** Copies what is left: the buffer belongs to the transport. */
  #keep(bytes: Buffer, from: number): void {
    this.#carry = Buffer.from(bytes.subarray(from))
  }

  #readHead(bytes: Buffer, start: number, end: number): number {
    let p = start
    while (p + 1 < end && bytes[p] === CR && bytes[p + 1] === LF) {
      if (++this.#leadingCrlf > MAX_LEADING_CRLF) break
      p += 2
    }
    if (p === end) return p
    if (p + 1 === end && bytes[p] === CR && this.#leadingCrlf < MAX_LEADING_CRLF) {
      this.#keep(bytes, p)
      return INCOMPLETE
    }
    const table = new RequestHeaderTable()
    const read = this.#parser.parseRequest(bytes, p, end, table)
    if (read === INCOMPLETE) {
      this.#keep(bytes, p)
      this.#owner.onPartialHead()
      return INCOMPLETE
    }
    if (read === REFUSED) {
      this.#refuse(this.#parser.error)
      return REFUSED
    }
    this.#leadingCrlf = 0
    return this.#beginRequest(table) ? read : REFUSED
  }

  #beginRequest(table: RequestHeaderTable): boolean {
    const parser = this.#parser
    if (!isKnownMethod(table.method) && this.#options.allowCustomMethods !== true) {
      this.#refuse(SYNTAX)
      return false
    }
    this.#minorVersion = parser.minorVersion
    this.#isHead = table.method === 'HEAD'
    this.#isConnect = table.method === 'CONNECT'
    this.#responseStarted = this.#responseEnded = this.#chunkedResponse = this.#tunnel = false
    this.#closeAfter = parser.close
    if (parser.minorVersion === 0) {
      if (!this.#options.acceptHttp10) {
        this.#refuse(LOW_VERSION)
        return false
      }
      this.#closeAfter = !parser.keepAlive
      if (parser.chunked) {
        this.#refuse(SYNTAX)
        return false
      }
    }
    this.#offersUpgrade = false
    this.#wantsUpgrade = this.#isTunnelAllowed(table)
    if (this.#isConnect && !this.#wantsUpgrade) {
      this.#refuse(CONNECT_REFUSED)
      return false
    }
    let endStream = false
    if (this.#wantsUpgrade) this.#body.startUntilClose()
    else if (parser.chunked) this.#body.startChunked()
    else if (parser.contentLength > 0) this.#body.startLength(parser.contentLength)
    else endStream = true
    this.#state = endStream ? 'response' : 'body'
    const sink = this.#owner.newStream(this)
    this.#sink = sink
    if (parser.expectContinue) {
      this.encodeContinue()
      this.#owner.onContinue?.()
    }
    sink.onRequestHeaders(table, endStream)
    return true
  }

  #isTunnelAllowed(table: RequestHeaderTable): boolean {
    const { upgrades } = this.#options
    if (this.#isConnect) return upgrades === 'any' || upgrades.has('connect')
    if (!this.#parser.upgrade) return false
    const protocol = table.getId(Header.upgrade)?.toLowerCase()
    // HTTP/2 is never spoken after an upgrade: clients that offer it go on with HTTP/1.1.
    if (protocol === undefined || protocol === 'h2c') return false
    this.#offersUpgrade = true
    // The bytes of a body must not be taken for those of the tunnel.
    if (this.#parser.chunked || this.#parser.contentLength > 0) return false
    return upgrades === 'any' || upgrades.has(protocol)
  }

  onBody(chunk: Buffer, isEnd: boolean): void {
    if (isEnd) this.#state = 'response'
    this.#sink?.onRequestData(chunk, isEnd)
  }

  onTrailers(trailers: HeaderTable): void {
    this.#state = 'response'
    if (this.#options.enableTrailers) this.#sink?.onRequestTrailers(trailers)
    else this.#sink?.onRequestData(EMPTY, true)
  }

  #refuse(error: HeadError): void {
    this.refuseHead()
    this.#owner.onRefusedHead(error, this)
  }

  /** Reads no further; what is encoded now answers a request whose head is bad, or not complete. */
  refuseHead(): void {
    this.#state = 'discard'
    this.#carry = undefined
    this.#isHead = this.#isConnect = this.#wantsUpgrade = this.#tunnel = false
    this.#responseStarted = this.#responseEnded = this.#chunkedResponse = false
    this.#minorVersion = 1
    this.#closeAfter = true
  }

  #refuseBody(): void {
    this.#closeAfter = true
    this.#state = 'discard'
    this.#body.stop()
    const sink = this.#sink
    sink?.onRequestReset('protocol-error')
  }

  // ---- backpressure ----

  holdRequest(): void {
    this.#holds++
    this.#pauseReading()
  }

  resumeRequest(): void {
    if (this.#holds === 0 || --this.#holds > 0) return
    if (this.#isProcessing) return
    if (!this.#mustWait()) this.#processCarry()
    if (this.#holds === 0) this.#resumeReading()
  }

  #pauseReading(): void {
    if (this.#isPaused) return
    this.#isPaused = true
    this.transport.pause()
  }

  /** Further requests may wait here while one is answered; what is held back otherwise stays in the socket. */
  #pauseIfMuch(): void {
    if (this.#isFull()) this.#pauseReading()
  }

  /** Nothing more can be taken in. */
  #isFull(): boolean {
    if (this.#carry === undefined || !this.#mustWait()) return false
    return !this.#isAnswering() || this.#holds > 0 || this.#carry.length >= MAX_PIPELINED_BYTES
  }

  #resumeReading(): void {
    if (!this.#isPaused || this.#isFull()) return
    this.#isPaused = false
    this.transport.resume()
  }

  // ---- writing ----

  encodeContinue(): void {
    this.writer.text(`${this.#statusLine(100)}\r\n`)
    this.writer.flush()
  }

  closeAfterResponse(): void {
    this.#closeAfter = true
  }

  #statusLine(status: number): string {
    return this.#minorVersion === 0 ? statusLine10(status) : statusLine(status)
  }

  encodeHeaders(headers: ResponseHeaderTable, endStream: boolean): void {
    this.#responseStarted = true
    const status = headers.status
    let framing = ''
    if (this.#wantsUpgrade && (status === 101 || (this.#isConnect && status < 300))) {
      this.#tunnel = true
      this.#closeAfter = true
      const protocol = headers.getId(Header.upgrade)
      headers.removeId(Header.upgrade)
      if (!this.#isConnect) framing = `connection: upgrade\r\nupgrade: ${protocol ?? ''}\r\n`
      headers.removeId(Header.contentLength)
      this.writer.text(`${this.#statusLine(status)}${headers.toLines()}${endOfHead(framing)}`)
      this.writer.flush()
      this.#goOn()
      return
    }
    if (this.#wantsUpgrade) this.#closeAfter = true
    // As Envoy: who answers before the request is read says that no other can follow.
    if (this.#state === 'body') this.#closeAfter = true
    this.#chunkedResponse = this.#untilClose = false
    if (status === 204 || status === 304) headers.removeId(Header.transferEncoding)
    else if (!headers.hasId(Header.contentLength)) {
      // As Envoy: to HTTP/1.0, who says no length says that the connection ends.
      if (this.#minorVersion === 0) this.#closeAfter = this.#untilClose = true
      if (endStream && !this.#isHead) framing = 'content-length: 0\r\n'
      else if (this.#minorVersion !== 0) {
        framing = 'transfer-encoding: chunked\r\n'
        this.#chunkedResponse = !this.#isHead
      }
    }
    if (status === 204) {
      headers.removeId(Header.contentLength)
      if (this.#minorVersion === 0) this.#closeAfter = true
    }
    if (this.#closeAfter) framing += 'connection: close\r\n'
    else if (this.#minorVersion === 0) framing += 'connection: keep-alive\r\n'
    this.writer.text(`${this.#statusLine(status)}${headers.toLines()}${endOfHead(framing)}`)
    if (endStream) this.#endResponse()
  }

  encodeData(chunk: Uint8Array, endStream: boolean): void {
    if (!this.#isHead) {
      if (this.#chunkedResponse) {
        this.writer.chunk(chunk)
        if (endStream) this.writer.lastChunk(undefined)
      } else this.writer.body(chunk)
    }
    if (endStream) this.#endResponse()
  }

  encodeTrailers(trailers: HeaderTable): void {
    if (this.#chunkedResponse) this.writer.lastChunk(trailers)
    this.#endResponse()
  }

  flush(): void {
    this.writer.flush()
  }

  resetStream(): void {
    this.discard()
    // What was written so far may still be on its way; a response cut short must not look complete.
    this.writer.flush()
    if (!this.#responseStarted || this.#responseEnded) this.transport.destroy()
    else if (this.#owner.onCutResponse === undefined) this.transport.reset()
    else this.#owner.onCutResponse(this.#untilClose)
  }

  #endResponse(): void {
    this.writer.flush()
    this.#responseEnded = true
    this.#sink = undefined
    const isRequestRead = this.#state === 'response'
    if (this.#closeAfter || !isRequestRead) {
      this.discard()
      this.#owner.onFinalResponse()
      return
    }
    this.#state = 'head'
    this.#holds = 0
    this.#owner.onExchangeEnd()
    if (this.#state === 'head') this.#goOn()
  }

  /** Reads on with what has waited. Inside of `#process` the loop does so by itself. */
  #goOn(): void {
    if (this.#isProcessing) return
    this.#processCarry()
    this.#resumeReading()
  }
}
