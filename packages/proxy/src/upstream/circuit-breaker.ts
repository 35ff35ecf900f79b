import type { CircuitBreakerConfig } from './cluster-config.ts'

/** Limits of a cluster for one priority. Taking and giving back are a comparison and an addition. */
export class CircuitBreaker {
  limits: CircuitBreakerConfig
  connections = 0
  pending = 0
  requests = 0
  retries = 0

  constructor(limits: CircuitBreakerConfig) {
    this.limits = limits
  }

  get canConnect(): boolean {
    return this.connections < this.limits.maxConnections
  }

  get canQueue(): boolean {
    return this.pending < this.limits.maxPendingRequests
  }

  get canRequest(): boolean {
    return this.requests < this.limits.maxRequests
  }

  get canRetry(): boolean {
    return this.retries < this.limits.maxRetries
  }
}
