import type { Clock, Logger } from '@batten/core'
import type { StatsStore } from '../telemetry/stats.ts'
import type { ClusterManager } from '../upstream/cluster-manager.ts'
import type { TimerWheel } from './timer-wheel.ts'

/** What the HTTP part of a proxy shares: one a process (a worker), made at start. */
export interface HttpContext {
  readonly clusters: ClusterManager
  readonly stats: StatsStore
  readonly clock: Clock
  readonly wheel: TimerWheel
  readonly log: Logger
  /** Uniform in [0, 1). */
  readonly random: () => number
  /** Bytes of a body that a filter, or a retry, may hold; Envoy's default is 1 MiB. */
  readonly bufferLimitBytes: number
}

/** {@link HttpContext.bufferLimitBytes} where nothing else is said. */
export const DEFAULT_BODY_BUFFER_BYTES = 1024 * 1024
