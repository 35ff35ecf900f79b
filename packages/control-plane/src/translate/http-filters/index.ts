import type { HttpFilter } from '@batten/xds'
import type { NodeCapabilities } from '../../model/node.ts'
import type { MeshWasmPlugin } from '../../model/wasm-plugin.ts'
import type { PluginTraffic } from '../fields/wasm-plugin/match.ts'
import { cors } from './cors.ts'
import { fault } from './fault.ts'
import { router } from './router.ts'
import { hasHttpFilter } from './support.ts'
import { wasm } from './wasm.ts'

/** What the filters of one connection manager depend on. */
export interface HttpFilterContext {
  readonly capabilities: NodeCapabilities
  readonly traffic: PluginTraffic
  readonly direction: 'inbound' | 'outbound' | 'gateway'
  /** Plugins of the workload that can be in a chain now, in chain order. */
  readonly plugins: readonly MeshWasmPlugin[]
}

/** A filter, or several of one sort, at one place in the chain. */
export interface HttpFilterSource {
  /** Name of the extension that the node must have. */
  readonly name: string
  build(context: HttpFilterContext): readonly HttpFilter[]
}

/** THE order of HTTP filters. */
const CHAIN: readonly HttpFilterSource[] = [
  // Authentication first: everything after it may rely on who calls.
  wasm('AUTHN'),
  // Authorisation knows who calls, and spares what follows the requests it refuses.
  wasm('AUTHZ'),
  // Statistics count what was let in.
  wasm('STATS'),
  // Plugins without a phase see requests as the application would.
  wasm('UNSPECIFIED'),
  // Faults come late, so that an aborted request was authorised and counted like any other.
  fault,
  // Answers preflights; after faults, which may hit them too.
  cors,
  // Sends the request on: always last.
  router,
]

/** The HTTP filters of one connection manager, as far as the node has them. */
export function httpFilters(context: HttpFilterContext): HttpFilter[] {
  return CHAIN.flatMap((source) =>
    hasHttpFilter(context.capabilities, source.name) ? source.build(context) : [],
  )
}
