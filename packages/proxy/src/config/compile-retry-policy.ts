import type { RouteRetryPolicy } from '@batten/xds'
import type { HeaderMatch, RetryCondition, RetryPolicy } from '../http/route/route-config.ts'
import { compileHeaderMatch } from './compile-route-match.ts'
import type { MessageReader } from './message-reader.ts'
import { unpackExtension } from './unpack.ts'

const CONDITIONS: ReadonlySet<string> = new Set<RetryCondition>([
  '5xx',
  'gateway-error',
  'reset',
  'reset-before-request',
  'connect-failure',
  'envoy-ratelimited',
  'retriable-4xx',
  'refused-stream',
  'retriable-status-codes',
  'retriable-headers',
  'cancelled',
  'deadline-exceeded',
  'internal',
  'resource-exhausted',
  'unavailable',
])

/** Conditions that are never met here because of what they are about, with the reason. */
const NEVER_MET: Readonly<Record<string, string>> = {
  'http3-post-connect-failure': 'HTTP/3 is not spoken upstream',
}

/**
 * `RetryPolicy` -> {@link RetryPolicy}.
 *
 * Differs from Envoy: unknown words in `retry_on` are refused, where it drops them.
 */
export function compileRetryPolicy(policy: MessageReader<RouteRetryPolicy>): RetryPolicy {
  const retryOn = new Set<RetryCondition>()
  for (const word of policy.text('retryOn').split(',')) {
    const condition = word.trim()
    if (condition === '' || condition in NEVER_MET) continue
    if (!CONDITIONS.has(condition))
      throw policy.path('retryOn').unsupported(`${JSON.stringify(condition)} is not supported yet`)
    retryOn.add(condition as RetryCondition)
  }
  const backOff = policy.nested('retryBackOff', 'RetryBackOff')
  const interval = (key: 'baseInterval' | 'maxInterval') => backOff?.durationMs(key)
  const [base, max] = [interval('baseInterval'), interval('maxInterval')]
  const at = policy.path('retryBackOff')
  if (backOff !== undefined && base === undefined) throw at.field('baseInterval').invalid('is required')
  if (base === 0) throw at.field('baseInterval').invalid('must be greater than 0')
  if (max === 0) throw at.field('maxInterval').invalid('must be greater than 0')
  // As Envoy: less than a millisecond is a millisecond.
  const backOffBaseMs = Math.max(1, base ?? 25)
  const backOffMaxMs = Math.max(1, max ?? backOffBaseMs * 10)
  backOff?.done()
  if (backOffMaxMs < backOffBaseMs) throw at.field('maxInterval').invalid('is below base_interval')
  const result: RetryPolicy = {
    retryOn,
    numRetries: policy.number('numRetries') ?? 1,
    perTryTimeoutMs: policy.durationMs('perTryTimeout') ?? 0,
    retriableStatusCodes: new Set(policy.list('retriableStatusCodes')),
    retriableHeaders: compileHeaders(policy, 'retriableHeaders'),
    retriableRequestHeaders: compileHeaders(policy, 'retriableRequestHeaders'),
    backOffBaseMs,
    backOffMaxMs,
    avoidPreviousHosts: compileHostPredicates(policy),
    hostSelectionMaxAttempts: policy.number('hostSelectionRetryMaxAttempts') ?? 1,
  }
  policy.done()
  return Object.freeze(result)
}

function compileHeaders(
  policy: MessageReader<RouteRetryPolicy>,
  key: 'retriableHeaders' | 'retriableRequestHeaders',
): readonly HeaderMatch[] | undefined {
  const matches = policy.each(key, 'HeaderMatcher').map(compileHeaderMatch)
  return matches.length === 0 ? undefined : Object.freeze(matches)
}

function compileHostPredicates(policy: MessageReader<RouteRetryPolicy>): boolean {
  let avoidPreviousHosts = false
  for (const predicate of policy.each('retryHostPredicate', 'RetryHostPredicate')) {
    const name = predicate.text('name')
    const typedConfig = predicate.take('typedConfig')
    predicate.done()
    if (typedConfig === undefined) throw predicate.path('typedConfig').invalid(`is required for ${name}`)
    const found = unpackExtension(typedConfig, predicate.path('typedConfig')).name
    if (found !== 'envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate')
      throw predicate.at.unsupported(`${found} is not supported yet`)
    avoidPreviousHosts = true
  }
  return avoidPreviousHosts
}
