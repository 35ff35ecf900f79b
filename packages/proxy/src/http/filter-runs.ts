import type { BodyVerdict, HttpFilter, Verdict } from './filter.ts'
import type { FilterChain } from './filter-chain.ts'
import { FilterRun } from './filter-run.ts'
import type { HeaderTable } from './header-table.ts'
import type { ActiveStream } from './stream.ts'

/** A request on its way through the filters, in the order of the chain. */
export class RequestRun extends FilterRun {
  readonly #stream: ActiveStream

  constructor(stream: ActiveStream, chain: FilterChain) {
    super(stream, { headers: chain.requestHeaders, body: chain.requestBody, trailers: chain.requestTrailers })
    this.#stream = stream
  }

  protected callHeaders(filter: HttpFilter, endStream: boolean): Verdict | Promise<Verdict> {
    return filter.onRequestHeaders?.(this.#stream.requestHeaders, endStream, this.#stream)
  }

  protected callBody(
    filter: HttpFilter,
    chunk: Uint8Array,
    endStream: boolean,
  ): BodyVerdict | Promise<BodyVerdict> {
    return filter.onRequestBody!(chunk, endStream, this.#stream)
  }

  protected callTrailers(filter: HttpFilter, trailers: HeaderTable): Verdict | Promise<Verdict> {
    return filter.onRequestTrailers!(trailers, this.#stream)
  }

  protected hasBody(filter: HttpFilter): boolean {
    return filter.onRequestBody !== undefined
  }

  protected hasTrailers(filter: HttpFilter): boolean {
    return filter.onRequestTrailers !== undefined
  }
}

/** A response on its way through the filters, in reverse order. */
export class ResponseRun extends FilterRun {
  readonly #stream: ActiveStream

  constructor(stream: ActiveStream, chain: FilterChain) {
    super(stream, {
      headers: chain.responseHeaders,
      body: chain.responseBody,
      trailers: chain.responseTrailers,
    })
    this.#stream = stream
  }

  protected callHeaders(filter: HttpFilter, endStream: boolean): Verdict | Promise<Verdict> {
    return filter.onResponseHeaders?.(this.#stream.responseHeaders!, endStream, this.#stream)
  }

  protected callBody(
    filter: HttpFilter,
    chunk: Uint8Array,
    endStream: boolean,
  ): BodyVerdict | Promise<BodyVerdict> {
    return filter.onResponseBody!(chunk, endStream, this.#stream)
  }

  protected callTrailers(filter: HttpFilter, trailers: HeaderTable): Verdict | Promise<Verdict> {
    return filter.onResponseTrailers!(trailers, this.#stream)
  }

  protected hasBody(filter: HttpFilter): boolean {
    return filter.onResponseBody !== undefined
  }

  protected hasTrailers(filter: HttpFilter): boolean {
    return filter.onResponseTrailers !== undefined
  }
}
