import type { Clock, RootLogger } from '@batten/core'
import type { Node } from '@batten/xds'
import type { BootstrapConfig } from '../bootstrap/compile-bootstrap.ts'
import type { ListenAddress } from '../listener/listener-config.ts'
import type { StatsStore } from '../telemetry/stats.ts'
import type { SecretStore } from '../tls/tls-config.ts'
import type { UpstreamCluster } from '../upstream/cluster.ts'
import type { DynamicConfig } from '../xds/dynamic-config.ts'

/** State of the server as `/ready` and `/server_info` print it. */
export type ServerState = 'LIVE' | 'DRAINING' | 'PRE_INITIALIZING' | 'INITIALIZING'

/** What the admin pages see of a proxy and can do to it. */
export interface AdminContext {
  readonly bootstrap: BootstrapConfig
  /** The node as it is sent to management servers. */
  readonly node: Node
  readonly startedMs: number
  readonly clock: Clock
  readonly stats: StatsStore
  readonly config: DynamicConfig
  readonly secrets: SecretStore
  /** undefined: the proxy was given a logger whose levels it cannot change. */
  readonly logs: RootLogger | undefined
  readonly options: Readonly<Record<string, unknown>>
  /** Brings the gauges of the process up to date. */
  refreshStats(): void
  state(): ServerState
  /** What keeps the proxy from being ready, in words; empty when nothing does. */
  waitingFor(): readonly string[]
  clusters(): Iterable<UpstreamCluster>
  listeners(): Iterable<{ readonly name: string; readonly addresses: readonly ListenAddress[] }>
  /** Stops accepting, at once or after a graceful drain. */
  drainListeners(options: { readonly graceful: boolean; readonly inboundOnly: boolean }): void
  setHealthy(healthy: boolean): void
  /** Opens access logs by their names again. */
  reopenLogs(): void
  /** Ends the proxy at once. */
  quit(): void
}

export interface AdminRequest {
  readonly query: URLSearchParams
}

export interface AdminResponse {
  /** Default: 200. */
  readonly status?: number
  /** Default: text/plain. */
  readonly contentType?: string
  readonly body: string
}

/** One admin page: one file in `handlers/`, one line in `handlers/index.ts`. */
export interface AdminHandler {
  readonly path: string
  /** Pages that change something take POST only. */
  readonly method: 'GET' | 'POST'
  readonly help: string
  /** Query parameters and what they do. */
  readonly parameters?: Readonly<Record<string, string>>
  handle(request: AdminRequest, context: AdminContext): AdminResponse
}

export const TEXT = 'text/plain; charset=UTF-8'
export const JSON_TYPE = 'application/json'

/** JSON as Envoy prints it: one blank a level. */
export function jsonResponse(value: unknown): AdminResponse {
  return { contentType: JSON_TYPE, body: `${JSON.stringify(value, null, 1)}\n` }
}

export const OK: AdminResponse = Object.freeze({ body: 'OK\n' })
