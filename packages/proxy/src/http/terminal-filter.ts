import type { HttpFilterFactory } from './filter.ts'
import type { HeaderTable, RequestHeaderTable } from './header-table.ts'
import type { ActiveStream } from './stream.ts'

/**
 * The end of a chain of HTTP filters: it gets the request and brings the response, by `stream.respondHeaders` and its
 * companions or `stream.sendReply`. Chunks are valid during the call only.
 */
export interface TerminalFilter {
  onRequestHeaders(headers: RequestHeaderTable, endStream: boolean): void
  onRequestData(chunk: Uint8Array, endStream: boolean): void
  onRequestTrailers(trailers: HeaderTable): void
  /** The bytes that arrived together have all been delivered: write on what was gathered. */
  onRequestBatchEnd(): void
  /** The client takes no more of the response for now. Counted: each has its `resumeResponse`. */
  holdResponse(): void
  resumeResponse(): void
  /** The stream is over, or answered without this filter: give up what is under way. */
  destroy(): void
}

/** A factory whose filter ends the chain. */
export interface TerminalFilterFactory extends HttpFilterFactory {
  createTerminal(stream: ActiveStream): TerminalFilter
}

export function isTerminalFactory(factory: HttpFilterFactory): factory is TerminalFilterFactory {
  return 'createTerminal' in factory
}
