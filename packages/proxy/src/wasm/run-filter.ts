import type {
  BodyVerdict,
  HttpFilter,
  HttpFilterFactory,
  HttpFilterPhase,
  LocalReply,
  Verdict,
} from '../http/filter.ts'
import type { HeaderMap } from '../http/header-map.ts'
import {
  type Fields,
  fieldsOf,
  responseHeaders,
  type SimulatedRequest,
  SimulatedStream,
  trailerTable,
} from './simulated-stream.ts'

/** A body in one piece, or in several. */
export type BodyPieces = string | Uint8Array | readonly (string | Uint8Array)[]

/** A request and the response that the upstream gives to it. */
export interface FilterExchange {
  readonly request?: SimulatedRequest & { readonly body?: BodyPieces; readonly trailers?: Fields }
  /** What the upstream answers, or how it does. Default: 200 without headers or body. */
  readonly response?: UpstreamResponse | ((request: UpstreamRequest) => UpstreamResponse)
}

export interface UpstreamRequest {
  /** Pseudo-headers included. */
  readonly headers: Fields
  readonly body: string
  readonly trailers: Fields | undefined
}

export interface UpstreamResponse {
  /** Default: 200. */
  readonly status?: number
  readonly headers?: Fields
  readonly body?: BodyPieces
  readonly trailers?: Fields
}

export interface FilterRun {
  /** What went upstream; undefined when the filter answered or reset before. */
  readonly upstream: UpstreamRequest | undefined
  /** What the client got; undefined when the stream was reset. */
  readonly response:
    | {
        readonly status: number
        readonly headers: Fields
        readonly body: string
        readonly trailers: Fields | undefined
      }
    | undefined
  /** Response code details of a reply that the filter made. */
  readonly replyDetails: string | undefined
  readonly resetDetails: string | undefined
  /** Changes of the request that made the proxy choose the route again. */
  readonly routeClears: number
}

/**
 * Runs one request through one filter without a socket, as the connection manager would: headers, body piece by piece,
 * trailers, then the response. A paused direction waits until the filter lets it go on.
 *
 * @example
 * const run = await runFilter(plugin, { request: { path: '/cart', headers: [['x-key', 'a']] } })
 * run.upstream?.headers
 */
export function runFilter(factory: HttpFilterFactory, exchange: FilterExchange = {}): Promise<FilterRun> {
  return new SimulatedManager(factory, exchange).run()
}

type Direction = 'request' | 'response'

/** Ends the phases early: the filter has answered, or reset the stream. */
class Answered extends Error {}

class SimulatedManager {
  readonly #exchange: FilterExchange
  readonly #stream: SimulatedStream
  readonly #filter: HttpFilter
  readonly #waiting = new Map<Direction, { resume: () => void; stop: () => void }>()
  /** Directions that were resumed before they were found paused. */
  readonly #resumed = new Set<Direction>()
  #reply: LocalReply | undefined
  #resetDetails: string | undefined

  constructor(factory: HttpFilterFactory, exchange: FilterExchange) {
    this.#exchange = exchange
    this.#stream = new SimulatedStream(exchange.request ?? {}, {
      onResume: (direction) => {
        const waiting = this.#waiting.get(direction)
        this.#waiting.delete(direction)
        if (waiting === undefined) this.#resumed.add(direction)
        else waiting.resume()
      },
      onReply: (reply) => {
        this.#reply ??= reply
        this.#stopWaiting()
      },
      onReset: (details) => {
        this.#resetDetails ??= details
        this.#stopWaiting()
      },
    })
    this.#filter = onlyPhases(factory.create(this.#stream), factory.phases)
  }

  async run(): Promise<FilterRun> {
    const upstream = await this.#unlessAnswered(() => this.#runRequest())
    let response = this.#resetDetails === undefined ? await this.#runUpstreamResponse(upstream) : undefined
    const replyDetails = this.#reply?.details
    if (this.#reply !== undefined && this.#resetDetails === undefined)
      response = await this.#runReply(this.#reply)
    this.#stream.requestEnded = true
    this.#filter.onDone?.(this.#stream)
    return {
      upstream,
      response: this.#resetDetails === undefined ? response : undefined,
      replyDetails,
      resetDetails: this.#resetDetails,
      routeClears: this.#stream.routeClears,
    }
  }

  async #runRequest() {
    const { body, trailers } = this.#exchange.request ?? {}
    const pieces = piecesOf(body)
    const headers = this.#stream.requestHeaders
    const endsWithHeaders = pieces.length === 0 && trailers === undefined
    const filter = this.#filter
    await this.#obey('request', await filter.onRequestHeaders?.(headers, endsWithHeaders, this.#stream))
    const sent = await this.#runBody('request', pieces, trailers !== undefined)
    if (trailers !== undefined) {
      const table = trailerTable(trailers)
      this.#stream.requestTrailers = table
      await this.#obey('request', await filter.onRequestTrailers?.(table, this.#stream))
    }
    return { headers: fieldsOf(headers), body: sent, trailers: fieldsOrNone(this.#stream.requestTrailers) }
  }

  #runUpstreamResponse(upstream: FilterRun['upstream']) {
    if (upstream === undefined) return undefined
    const { response = {} } = this.#exchange
    const answer = typeof response === 'function' ? response(upstream) : response
    const { status = 200, headers = [], body, trailers } = answer
    return this.#unlessAnswered(() => this.#runResponse(status, headers, piecesOf(body), trailers))
  }

  /**
   * A reply runs through the response phases of the filter that made it, once; one in place of a response that was on
   * its way through them does not.
   */
  #runReply(reply: LocalReply) {
    const pieces = piecesOf(reply.body)
    const fields: [string, string][] = reply.headers.map(([name, value]) => [name, value])
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0)
    if (length > 0) {
      fields.push(['content-length', String(length)])
      if (!fields.some(([name]) => name === 'content-type')) fields.push(['content-type', 'text/plain'])
    }
    this.#reply = undefined
    this.#stream.responseCodeDetails = reply.details
    if (this.#stream.responseHeaders !== undefined) {
      const body = Buffer.concat(pieces).toString('utf8')
      return Promise.resolve({ status: reply.status, headers: fields, body, trailers: undefined })
    }
    return this.#unlessAnswered(() => this.#runResponse(reply.status, fields, pieces, undefined))
  }

  async #runResponse(status: number, fields: Fields, pieces: Uint8Array[], trailers: Fields | undefined) {
    const headers = responseHeaders(status, fields)
    this.#stream.responseHeaders = headers
    const ends = pieces.length === 0 && trailers === undefined
    const filter = this.#filter
    await this.#obey('response', await filter.onResponseHeaders?.(headers, ends, this.#stream))
    const sent = await this.#runBody('response', pieces, trailers !== undefined)
    if (trailers !== undefined) {
      const table = trailerTable(trailers)
      this.#stream.responseTrailers = table
      await this.#obey('response', await filter.onResponseTrailers?.(table, this.#stream))
    }
    return {
      status: headers.status,
      headers: fieldsOf(headers).filter(([name]) => name !== ':status'),
      body: sent,
      trailers: fieldsOrNone(this.#stream.responseTrailers),
    }
  }

  async #runBody(direction: Direction, pieces: Uint8Array[], hasTrailers: boolean): Promise<string> {
    const isRequest = direction === 'request'
    const stream = this.#stream
    const sent: Uint8Array[] = []
    for (const [index, piece] of pieces.entries()) {
      const held = isRequest ? stream.bufferedRequestBody : stream.bufferedResponseBody
      const chunk = Buffer.concat([held, piece])
      const ends = index === pieces.length - 1 && !hasTrailers
      if (isRequest) stream.requestBytes += piece.length
      else stream.responseBytes += piece.length
      const verdict: BodyVerdict = isRequest
        ? await this.#filter.onRequestBody?.(chunk, ends, stream)
        : await this.#filter.onResponseBody?.(chunk, ends, stream)
      if (verdict === 'buffer') {
        this.#setHeld(isRequest, chunk)
        // More may come; the last piece waits for the filter.
        if (ends) await this.#obey(direction, 'pause')
        if (ends) sent.push(isRequest ? stream.bufferedRequestBody : stream.bufferedResponseBody)
        continue
      }
      this.#setHeld(isRequest, new Uint8Array(0))
      if (verdict instanceof Uint8Array) sent.push(verdict)
      else {
        await this.#obey(direction, verdict)
        sent.push(chunk)
      }
    }
    return Buffer.concat(sent).toString('utf8')
  }

  #setHeld(isRequest: boolean, bytes: Uint8Array): void {
    if (isRequest) this.#stream.bufferedRequestBody = bytes
    else this.#stream.bufferedResponseBody = bytes
  }

  async #obey(direction: Direction, verdict: Verdict): Promise<void> {
    if (verdict === 'reset') this.#resetDetails ??= 'reset'
    else if (verdict === 'pause') {
      // The filter may have answered between its verdict and now.
      if (this.#reply === undefined && this.#resetDetails === undefined) await this.#pause(direction)
    } else if (verdict !== undefined) this.#reply ??= verdict
    if (this.#reply !== undefined || this.#resetDetails !== undefined) throw new Answered()
  }

  #pause(direction: Direction): Promise<void> {
    if (this.#resumed.delete(direction)) return Promise.resolve()
    return new Promise((resolve, reject) => {
      this.#waiting.set(direction, { resume: resolve, stop: () => reject(new Answered()) })
    })
  }

  #stopWaiting(): void {
    const waiting = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const { stop } of waiting) stop()
  }

  async #unlessAnswered<T>(phases: () => Promise<T>): Promise<T | undefined> {
    try {
      return await phases()
    } catch (error) {
      if (error instanceof Answered) return undefined
      throw error
    }
  }
}

/** The manager calls a filter only in the phases that its factory has announced. */
function onlyPhases(filter: HttpFilter, phases: ReadonlySet<HttpFilterPhase>): HttpFilter {
  const called: Record<string, unknown> = {}
  for (const phase of phases) {
    const method = filter[phase] as ((...args: unknown[]) => unknown) | undefined
    if (method !== undefined) called[phase] = (...args: unknown[]) => method.apply(filter, args)
  }
  return called
}

function piecesOf(body: BodyPieces | undefined): Uint8Array[] {
  if (body === undefined || body.length === 0) return []
  if (typeof body === 'string') return [Buffer.from(body)]
  if (body instanceof Uint8Array) return [body]
  return body.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece))
}

function fieldsOrNone(headers: HeaderMap | undefined): Fields | undefined {
  return headers === undefined ? undefined : fieldsOf(headers)
}
