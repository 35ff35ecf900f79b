import type { CircuitBreaker } from '../../upstream/circuit-breaker.ts'
import type { ClusterStats } from '../../upstream/cluster-stats.ts'
import type { UpstreamReset } from '../codec/stream-codec.ts'
import type { RequestHeaderTable, ResponseHeaderTable } from '../header-table.ts'
import { Header, headerMask } from '../known-headers.ts'
import { matchesHeader } from './header-match.ts'
import type { HeaderMatch, RetryCondition, RetryPolicy } from './route-config.ts'

/** What to do after a try failed. `limit`: it would be tried again, but too often already. `overflow`: too many at once. */
export type RetryDecision = 'no' | 'retry' | 'limit' | 'overflow'

/** Request headers about retries, which go no further; those of clients that are not internal are gone before. */
const RETRY_IDS = [
  Header.envoyRetryOn,
  Header.envoyRetryGrpcOn,
  Header.envoyMaxRetries,
  Header.envoyRetriableStatusCodes,
  Header.envoyRetriableHeaderNames,
  Header.envoyHedgeOnPerTryTimeout,
  Header.envoyUpstreamRqPerTryTimeoutMs,
] as const
const RETRY_HEADERS = headerMask(...RETRY_IDS)

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
])

const GRPC_CONDITIONS: ReadonlyMap<string, RetryCondition> = new Map([
  ['1', 'cancelled'],
  ['4', 'deadline-exceeded'],
  ['8', 'resource-exhausted'],
  ['13', 'internal'],
  ['14', 'unavailable'],
])
const GRPC_NAMES: ReadonlySet<string> = new Set(GRPC_CONDITIONS.values())

const NO_RETRIES: RetryPolicy = {
  retryOn: new Set(),
  numRetries: 1,
  perTryTimeoutMs: 0,
  retriableStatusCodes: new Set(),
  backOffBaseMs: 25,
  backOffMaxMs: 250,
  avoidPreviousHosts: false,
  hostSelectionMaxAttempts: 1,
}

/** The policy of a request: that of its route, widened and overridden by the `x-envoy-` headers, which are consumed. */
export function retryPolicyOf(
  policy: RetryPolicy | undefined,
  headers: RequestHeaderTable,
): RetryPolicy | undefined {
  const only = policy?.retriableRequestHeaders
  if (only !== undefined && !only.some((match) => matchesHeader(match, headers))) {
    for (const id of RETRY_IDS) headers.removeId(id)
    return undefined
  }
  if (!headers.hasAny(RETRY_HEADERS)) return policy
  const base = policy ?? NO_RETRIES
  const retryOn = new Set(base.retryOn)
  for (const name of list(headers.getId(Header.envoyRetryOn)))
    if (CONDITIONS.has(name)) retryOn.add(name as RetryCondition)
  for (const name of list(headers.getId(Header.envoyRetryGrpcOn)))
    if (GRPC_NAMES.has(name)) retryOn.add(name as RetryCondition)
  const codes = new Set(base.retriableStatusCodes)
  for (const code of list(headers.getId(Header.envoyRetriableStatusCodes)))
    if (/^\d{3}$/.test(code)) codes.add(Number(code))
  const names = list(headers.getId(Header.envoyRetriableHeaderNames))
  const max = headers.getId(Header.envoyMaxRetries)
  for (const id of RETRY_IDS) headers.removeId(id)
  if (retryOn.size === 0) return undefined
  const retriableHeaders =
    names.length === 0 ? base.retriableHeaders : [...(base.retriableHeaders ?? []), ...names.map(isPresent)]
  const numRetries = max !== undefined && /^\d{1,6}$/.test(max) ? Number(max) : base.numRetries
  return { ...base, retryOn, numRetries, retriableStatusCodes: codes, retriableHeaders }
}

function isPresent(name: string): HeaderMatch {
  return { name: name.toLowerCase(), value: undefined, invert: false, treatMissingAsEmpty: false }
}

function list(value: string | undefined): string[] {
  return value === undefined ? [] : value.split(',').map((item) => item.trim())
}

/** Whether a response is one that its policy wants another try for; cheap for the common good response. */
export function isRetriableResponse(policy: RetryPolicy, headers: ResponseHeaderTable): boolean {
  const { retryOn } = policy
  const { status } = headers
  if (headers.hasId(Header.envoyRateLimited)) return retryOn.has('envoy-ratelimited')
  if (status >= 500) {
    if (retryOn.has('5xx')) return true
    if (status >= 502 && status <= 504 && retryOn.has('gateway-error')) return true
  } else if (status === 409 && retryOn.has('retriable-4xx')) return true
  if (policy.retriableStatusCodes.has(status) && retryOn.has('retriable-status-codes')) return true
  if (policy.retriableHeaders !== undefined && retryOn.has('retriable-headers'))
    for (const match of policy.retriableHeaders) if (matchesHeader(match, headers)) return true
  const grpcStatus = headers.getId(Header.grpcStatus)
  if (grpcStatus === undefined) return false
  const condition = GRPC_CONDITIONS.get(grpcStatus)
  return condition !== undefined && retryOn.has(condition)
}

/**
 * Whether a try that ended without a response deserves another.
 *
 * @param requestSent - whether a byte of the request may have reached the host
 */
export function isRetriableReset(policy: RetryPolicy, reason: UpstreamReset, requestSent: boolean): boolean {
  const { retryOn } = policy
  if (reason === 'overflow') return false
  if (retryOn.has('reset') || retryOn.has('5xx') || retryOn.has('gateway-error')) return true
  if (retryOn.has('reset-before-request') && !requestSent) return true
  const isConnectFailure =
    reason === 'remote_connection_failure' ||
    reason === 'local_connection_failure' ||
    reason === 'connection_timeout'
  return isConnectFailure && retryOn.has('connect-failure')
}

/**
 * Counts the tries of one request; made when the first one failed.
 *
 * @see https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/router_filter#x-envoy-retry-on
 */
export class RetryState {
  readonly policy: RetryPolicy
  #remaining: number
  #retries = 0
  /** Whether a retry is counted against the circuit breaker now. */
  #isCounted = false
  readonly #stats: ClusterStats
  readonly #breaker: CircuitBreaker

  constructor(policy: RetryPolicy, stats: ClusterStats, breaker: CircuitBreaker) {
    this.policy = policy
    this.#remaining = policy.numRetries
    this.#stats = stats
    this.#breaker = breaker
  }

  /** Retries made so far. */
  get retries(): number {
    return this.#retries
  }

  /** Decides about a failed try that {@link isRetriableResponse} or {@link isRetriableReset} would retry. */
  next(): RetryDecision {
    this.release()
    if (this.#remaining === 0) {
      this.#stats.rqRetryLimitExceeded.inc()
      return 'limit'
    }
    this.#remaining--
    if (this.#breaker.retries.isOpen) {
      this.#stats.rqRetryOverflow.inc()
      return 'overflow'
    }
    this.#breaker.retries.inc()
    this.#isCounted = true
    this.#retries++
    this.#stats.rqRetry.inc()
    this.#stats.rqRetryBackoffExponential.inc()
    return 'retry'
  }

  /** How long to wait before the retry that {@link next} allowed: jittered, its range doubling. */
  backOffMs(random: () => number): number {
    const { backOffBaseMs, backOffMaxMs } = this.policy
    return random() * Math.min(backOffBaseMs * 2 ** (this.#retries - 1), backOffMaxMs)
  }

  /** A retry brought what is passed on; as in Envoy, a failure that the policy does not name counts, too. */
  succeeded(): void {
    if (this.#retries > 0) this.#stats.rqRetrySuccess.inc()
    this.release()
  }

  /** The retry under way is over. */
  release(): void {
    if (!this.#isCounted) return
    this.#isCounted = false
    this.#breaker.retries.dec()
  }
}
