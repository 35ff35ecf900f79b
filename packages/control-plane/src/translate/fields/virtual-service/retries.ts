import type { HTTPRetry } from '@batten/api'
import { packAny, RETRY_HOST_PREDICATES, type RouteRetryPolicy } from '@batten/xds'
import { toDuration } from '../../duration.ts'

/** What retries depend on besides the field. */
export interface RetryContext {
  /** Attempts of routes that say nothing; 0 turns retries off. */
  readonly defaultAttempts: number
  /** Whether the proxy can prefer other localities. Default true. */
  readonly canPrioritize?: boolean
}

/** What is retried unless `retryOn` says otherwise. */
const DEFAULT_RETRY_ON = 'connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes'
const RETRIABLE_STATUS_CODES = 'retriable-status-codes'
const HOST_SELECTION_ATTEMPTS = 5

const PREVIOUS_HOSTS = {
  name: RETRY_HOST_PREDICATES.previousHosts,
  typedConfig: packAny('envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate', {}),
}

/**
 * `retries` -> `RetryPolicy`. Unset means the mesh's default of two attempts; `attempts: 0` turns retries off.
 * A status code in `retryOn` moves to the list of codes.
 *
 * @translates VirtualService spec.http[].retries.attempts -> RetryPolicy.num_retries
 * @translates VirtualService spec.http[].retries.perTryTimeout -> RetryPolicy.per_try_timeout
 * @translates VirtualService spec.http[].retries.retryOn -> RetryPolicy.retry_on, retriable_status_codes
 * @translates VirtualService spec.http[].retries.retryIgnorePreviousHosts -> RetryPolicy.retry_host_predicate
 * @translates VirtualService spec.http[].retries.retryRemoteLocalities -> RetryPolicy.retry_priority
 * @translates VirtualService spec.http[].retries.backoff -> RetryPolicy.retry_back_off.base_interval
 * @see https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPRetry
 */
export function retriesToRetryPolicy(
  retries: HTTPRetry | undefined,
  context: RetryContext,
): RouteRetryPolicy | undefined {
  const attempts = retries?.attempts ?? context.defaultAttempts
  if (attempts <= 0) return undefined
  const policy: RouteRetryPolicy = { ...retryOn(retries?.retryOn), numRetries: { value: attempts } }
  if (retries?.retryIgnorePreviousHosts !== false) {
    policy.retryHostPredicate = [PREVIOUS_HOSTS]
    policy.hostSelectionRetryMaxAttempts = HOST_SELECTION_ATTEMPTS
  }
  const perTryTimeout = toDuration(retries?.perTryTimeout)
  if (perTryTimeout !== undefined) policy.perTryTimeout = perTryTimeout
  const backoff = toDuration(retries?.backoff)
  if (backoff !== undefined) policy.retryBackOff = { baseInterval: backoff }
  if (retries?.retryRemoteLocalities === true && context.canPrioritize !== false)
    policy.retryPriority = {
      name: 'envoy.retry_priorities.previous_priorities',
      typedConfig: packAny(
        'envoy.extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig',
        {
          updateFrequency: 2,
        },
      ),
    }
  return policy
}

function retryOn(
  text: string | undefined,
): Partial<Pick<RouteRetryPolicy, 'retryOn' | 'retriableStatusCodes'>> {
  if (text === undefined || text.trim() === '') return { retryOn: DEFAULT_RETRY_ON }
  const words: string[] = []
  const codes: number[] = []
  for (const part of text.split(',')) {
    const word = part.trim()
    if (/^\d{3}$/.test(word)) codes.push(Number(word))
    else if (word !== '') words.push(word)
  }
  if (codes.length === 0) return { retryOn: words.join(',') }
  if (!words.includes(RETRIABLE_STATUS_CODES)) words.push(RETRIABLE_STATUS_CODES)
  return { retryOn: words.join(','), retriableStatusCodes: codes }
}
