import { latin1Of } from '../../network/latin1.ts'
import type { Transport, TransportHandler } from '../../network/transport.ts'
import { type HeaderTable, type RequestHeaderTable, ResponseHeaderTable } from '../header-table.ts'
import { Header } from '../known-headers.ts'
import { BAD_BODY, BodyReader, type BodySink } from './body-reader.ts'
import { HeadParser, INCOMPLETE, REFUSED } from './http1-parser.ts'
import { DEFAULT_RESPONSE_HEAD_LIMITS, type HeadLimits } from './limits.ts'
import { endOfHead, MessageWriter } from './message-writer.ts'
import type { ResponseSink } from './stream-codec.ts'

const LF = 10
const EMPTY = Buffer.alloc(0)
const UNSAFE_TARGET = /[^\x21-\x7e]/g

/** The pool's side of a client codec. */
export interface ClientCodecOwner {
  /** Request and response are complete and the connection can carry the next exchange. */
  onReusable(connection: Http1ClientConnection): void
  /** The connection takes no more requests (`connection: close`, surplus bytes, FIN); it is closed, or closing. */
  onUnusable(connection: Http1ClientConnection): void
  onClose(connection: Http1ClientConnection, error: Error | undefined): void
}

type State = 'idle' | 'head' | 'body' | 'tunnel' | 'request' | 'closed'

/**
 * The client side of HTTP/1.1 on one connection, one exchange at a time. `request` as a state means that the response
 * is complete while the request is not.
 *
 * Differs from Envoy: an answer other than 101 to a request for an upgrade goes on as it is. Envoy drops the body of one
 * below 400, which RFC 9110 allows a host to send. A 101 that nobody asked for is a broken message, not passed on. A body
 * that only the end of the connection ends is cut by a reset; to Envoy it is complete.
 */
export class Http1ClientConnection implements TransportHandler, BodySink {
  readonly transport: Transport
  readonly writer: MessageWriter
  bytesRead = 0
  /** Exchanges begun on this connection, the current one included. */
  exchanges = 0
  /** Whether a byte of the current response arrived. */
  responseStarted = false
  /** Whether it was the host that ended the connection. */
  closedByHost = false
  /** Whether the host sent bytes that nobody had asked for, other than to say that it waited in vain. */
  hasSurplus = false
  readonly #owner: ClientCodecOwner
  readonly #parser: HeadParser
  readonly #limits: HeadLimits
  readonly #enableTrailers: boolean
  readonly #body: BodyReader
  #state: State = 'idle'
  #sink: ResponseSink | undefined
  #carry: Buffer | undefined
  #holds = 0
  #isProcessing = false
  #batchEnd = 0
  #isHead = false
  #isConnect = false
  #wantsUpgrade = false
  #requestEnded = false
  #chunkedRequest = false
  #close = false

  /** @param enableTrailers - pass trailers of responses on; false drops them */
  constructor(
    transport: Transport,
    owner: ClientCodecOwner,
    enableTrailers = false,
    limits: HeadLimits = DEFAULT_RESPONSE_HEAD_LIMITS,
  ) {
    this.#enableTrailers = enableTrailers
    this.transport = transport
    this.#owner = owner
    this.#limits = limits
    this.#parser = new HeadParser(limits)
    this.#body = new BodyReader(this.#parser)
    this.writer = new MessageWriter(transport)
    transport.handler = this
  }

  get blocked(): boolean {
    return this.transport.blocked
  }

  get isIdle(): boolean {
    return this.#state === 'idle'
  }

  /** Whether the request of the exchange has been written to its end. */
  get requestEnded(): boolean {
    return this.#requestEnded
  }

  // ---- writing ----

  /** Begins an exchange; the connection must be idle. Nothing is on the wire before `flush`. */
  start(sink: ResponseSink, headers: RequestHeaderTable, endStream: boolean): void {
    this.#sink = sink
    this.#state = 'head'
    this.exchanges++
    this.responseStarted = false
    this.#requestEnded = endStream
    const method = headers.method
    this.#isHead = method === 'HEAD'
    this.#isConnect = method === 'CONNECT'
    this.#chunkedRequest = false
    let framing = ''
    const upgrade = headers.getId(Header.upgrade)
    this.#wantsUpgrade = this.#isConnect || upgrade !== undefined
    if (upgrade !== undefined) framing = 'connection: upgrade\r\n'
    else if (!headers.hasId(Header.contentLength)) {
      if (endStream) {
        if (!hasNoBodyByNature(method)) framing = 'content-length: 0\r\n'
      } else if (!this.#isConnect) {
        this.#chunkedRequest = true
        framing = 'transfer-encoding: chunked\r\n'
      }
    }
    this.writer.text(`${requestStart(headers)}${headers.toLines()}${endOfHead(framing)}`)
  }

  encodeData(chunk: Uint8Array, endStream: boolean): void {
    if (this.#sink === undefined || this.#requestEnded) return
    if (this.#chunkedRequest) this.writer.chunk(chunk)
    else this.writer.body(chunk)
    if (endStream) this.#endRequest(undefined)
  }

  encodeTrailers(trailers: HeaderTable): void {
    if (this.#sink !== undefined && !this.#requestEnded) this.#endRequest(trailers)
  }

  flush(): void {
    this.writer.flush()
  }

  #endRequest(trailers: HeaderTable | undefined): void {
    this.#requestEnded = true
    if (this.#chunkedRequest) this.writer.lastChunk(trailers)
    this.writer.flush()
    if (this.#state === 'tunnel') this.transport.end()
    else if (this.#state === 'request') this.#finish()
  }

  /** Gives up the exchange. HTTP/1 has no other way than to close the connection. No callback comes any more. */
  resetStream(): void {
    this.#sink = undefined
    this.#body.stop()
    this.close()
  }

  /** Closes the connection; an exchange under way is reset. */
  close(): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#carry = undefined
    this.#owner.onUnusable(this)
    this.transport.destroy()
  }

  // ---- transport ----

  onData(chunk: Buffer): void {
    this.bytesRead += chunk.length
    if (this.#state === 'idle' || this.#state === 'request') {
      // Nobody asked: whatever it is, the next response could not be told from it.
      if (this.#state === 'idle') this.hasSurplus = !isRequestTimeout(chunk)
      this.#fail()
      return
    }
    this.responseStarted = true
    const carry = this.#carry
    if (carry === undefined) {
      this.#process(chunk)
      return
    }
    this.#carry = Buffer.concat([carry, chunk])
    if (this.#holds > 0) return
    const tooLong = this.#carry.length > this.#limits.maxHeadersBytes
    if (this.#state === 'head' && !tooLong && chunk.indexOf(LF) < 0) return
    this.#processCarry()
  }

  onEnd(): void {
    if (this.#state === 'tunnel' || (this.#state === 'body' && this.#body.endsAtClose)) {
      const sink = this.#sink
      this.#body.stop()
      this.#sink = undefined
      this.closedByHost = true
      if (this.#state === 'tunnel') sink?.onTunnelEnd?.()
      sink?.onResponseData(EMPTY, true)
      this.close()
      return
    }
    this.#terminated()
  }

  onDrain(): void {
    this.#sink?.onRequestDrain()
  }

  onClose(error: Error | undefined): void {
    this.#terminated(error)
    this.#owner.onClose(this, error)
  }

  /** The host ended the connection. */
  #terminated(error?: Error): void {
    if (this.#state === 'closed') return
    this.closedByHost = true
    const sink = this.#sink
    // Cut in the middle of a response is a broken message; before it, a broken connection.
    const isCut = this.#state === 'body' || (this.#state === 'head' && this.#carry !== undefined)
    const reason = isCut ? 'protocol_error' : 'connection_termination'
    this.#sink = undefined
    this.close()
    sink?.onUpstreamReset(reason, error?.message ?? '')
  }

  /** The host broke the protocol. */
  #fail(): void {
    const sink = this.#sink
    this.#sink = undefined
    this.close()
    sink?.onUpstreamReset('protocol_error', '')
  }

  // ---- reading ----

  #process(bytes: Buffer): void {
    this.#isProcessing = true
    let p = 0
    const end = bytes.length
    this.#batchEnd = end
    while (p < end) {
      if (this.#holds > 0) {
        this.#keep(bytes, p)
        break
      }
      if (this.#state === 'head') {
        const read = this.#readHead(bytes, p, end)
        if (read < 0) break
        p = read
      } else if (this.#state === 'body') {
        p = this.#body.read(bytes, p, end, this)
        if (p === BAD_BODY) {
          this.#fail()
          break
        }
      } else if (this.#state === 'tunnel') {
        this.#sink?.onResponseData(p === 0 ? bytes : bytes.subarray(p), false)
        break
      } else {
        break
      }
    }
    this.#isProcessing = false
    this.#sink?.onResponseBatchEnd()
  }

  #processCarry(): void {
    const carry = this.#carry
    this.#carry = undefined
    if (carry !== undefined) this.#process(carry)
  }

  #keep(bytes: Buffer, from: number): void {
    this.#carry = Buffer.from(bytes.subarray(from))
  }

  #readHead(bytes: Buffer, start: number, end: number): number {
    const table = new ResponseHeaderTable()
    const parser = this.#parser
    const read = parser.parseResponse(bytes, start, end, table)
    if (read === INCOMPLETE) {
      this.#keep(bytes, start)
      return read
    }
    if (read === REFUSED) {
      this.#fail()
      return read
    }
    const status = table.status
    const isInterim = status < 200 && status !== 101
    if ((isInterim || status === 204) && (parser.chunked || parser.contentLength > 0)) {
      // It has no body, whatever it says: what follows is anybody's guess.
      this.#fail()
      return REFUSED
    }
    if (isInterim) {
      this.#sink?.onInterimResponse?.(status)
      return read
    }
    const isTunnel = this.#wantsUpgrade && (status === 101 || (this.#isConnect && status < 300))
    if (status === 101 && !isTunnel) {
      this.#fail()
      return REFUSED
    }
    this.#close = parser.close || (parser.minorVersion === 0 && !parser.keepAlive)
    if (isTunnel) {
      this.#close = true
      this.#state = 'tunnel'
      this.#sink?.onResponseHeaders(table, false)
      return read
    }
    let endStream = false
    if (this.#isHead || status === 204 || status === 304) endStream = true
    else if (parser.chunked) this.#body.startChunked()
    else if (parser.contentLength >= 0) {
      if (parser.contentLength === 0) endStream = true
      else this.#body.startLength(parser.contentLength)
    } else {
      this.#body.startUntilClose()
      this.#close = true
    }
    if (!endStream) this.#state = 'body'
    const sink = endStream ? this.#endResponse(read) : this.#sink
    sink?.onResponseHeaders(table, endStream)
    return read
  }

  onBody(chunk: Buffer, isEnd: boolean): void {
    const sink = isEnd ? this.#endResponse(this.#body.endOffset) : this.#sink
    sink?.onResponseData(chunk, isEnd)
  }

  onTrailers(trailers: HeaderTable): void {
    const sink = this.#endResponse(this.#body.endOffset)
    if (this.#enableTrailers) sink?.onResponseTrailers(trailers)
    else sink?.onResponseData(EMPTY, true)
  }

  /**
   * The response is complete, at this offset. The connection goes back to the pool before the end is delivered, so
   * that a request which the end lets in finds it there. Surplus bytes would pass for the next response: close.
   */
  #endResponse(offset: number): ResponseSink | undefined {
    const sink = this.#sink
    if (offset < this.#batchEnd) this.#close = this.hasSurplus = true
    if (this.#requestEnded) this.#finish()
    else this.#state = 'request'
    return sink
  }

  #finish(): void {
    this.#sink = undefined
    if (this.#holds > 0) {
      this.#holds = 0
      this.transport.resume()
    }
    if (this.#close) {
      this.close()
      return
    }
    this.#state = 'idle'
    this.#owner.onReusable(this)
  }

  // ---- backpressure ----

  /** Stops reading the response. Counted: each needs its {@link resumeResponse}. */
  holdResponse(): void {
    if (this.#holds++ === 0) this.transport.pause()
  }

  resumeResponse(): void {
    if (this.#holds === 0 || --this.#holds > 0) return
    if (!this.#isProcessing) this.#processCarry()
    if (this.#holds === 0) this.transport.resume()
  }
}

/** Whether bytes begin with a 408, which servers send before they close a connection that they kept for long enough. */
function isRequestTimeout(bytes: Buffer): boolean {
  return bytes.length > 12 && latin1Of(bytes, 0, 5) === 'HTTP/' && latin1Of(bytes, 9, 12) === '408'
}

/** Methods whose requests have no body unless they say so. */
function hasNoBodyByNature(method: string): boolean {
  return (
    method === 'GET' || method === 'HEAD' || method === 'DELETE' || method === 'TRACE' || method === 'CONNECT'
  )
}

/** Request line and host. */
function requestStart(headers: RequestHeaderTable): string {
  const unchanged = headers.unchangedStart
  if (unchanged !== undefined) return unchanged
  const authority = authorityOf(headers)
  if (headers.method === 'CONNECT') return `CONNECT ${authority} HTTP/1.1\r\nhost: ${authority}\r\n`
  const path = headers.path === headers.parsedPath ? headers.path : encodeUnsafe(headers.path)
  return `${headers.method} ${path} HTTP/1.1\r\nhost: ${authority}\r\n`
}

function authorityOf(headers: RequestHeaderTable): string {
  const { authority } = headers
  return authority === headers.parsedAuthority ? authority : authority.replace(UNSAFE_TARGET, '')
}

/** Percent-encodes what may not stand in a request line; filters and rewrites may have put it there. */
function encodeUnsafe(path: string): string {
  return path.replace(UNSAFE_TARGET, (char) => encodeURIComponent(char))
}
