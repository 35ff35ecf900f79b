import { X509Certificate } from 'node:crypto'
import type { Clock } from '@batten/core'
import type { ServerState } from '../admin/handler.ts'
import type { StatsStore } from '../telemetry/stats.ts'
import type { SecretStore } from '../tls/tls-config.ts'

/** Values of Envoy's `server.state`. */
const STATES: Readonly<Record<ServerState, number>> = {
  LIVE: 0,
  DRAINING: 1,
  PRE_INITIALIZING: 2,
  INITIALIZING: 3,
}

const DAY_MS = 86_400_000

/** What the stats of the server are made of. */
export interface ServerStatsSource {
  readonly clock: Clock
  readonly startedMs: number
  readonly secrets: SecretStore
  state(): ServerState
  connections(): number
}

/**
 * The gauges of the process, brought up to date when somebody looks at them.
 *
 * @see https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/statistics
 */
export function updateServerStats(stats: StatsStore, source: ServerStatsSource): void {
  const { clock, startedMs, secrets } = source
  const state = source.state()
  const { rss, heapUsed, heapTotal, external } = process.memoryUsage()
  const gauge = (name: string, value: number) => stats.gauge(`server.${name}`).set(value)
  gauge('live', state === 'LIVE' ? 1 : 0)
  gauge('state', STATES[state])
  // Istio's agent takes the proxy for ready when it sees this and `server.state`.
  stats.gauge('listener_manager.workers_started').set(state === 'LIVE' || state === 'DRAINING' ? 1 : 0)
  gauge('concurrency', 1)
  gauge('uptime', Math.floor((clock.now() - startedMs) / 1000))
  gauge('memory_allocated', heapUsed + external)
  gauge('memory_heap_size', heapTotal + external)
  gauge('memory_physical_size', rss)
  gauge('total_connections', source.connections())
  gauge('days_until_first_cert_expiring', daysUntilExpiry(secrets, clock.now()))
}

/** Of all certificates that are presented; Envoy shows 2^32 - 1 when there is none. */
function daysUntilExpiry(secrets: SecretStore, nowMs: number): number {
  let first = 4_294_967_295
  for (const name of secrets.names()) {
    const secret = secrets.get(name)
    if (secret?.kind !== 'certificate') continue
    const expiresMs = new X509Certificate(secret.certificateChain).validToDate.getTime()
    first = Math.min(first, Math.max(0, Math.floor((expiresMs - nowMs) / DAY_MS)))
  }
  return first
}
