import type { Slot } from './connection-manager-config.ts'
import type { HttpFilter, HttpFilterFactory, HttpFilterPhase } from './filter.ts'
import type { ActiveStream } from './stream.ts'
import { isTerminalFactory, type TerminalFilterFactory } from './terminal-filter.ts'

/**
 * The filters of a connection manager, ready for streams: one array for each phase with the indexes of the filters that
 * take part in it. Made when configuration arrives, and anew when ECDS replaces a filter.
 */
export class FilterChain {
  /** All filters but the last. */
  readonly factories: readonly HttpFilterFactory[]
  readonly terminal: TerminalFilterFactory
  readonly requestHeaders: readonly number[]
  readonly requestBody: readonly number[]
  /** Filters that see trailers or may hold a body back. */
  readonly requestTrailers: readonly number[]
  readonly responseHeaders: readonly number[]
  readonly responseBody: readonly number[]
  readonly responseTrailers: readonly number[]
  readonly done: readonly number[]
  /** Whether any filter sees bodies or trailers of that direction. */
  readonly watchesRequestBody: boolean
  readonly watchesResponseBody: boolean

  constructor(factories: readonly HttpFilterFactory[], terminal: TerminalFilterFactory) {
    this.factories = factories
    this.terminal = terminal
    const of = (...phases: HttpFilterPhase[]) =>
      factories.flatMap((factory, i) => (phases.some((phase) => factory.phases.has(phase)) ? [i] : []))
    this.requestHeaders = of('onRequestHeaders')
    this.requestBody = of('onRequestBody')
    this.requestTrailers = of('onRequestTrailers', 'onRequestBody')
    this.responseHeaders = of('onResponseHeaders').reverse()
    this.responseBody = of('onResponseBody').reverse()
    this.responseTrailers = of('onResponseTrailers', 'onResponseBody').reverse()
    this.done = of('onDone')
    this.watchesRequestBody = this.requestTrailers.length > 0
    this.watchesResponseBody = this.responseTrailers.length > 0
  }

  /** The filters of one stream, in the order of the chain. */
  create(stream: ActiveStream): readonly HttpFilter[] {
    const { factories } = this
    if (factories.length === 0) return NO_FILTERS
    const filters: HttpFilter[] = []
    for (const factory of factories) filters.push(factory.create(stream))
    return filters
  }
}

const NO_FILTERS: readonly HttpFilter[] = []

/** The chain of a connection manager as its slots are now. */
export class FilterChainSource {
  readonly #slots: readonly Slot<HttpFilterFactory>[]
  #seen: (HttpFilterFactory | undefined)[] = []
  #chain: FilterChain | undefined

  constructor(slots: readonly Slot<HttpFilterFactory>[]) {
    this.#slots = slots
  }

  /** undefined while the configuration of a filter has not arrived, or the last one does not end the chain. */
  get current(): FilterChain | undefined {
    const seen = this.#seen
    const slots = this.#slots
    for (let i = 0; i < slots.length; i++) if (slots[i]!.current !== seen[i]) return this.#build()
    return seen.length === slots.length ? this.#chain : this.#build()
  }

  #build(): FilterChain | undefined {
    this.#seen = this.#slots.map((slot) => slot.current)
    this.#chain = undefined
    const factories = this.#seen.filter((factory) => factory !== undefined)
    const terminal = factories.pop()
    if (factories.length + 1 !== this.#slots.length) return undefined
    if (terminal === undefined || !isTerminalFactory(terminal)) return undefined
    this.#chain = new FilterChain(factories, terminal)
    return this.#chain
  }
}
