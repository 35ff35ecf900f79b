import type { RequestHeaderTable } from '../header-table.ts'
import { Header, headerMask } from '../known-headers.ts'
import type { RetryPolicy, RouteAction } from './route-config.ts'
import { isGrpc } from './route-match.ts'

const TIMEOUT_HEADERS = headerMask(Header.envoyUpstreamRqTimeoutMs, Header.envoyUpstreamRqPerTryTimeoutMs)

/** Timeouts of one request, milliseconds; 0 means none. */
export interface RequestTimeouts {
  /** For the whole exchange, retries included. */
  readonly globalMs: number
  readonly perTryMs: number
}

/** What of a route says how long its requests may take. */
export type RouteTimeouts = Pick<RouteAction, 'timeoutMs' | 'maxGrpcTimeoutMs' | 'grpcTimeoutOffsetMs'>

/** The timeouts of a route, overridden by the `x-envoy-` headers of the request, which are consumed. */
export function requestTimeouts(
  route: RouteTimeouts,
  policy: RetryPolicy | undefined,
  headers: RequestHeaderTable,
): RequestTimeouts {
  let globalMs = asksForGrpcTimeout(route, headers) ? grpcTimeout(route, headers) : route.timeoutMs
  let perTryMs = policy?.perTryTimeoutMs ?? 0
  if (headers.hasAny(TIMEOUT_HEADERS)) {
    globalMs = takeMs(headers, Header.envoyUpstreamRqTimeoutMs) ?? globalMs
    perTryMs = takeMs(headers, Header.envoyUpstreamRqPerTryTimeoutMs) ?? perTryMs
  }
  if (globalMs !== 0 && perTryMs >= globalMs) perTryMs = 0
  return { globalMs, perTryMs }
}

/**
 * Tells the host how long it has: in `x-envoy-expected-rq-timeout-ms`, and in the `grpc-timeout` that the route bounds.
 *
 * @param elapsedMs - since the request was complete
 */
export function announceTimeout(
  route: RouteTimeouts,
  { globalMs, perTryMs }: RequestTimeouts,
  elapsedMs: number,
  headers: RequestHeaderTable,
  addsEnvoyHeaders: boolean,
): void {
  let expectedMs = perTryMs > 0 ? perTryMs : globalMs
  if (expectedMs === 0) return
  // 0 would mean no timeout.
  if (globalMs > 0) expectedMs = Math.max(1, Math.min(expectedMs, globalMs - Math.trunc(elapsedMs)))
  if (addsEnvoyHeaders) headers.setId(Header.envoyExpectedRqTimeoutMs, String(expectedMs))
  if (asksForGrpcTimeout(route, headers)) headers.setId(Header.grpcTimeout, printGrpcTimeout(expectedMs))
}

/**
 * How long a stream may last by its route, milliseconds; 0 means without end, undefined leaves it to the connection
 * manager. A gRPC host is told.
 */
export function streamDuration(action: RouteAction, headers: RequestHeaderTable): number | undefined {
  const { maxStreamDurationMs, grpcTimeoutHeaderMaxMs: maxMs } = action
  if (maxStreamDurationMs === undefined && maxMs === undefined) return undefined
  const asked = maxMs === undefined ? undefined : parseGrpcTimeout(headers.getId(Header.grpcTimeout))
  let durationMs = maxStreamDurationMs
  if (asked !== undefined) {
    const offsetMs = action.grpcTimeoutHeaderOffsetMs ?? 0
    // What is left after the offset may be nothing: then the stream is over at once.
    durationMs = Math.max(1, (maxMs === 0 ? asked : Math.min(asked, maxMs!)) - offsetMs)
  }
  if (durationMs !== undefined && durationMs > 0 && headers.hasId(Header.contentType) && isGrpc(headers))
    headers.setId(Header.grpcTimeout, printGrpcTimeout(durationMs))
  return durationMs
}

function asksForGrpcTimeout(route: RouteTimeouts, headers: RequestHeaderTable): boolean {
  return route.maxGrpcTimeoutMs !== undefined && headers.hasId(Header.contentType) && isGrpc(headers)
}

/** What `grpc-timeout` says, within the bound of the route: 0 is no bound, and no header is no timeout. */
function grpcTimeout(route: RouteTimeouts, headers: RequestHeaderTable): number {
  const maxMs = route.maxGrpcTimeoutMs!
  const offsetMs = route.grpcTimeoutOffsetMs ?? 0
  let ms = parseGrpcTimeout(headers.getId(Header.grpcTimeout)) ?? 0
  // An offset that would leave nothing is left out.
  if (ms > offsetMs) ms -= offsetMs
  return maxMs !== 0 && (ms === 0 || ms > maxMs) ? maxMs : ms
}

const UNIT_MS: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1000,
  m: 1,
  u: 0.001,
  n: 0.000_001,
}

/** @see https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#requests */
function parseGrpcTimeout(text: string | undefined): number | undefined {
  const [, digits, unit] = /^(\d{1,8})([HMSmun])$/.exec(text ?? '') ?? []
  return digits === undefined ? undefined : Math.ceil(Number(digits) * UNIT_MS[unit!]!)
}

/** Milliseconds where eight digits are enough for them, else the next larger unit. */
function printGrpcTimeout(ms: number): string {
  let value = ms
  let unit = 'm'
  for (const [next, factor] of [
    ['S', 1000],
    ['M', 60],
    ['H', 60],
  ] as const) {
    if (value <= 99_999_999) break
    value = Math.trunc(value / factor)
    unit = next
  }
  return `${Math.min(value, 99_999_999)}${unit}`
}

function takeMs(headers: RequestHeaderTable, id: number): number | undefined {
  const text = headers.getId(id)
  if (text === undefined) return undefined
  headers.removeId(id)
  return /^\d{1,10}$/.test(text) ? Number(text) : undefined
}
