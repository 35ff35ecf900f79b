import type { RequestHeaderTable } from '../header-table.ts'
import { Header, headerMask } from '../known-headers.ts'
import type { RetryPolicy } from './route-config.ts'

const TIMEOUT_HEADERS = headerMask(Header.envoyUpstreamRqTimeoutMs, Header.envoyUpstreamRqPerTryTimeoutMs)

/** Timeouts of one request, milliseconds; 0 means none. */
export interface RequestTimeouts {
  /** For the whole exchange, retries included. */
  readonly globalMs: number
  readonly perTryMs: number
}

/** The timeouts of a route, overridden by the `x-envoy-` headers of the request, which are consumed. */
export function requestTimeouts(
  routeTimeoutMs: number,
  policy: RetryPolicy | undefined,
  headers: RequestHeaderTable,
): RequestTimeouts {
  let globalMs = routeTimeoutMs
  let perTryMs = policy?.perTryTimeoutMs ?? 0
  if (headers.hasAny(TIMEOUT_HEADERS)) {
    globalMs = takeMs(headers, Header.envoyUpstreamRqTimeoutMs) ?? globalMs
    perTryMs = takeMs(headers, Header.envoyUpstreamRqPerTryTimeoutMs) ?? perTryMs
  }
  if (globalMs !== 0 && perTryMs >= globalMs) perTryMs = 0
  return { globalMs, perTryMs }
}

function takeMs(headers: RequestHeaderTable, id: number): number | undefined {
  const text = headers.getId(id)
  if (text === undefined) return undefined
  headers.removeId(id)
  return /^\d{1,10}$/.test(text) ? Number(text) : undefined
}
