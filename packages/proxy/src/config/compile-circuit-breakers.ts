import type { CircuitBreakers } from '@batten/xds'
import { DEFAULT_LIMITS } from '../upstream/circuit-breaker.ts'
import type { CircuitBreakerConfig, ClusterConfig } from '../upstream/cluster-config.ts'
import type { MessageReader } from './message-reader.ts'

/** `CircuitBreakers` -> the limits of each priority. As in Envoy the first entry of a priority counts. */
export function compileCircuitBreakers(
  breakers: MessageReader<CircuitBreakers> | undefined,
): Pick<ClusterConfig, 'circuitBreaker' | 'highCircuitBreaker'> {
  if (breakers === undefined) return { circuitBreaker: DEFAULT_LIMITS }
  let circuitBreaker: CircuitBreakerConfig | undefined
  let highCircuitBreaker: CircuitBreakerConfig | undefined
  for (const threshold of breakers.each('thresholds', 'Thresholds')) {
    const priority = threshold.take('priority') ?? 'DEFAULT'
    const limits = {
      maxConnections: threshold.number('maxConnections') ?? DEFAULT_LIMITS.maxConnections,
      maxPendingRequests: threshold.number('maxPendingRequests') ?? DEFAULT_LIMITS.maxPendingRequests,
      maxRequests: threshold.number('maxRequests') ?? DEFAULT_LIMITS.maxRequests,
      maxRetries: threshold.number('maxRetries') ?? DEFAULT_LIMITS.maxRetries,
    }
    threshold.done()
    if (priority === 'DEFAULT') circuitBreaker ??= Object.freeze(limits)
    else highCircuitBreaker ??= Object.freeze(limits)
  }
  breakers.done()
  return {
    circuitBreaker: circuitBreaker ?? DEFAULT_LIMITS,
    ...(highCircuitBreaker === undefined ? {} : { highCircuitBreaker }),
  }
}
