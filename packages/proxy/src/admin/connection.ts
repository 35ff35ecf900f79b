import type { Clock } from '@batten/core'
import type { HeadError } from '../http/codec/http1-parser.ts'
import { Http1ServerConnection, type Http1ServerOptions } from '../http/codec/http1-server.ts'
import { reasonPhrase } from '../http/codec/status-line.ts'
import type { RequestSink, ServerCodecOwner } from '../http/codec/stream-codec.ts'
import { type RequestHeaderTable, ResponseHeaderTable } from '../http/header-table.ts'
import { httpDate } from '../http/http-date.ts'
import { Header } from '../http/known-headers.ts'
import type { Transport } from '../network/transport.ts'
import { Deadline } from './deadline.ts'
import { type AdminResponse, TEXT } from './handler.ts'

/** From the first byte of a request, or of a connection, to the end of the head. */
const HEAD_MS = 10_000
/** From there to the end of the body. */
const BODY_MS = 20_000
/** Longer than the minute that Prometheus leaves between scrapes: each finds the connection of the last. */
const IDLE_MS = 75_000
/** A reader that takes nothing for so long is taken to be gone. */
const STALL_MS = 60_000
/** How long the peer gets to close its side after ours: closed before it has read all, the answer could be lost. */
const LINGER_MS = 1_000

/** No page reads a body: what comes is counted and dropped. */
const MAX_BODY_BYTES = 1024 * 1024
/** Given to the system at a time, so that a slow reader of a large page is told from one that takes nothing. */
const SLICE_BYTES = 64 * 1024

const CODEC_OPTIONS: Http1ServerOptions = {
  limits: { maxHeadersBytes: 16 * 1024, maxHeaders: 100 },
  acceptHttp10: true,
  enableTrailers: false,
  // An offer to upgrade is passed over, as HTTP allows; CONNECT is refused.
  upgrades: new Set(),
}

const EMPTY = Buffer.alloc(0)

/** High watermark for the transport of an admin connection: `blocked` then means that the system has not taken all. */
export const ADMIN_BUFFER_LIMIT_BYTES = 1

/** What connections need of the server that accepted them. */
export interface AdminConnectionOwner {
  readonly clock: Clock
  /** The page for a request that has arrived completely. Must not throw. */
  answer(request: RequestHeaderTable): AdminResponse
  onConnectionClosed(connection: AdminConnection): void
}

/**
 * One connection to the admin pages: waits for a request to be complete, has it answered, and writes the page as fast
 * as the client takes it. A response ends for the codec when the system has taken all of it; until then nothing more
 * is read, so neither pipelined requests nor a client that closes its side can cut it short.
 */
export class AdminConnection implements ServerCodecOwner, RequestSink {
  readonly #owner: AdminConnectionOwner
  readonly #transport: Transport
  readonly #codec: Http1ServerConnection
  readonly #deadline: Deadline
  /** The first byte has come of a request whose head has not; also true of a new connection. */
  #isHeadDue = true
  #request: RequestHeaderTable | undefined
  #bodyBytes = 0
  /** What is being sent. */
  #page: Buffer | undefined
  #sentBytes = 0
  /** The last response is written. */
  #isFinal = false

  constructor(transport: Transport, owner: AdminConnectionOwner) {
    this.#owner = owner
    this.#transport = transport
    this.#codec = new Http1ServerConnection(transport, this, CODEC_OPTIONS)
    this.#deadline = new Deadline(owner.clock, () => this.#onOverdue())
    this.#deadline.set(HEAD_MS)
  }

  /** Closes after the page that is being sent, at once if there is none. */
  finish(): void {
    if (this.#page === undefined) this.#transport.destroy()
    else this.#codec.closeAfterResponse()
  }

  destroy(): void {
    this.#transport.destroy()
  }

  // ---- request ----

  newStream(): RequestSink {
    return this
  }

  onPartialHead(): void {
    if (this.#isHeadDue) return
    this.#isHeadDue = true
    this.#deadline.set(HEAD_MS)
  }

  onRequestHeaders(headers: RequestHeaderTable, endStream: boolean): void {
    this.#request = headers
    this.#bodyBytes = 0
    if (headers.authority === '' && this.#codec.protocol === 'HTTP/1.1') this.#refuse(400)
    else if (endStream) this.#respond()
    else if (Number(headers.getId(Header.contentLength) ?? 0) > MAX_BODY_BYTES) this.#refuse(413)
    else this.#deadline.set(BODY_MS)
  }

  onRequestData(chunk: Buffer, endStream: boolean): void {
    this.#bodyBytes += chunk.length
    if (this.#bodyBytes > MAX_BODY_BYTES) this.#refuse(413)
    else if (endStream) this.#respond()
  }

  /** The codec drops them. */
  onRequestTrailers(): void {}

  /** Everything is answered as it comes. */
  onRequestBatchEnd(): void {}

  onRequestReset(reason: 'remote-close' | 'protocol-error'): void {
    if (reason === 'protocol-error') this.#refuse(400)
  }

  onRefusedHead(error: HeadError): void {
    this.#refuse(error.status)
  }

  // ---- response ----

  #respond(): void {
    const { status = 200, contentType = TEXT, body } = this.#owner.answer(this.#request!)
    const page = Buffer.from(body)
    this.#codec.encodeHeaders(this.#head(status, contentType, page.length), false)
    this.#page = page
    this.#sentBytes = 0
    this.#send(page)
  }

  #send(page: Buffer): void {
    const codec = this.#codec
    do {
      const start = this.#sentBytes
      this.#sentBytes = Math.min(start + SLICE_BYTES, page.length)
      codec.encodeData(page.subarray(start, this.#sentBytes), false)
      codec.flush()
      if (codec.blocked) {
        codec.holdRequest()
        this.#deadline.set(STALL_MS)
        return
      }
    } while (this.#sentBytes < page.length)
    codec.encodeData(EMPTY, true)
  }

  onResponseDrain(): void {
    if (this.#page !== undefined) this.#send(this.#page)
  }

  /** Answers what cannot be served, as far as the client reads it, and closes. */
  #refuse(status: number): void {
    const codec = this.#codec
    const text = Buffer.from(`${reasonPhrase(status)}\n`)
    codec.closeAfterResponse()
    codec.encodeHeaders(this.#head(status, TEXT, text.length), false)
    codec.encodeData(text, true)
  }

  #head(status: number, contentType: string, contentLength: number): ResponseHeaderTable {
    const head = new ResponseHeaderTable(status)
    head.set('content-type', contentType)
    head.setId(Header.contentLength, String(contentLength))
    head.set('cache-control', 'no-cache, max-age=0')
    head.set('x-content-type-options', 'nosniff')
    head.setId(Header.server, 'batten')
    head.setId(Header.date, httpDate(this.#owner.clock.now()))
    return head
  }

  // ---- connection ----

  onExchangeEnd(): void {
    this.#request = this.#page = undefined
    this.#isHeadDue = false
    this.#deadline.set(IDLE_MS)
  }

  onFinalResponse(): void {
    this.#close()
  }

  onIdleEnd(): void {
    this.#close()
  }

  onClose(): void {
    this.#request = this.#page = undefined
    this.#deadline.clear()
    this.#owner.onConnectionClosed(this)
  }

  #close(): void {
    this.#request = this.#page = undefined
    this.#isFinal = true
    this.#transport.end()
    this.#deadline.set(LINGER_MS)
  }

  #onOverdue(): void {
    const codec = this.#codec
    if (this.#page !== undefined || this.#isFinal || codec.isIdle) this.#transport.destroy()
    else {
      if (this.#request === undefined) codec.refuseHead()
      this.#refuse(408)
    }
  }
}
