import type { CircuitBreakers } from '@batten/xds'
import type { CircuitBreakerConfig } from '../upstream/cluster-config.ts'
import type { MessageReader } from './message-reader.ts'

/** Envoy's limits of a cluster that says nothing. */
const DEFAULTS: CircuitBreakerConfig = Object.freeze({
  maxConnections: 1024,
  maxPendingRequests: 1024,
  maxRequests: 1024,
  maxRetries: 3,
})

/** `CircuitBreakers` -> the limits of the default priority; no route can ask for another one. */
export function compileCircuitBreakers(
  breakers: MessageReader<CircuitBreakers> | undefined,
): CircuitBreakerConfig {
  if (breakers === undefined) return DEFAULTS
  let result = DEFAULTS
  for (const threshold of breakers.each('thresholds', 'Thresholds')) {
    const priority = threshold.take('priority') ?? 'DEFAULT'
    const limits = {
      maxConnections: threshold.number('maxConnections') ?? DEFAULTS.maxConnections,
      maxPendingRequests: threshold.number('maxPendingRequests') ?? DEFAULTS.maxPendingRequests,
      maxRequests: threshold.number('maxRequests') ?? DEFAULTS.maxRequests,
      maxRetries: threshold.number('maxRetries') ?? DEFAULTS.maxRetries,
    }
    threshold.done()
    if (priority === 'DEFAULT') result = Object.freeze(limits)
  }
  breakers.done()
  return result
}
