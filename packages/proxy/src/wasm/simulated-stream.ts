import type { HttpStream, LocalReply } from '../http/filter.ts'
import type { HeaderMap } from '../http/header-map.ts'
import { HeaderTable, RequestHeaderTable, ResponseHeaderTable } from '../http/header-table.ts'
import type { Connection } from '../network/connection.ts'

/** Header names and values, in order. */
export type Fields = readonly (readonly [string, string])[]

/** The request that a simulated stream carries. */
export interface SimulatedRequest {
  /** Default: `GET`. */
  readonly method?: string
  /** Default: `/`. */
  readonly path?: string
  /** Default: `example.com`. */
  readonly authority?: string
  readonly headers?: Fields
}

const CONNECTION: Connection = {
  id: 1,
  remoteAddress: '127.0.0.1:40000',
  localAddress: '127.0.0.1:8080',
  tls: undefined,
  requestedServerName: '',
  listenerName: 'simulated',
  filterChainName: '',
}

/** What a filter does to a stream outside of its answers, in the order in which it happens. */
export interface StreamEvents {
  onResume(direction: 'request' | 'response'): void
  onReply(reply: LocalReply): void
  onReset(details: string): void
}

/** A stream without a connection: what a filter sees of a request, for running filters in tests. */
export class SimulatedStream implements HttpStream {
  readonly id = 1
  readonly connection = CONNECTION
  readonly requestHeaders = new RequestHeaderTable()
  responseHeaders: ResponseHeaderTable | undefined
  readonly route = undefined
  readonly cluster = undefined
  readonly upstreamAddress = undefined
  requestBytes = 0
  responseBytes = 0
  readonly startMs: number
  readonly startTimeMs: number
  responseFlags: readonly string[] = []
  responseCodeDetails = 'via_upstream'
  readonly protocol = 'HTTP/1.1'
  requestEnded = false
  readonly state = new Map<string, unknown>()
  readonly metadata = new Map<string, Record<string, unknown>>()
  bufferedRequestBody: Uint8Array = new Uint8Array(0)
  bufferedResponseBody: Uint8Array = new Uint8Array(0)
  requestTrailers: HeaderTable | undefined
  responseTrailers: HeaderTable | undefined
  /** How often the route was chosen again. */
  routeClears = 0
  readonly #events: StreamEvents

  constructor(request: SimulatedRequest, events: StreamEvents, startMs = 0, startTimeMs = 0) {
    this.#events = events
    this.startMs = startMs
    this.startTimeMs = startTimeMs
    this.requestHeaders.method = request.method ?? 'GET'
    this.requestHeaders.path = request.path ?? '/'
    this.requestHeaders.authority = request.authority ?? 'example.com'
    this.requestHeaders.scheme = 'http'
    for (const [name, value] of request.headers ?? []) this.requestHeaders.add(name.toLowerCase(), value)
  }

  routeConfig(): unknown {
    return undefined
  }

  resumeRequest(): void {
    this.#events.onResume('request')
  }

  resumeResponse(): void {
    this.#events.onResume('response')
  }

  sendReply(reply: LocalReply): void {
    this.#events.onReply(reply)
  }

  reset(details: string): void {
    this.#events.onReset(details)
  }

  clearRouteCache(): void {
    this.routeClears++
  }

  setBufferedRequestBody(body: Uint8Array): void {
    this.bufferedRequestBody = body
  }

  setBufferedResponseBody(body: Uint8Array): void {
    this.bufferedResponseBody = body
  }

  addRequestTrailer(name: string, value: string): void {
    this.requestTrailers ??= new HeaderTable()
    this.requestTrailers.add(name, value)
  }

  addResponseTrailer(name: string, value: string): void {
    this.responseTrailers ??= new HeaderTable()
    this.responseTrailers.add(name, value)
  }
}

/** Response headers from a status and fields. */
export function responseHeaders(status: number, fields: Fields): ResponseHeaderTable {
  const headers = new ResponseHeaderTable(status)
  for (const [name, value] of fields) headers.add(name.toLowerCase(), value)
  return headers
}

export function trailerTable(fields: Fields): HeaderTable {
  const table = new HeaderTable()
  for (const [name, value] of fields) table.add(name.toLowerCase(), value)
  return table
}

export function fieldsOf(headers: HeaderMap): [string, string][] {
  const fields: [string, string][] = []
  headers.forEach((name, value) => {
    fields.push([name, value])
  })
  return fields
}
