import { TYPE_URLS } from '@batten/xds'
import type { StatsStore } from '../telemetry/stats.ts'
import type { ResponseOutcome } from '../xds/protocol.ts'

/** Prefixes of Envoy's subscription stats, for types that have one for all resources. */
const PREFIXES: Readonly<Record<string, string>> = {
  [TYPE_URLS.CDS]: 'cluster_manager.cds',
  [TYPE_URLS.LDS]: 'listener_manager.lds',
}

/**
 * Counts what comes from management servers.
 *
 * @see https://www.envoyproxy.io/docs/envoy/latest/configuration/overview/mgmt_server#statistics
 */
export function countXds(stats: StatsStore, clock: { now(): number }) {
  const connected = stats.gauge('control_plane.connected_state')
  for (const prefix of Object.values(PREFIXES))
    for (const name of ['update_attempt', 'update_success', 'update_rejected', 'update_failure'])
      stats.counter(`${prefix}.${name}`)
  return {
    onConnectedChange(isConnected: boolean): void {
      connected.set(isConnected ? 1 : 0)
      if (isConnected) return
      for (const prefix of Object.values(PREFIXES)) stats.counter(`${prefix}.update_failure`).inc()
    },
    onOutcome({ typeUrl, rejected }: ResponseOutcome): void {
      const prefix = PREFIXES[typeUrl]
      if (prefix === undefined) return
      stats.counter(`${prefix}.update_attempt`).inc()
      stats.counter(`${prefix}.${rejected.length === 0 ? 'update_success' : 'update_rejected'}`).inc()
      stats.gauge(`${prefix}.update_time`).set(clock.now())
    },
  }
}
