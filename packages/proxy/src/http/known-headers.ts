/**
 * Header names that the proxy itself reads or writes. Each has a small id, so that a header table answers "is it
 * there?" with one bit and the parser recognises it without making a string.
 *
 * Ids 1..61; 0 means any other name.
 */
export const Header = {
  host: 1,
  connection: 2,
  keepAlive: 3,
  proxyConnection: 4,
  transferEncoding: 5,
  upgrade: 6,
  te: 7,
  trailer: 8,
  contentLength: 9,
  expect: 10,
  contentType: 11,
  date: 12,
  server: 13,
  via: 14,
  userAgent: 15,
  accept: 16,
  acceptEncoding: 17,
  cookie: 18,
  setCookie: 19,
  location: 20,
  requestId: 21,
  forwardedFor: 22,
  forwardedProto: 23,
  forwardedHost: 24,
  forwardedClientCert: 25,
  forwardedPort: 26,
  envoyInternal: 27,
  envoyExternalAddress: 28,
  envoyDownstreamServiceCluster: 29,
  envoyDownstreamServiceNode: 30,
  envoyUpstreamRqTimeoutMs: 31,
  envoyUpstreamRqPerTryTimeoutMs: 32,
  envoyMaxRetries: 33,
  envoyRetryOn: 34,
  envoyRetryGrpcOn: 35,
  envoyExpectedRqTimeoutMs: 36,
  envoyOriginalPath: 37,
  envoyDecoratorOperation: 38,
  envoyUpstreamServiceTime: 39,
  envoyAttemptCount: 40,
  envoyHedgeOnPerTryTimeout: 41,
  envoyUpstreamAltStatName: 42,
  envoyRetriableStatusCodes: 43,
  envoyRetriableHeaderNames: 44,
  envoyForceTrace: 45,
  envoyImmediateHealthCheckFail: 46,
  envoyRateLimited: 47,
  envoyIpTags: 48,
  envoyOriginalHost: 49,
  envoyOverloaded: 50,
  grpcStatus: 51,
  grpcMessage: 52,
  grpcTimeout: 53,
  origin: 54,
  accessControlRequestMethod: 55,
  traceparent: 56,
  authorization: 57,
  envoyUpstreamRqTimeoutAltResponse: 58,
  clientTraceId: 59,
  envoyOriginalUrl: 60,
  ifModifiedSince: 61,
} as const

/** Lower-case names by id. */
export const HEADER_NAMES: readonly string[] = [
  '',
  'host',
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
  'te',
  'trailer',
  'content-length',
  'expect',
  'content-type',
  'date',
  'server',
  'via',
  'user-agent',
  'accept',
  'accept-encoding',
  'cookie',
  'set-cookie',
  'location',
  'x-request-id',
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
  'x-forwarded-client-cert',
  'x-forwarded-port',
  'x-envoy-internal',
  'x-envoy-external-address',
  'x-envoy-downstream-service-cluster',
  'x-envoy-downstream-service-node',
  'x-envoy-upstream-rq-timeout-ms',
  'x-envoy-upstream-rq-per-try-timeout-ms',
  'x-envoy-max-retries',
  'x-envoy-retry-on',
  'x-envoy-retry-grpc-on',
  'x-envoy-expected-rq-timeout-ms',
  'x-envoy-original-path',
  'x-envoy-decorator-operation',
  'x-envoy-upstream-service-time',
  'x-envoy-attempt-count',
  'x-envoy-hedge-on-per-try-timeout',
  'x-envoy-upstream-alt-stat-name',
  'x-envoy-retriable-status-codes',
  'x-envoy-retriable-header-names',
  'x-envoy-force-trace',
  'x-envoy-immediate-health-check-fail',
  'x-envoy-ratelimited',
  'x-envoy-ip-tags',
  'x-envoy-original-host',
  'x-envoy-overloaded',
  'grpc-status',
  'grpc-message',
  'grpc-timeout',
  'origin',
  'access-control-request-method',
  'traceparent',
  'authorization',
  'x-envoy-upstream-rq-timeout-alt-response',
  'x-client-trace-id',
  'x-envoy-original-url',
  'if-modified-since',
]

const idByName = new Map(HEADER_NAMES.map((name, id) => [name, id]))

/** The id of a lower-case name; 0 for a name that is not in the table. */
export function headerId(name: string): number {
  return idByName.get(name) ?? 0
}

/** Bit of an id in the low word (ids 1..30) of a presence mask; 0 for other ids. */
export function lowBit(id: number): number {
  return id > 0 && id < 31 ? 1 << (id - 1) : 0
}

/** Bit of an id in the high word (ids 31..61) of a presence mask; 0 for other ids. */
export function highBit(id: number): number {
  return id >= 31 ? 1 << (id - 31) : 0
}

/** Presence mask of several ids, as two words. */
export function headerMask(...ids: number[]): { readonly low: number; readonly high: number } {
  let low = 0
  let high = 0
  for (const id of ids) {
    low |= lowBit(id)
    high |= highBit(id)
  }
  return { low, high }
}

const SLOTS = 256
/** The id of the name that owns a slot. Built at load, where a collision throws, so that none can hide. */
const slots = new Uint8Array(SLOTS)
const nameBytes: readonly Uint8Array[] = HEADER_NAMES.map((name) => Buffer.from(name, 'latin1'))

/** Hash of the name at `bytes[start, end)`, from its length and three of its bytes; the factors make it perfect. */
function slotOf(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start
  const fourthLast = length < 4 ? start : end - 4
  return (
    (length + bytes[start + (length >> 1)]! * 9 + bytes[fourthLast]! * 5 + bytes[end - 1]! * 13) & (SLOTS - 1)
  )
}

/**
 * The id of the lower-case name at `bytes[start, end)`, which is not empty; 0 when it is none of ours. Every byte is
 * compared: a hash alone would let an attacker make a name that only looks like `content-length`.
 */
export function headerIdOfBytes(bytes: Uint8Array, start: number, end: number): number {
  const id = slots[slotOf(bytes, start, end)]!
  if (id === 0) return 0
  const known = nameBytes[id]!
  const length = end - start
  if (known.length !== length) return 0
  for (let i = 0; i < length; i++) if (known[i] !== bytes[start + i]) return 0
  return id
}

for (let id = 1; id < nameBytes.length; id++) {
  const bytes = nameBytes[id]!
  const slot = slotOf(bytes, 0, bytes.length)
  if (slots[slot] !== 0)
    throw new Error(`header names ${HEADER_NAMES[id]} and ${HEADER_NAMES[slots[slot]!]} share a hash slot`)
  slots[slot] = id
}
