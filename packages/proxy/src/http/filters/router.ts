import { defineHttpFilter, type HttpFilterContext, type HttpFilterPhase } from '../filter.ts'
import type { ActiveStream } from '../stream.ts'
import type { TerminalFilterFactory } from '../terminal-filter.ts'
import { RouterStream } from './router-stream.ts'
import { refuseOtherFields } from './supported-fields.ts'

/** `envoy.extensions.filters.http.router.v3.Router`, as far as it is supported; the rest was refused. */
export interface RouterConfig {
  readonly suppressEnvoyHeaders?: boolean | undefined
  readonly dynamicStats?: { readonly value?: boolean | undefined } | undefined
  readonly startChildSpan?: boolean | undefined
}

const NO_PHASES: ReadonlySet<HttpFilterPhase> = new Set()

/** Makes the terminal filter of each stream. */
export class RouterFactory implements TerminalFilterFactory {
  readonly name: string
  readonly phases = NO_PHASES
  /** No `x-envoy-` headers to clients and hosts. */
  readonly suppressEnvoyHeaders: boolean

  constructor(config: RouterConfig, context: Pick<HttpFilterContext, 'filterName'>) {
    this.name = context.filterName
    this.suppressEnvoyHeaders = config.suppressEnvoyHeaders === true
  }

  /** The router is no filter among others: streams take it by {@link createTerminal}. */
  create(): never {
    throw new TypeError('the router ends the chain')
  }

  createTerminal(stream: ActiveStream): RouterStream {
    return new RouterStream(stream, this)
  }
}

/**
 * Sends requests to the cluster of their route.
 *
 * @see https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/router_filter
 */
export const router = defineHttpFilter<RouterConfig>({
  name: 'envoy.filters.http.router',
  typeUrls: ['type.googleapis.com/envoy.extensions.filters.http.router.v3.Router'],
  terminal: true,
  compile(config, context) {
    // Dynamic stats are always on, and there are no spans to start.
    refuseOtherFields(config, ['suppressEnvoyHeaders', 'dynamicStats', 'startChildSpan'])
    return new RouterFactory(config, context)
  },
})
