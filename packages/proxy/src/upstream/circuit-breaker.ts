import type { Gauge } from '@batten/core'
import type { StatsScope } from '../telemetry/stats.ts'
import type { CircuitBreakerConfig } from './cluster-config.ts'

/** Envoy's limits of a priority that says nothing. */
export const DEFAULT_LIMITS: CircuitBreakerConfig = Object.freeze({
  maxConnections: 1024,
  maxPendingRequests: 1024,
  maxRequests: 1024,
  maxRetries: 3,
})

/** One limit of a circuit breaker with what counts against it. */
export class BreakerResource {
  #limit: number
  #active = 0
  /** 1 while nothing more is let in. */
  readonly #openGauge: Gauge

  constructor(limit: number, openGauge: Gauge) {
    this.#limit = limit
    this.#openGauge = openGauge
    this.setLimit(limit)
  }

  get active(): number {
    return this.#active
  }

  get isOpen(): boolean {
    return this.#active >= this.#limit
  }

  inc(): void {
    if (++this.#active >= this.#limit) this.#openGauge.value = 1
  }

  dec(): void {
    if (--this.#active < this.#limit) this.#openGauge.value = 0
  }

  setLimit(limit: number): void {
    this.#limit = limit
    this.#openGauge.value = this.isOpen ? 1 : 0
  }
}

/**
 * What a cluster may use at most, of all its hosts together.
 *
 * @see https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/circuit_breaking
 */
export class CircuitBreaker {
  readonly connections: BreakerResource
  readonly pending: BreakerResource
  readonly requests: BreakerResource
  readonly retries: BreakerResource

  constructor(config: CircuitBreakerConfig, stats: StatsScope) {
    const gauge = (name: string) => stats.gauge(`circuit_breakers.default.${name}`)
    this.connections = new BreakerResource(config.maxConnections, gauge('cx_open'))
    this.pending = new BreakerResource(config.maxPendingRequests, gauge('rq_pending_open'))
    this.requests = new BreakerResource(config.maxRequests, gauge('rq_open'))
    this.retries = new BreakerResource(config.maxRetries, gauge('rq_retry_open'))
  }

  /** New limits; what is under way goes on. */
  configure(config: CircuitBreakerConfig): void {
    this.connections.setLimit(config.maxConnections)
    this.pending.setLimit(config.maxPendingRequests)
    this.requests.setLimit(config.maxRequests)
    this.retries.setLimit(config.maxRetries)
  }
}
