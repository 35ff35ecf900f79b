import type { Clock, Logger, MetricRegistry } from '@batten/core'
import type { Connection } from '../network/connection.ts'
import type { StatsStore } from '../telemetry/stats.ts'
import type { Cluster } from '../upstream/cluster.ts'
import type { HeaderMap, RequestHeaders, ResponseHeaders } from './header-map.ts'
import type { Route } from './route/route-config.ts'

/**
 * What the connection manager asks of an HTTP filter. Every method is optional: a phase that a filter does not
 * implement costs nothing. Methods are synchronous by default; a promise pauses the stream until it settles.
 *
 * Request phases run in the order of the chain, response phases in reverse, as in Envoy.
 *
 * @see https://www.envoyproxy.io/docs/envoy/latest/intro/life_of_a_request
 */
export interface HttpFilter {
  /** Request headers arrived. `endStream`: there is no body. */
  onRequestHeaders?(
    headers: RequestHeaders,
    endStream: boolean,
    stream: HttpStream,
  ): Verdict | Promise<Verdict>
  /** A piece of the request body. Valid during the call only: copy what you keep. */
  onRequestBody?(
    chunk: Uint8Array,
    endStream: boolean,
    stream: HttpStream,
  ): BodyVerdict | Promise<BodyVerdict>
  onRequestTrailers?(trailers: HeaderMap, stream: HttpStream): Verdict | Promise<Verdict>
  onResponseHeaders?(
    headers: ResponseHeaders,
    endStream: boolean,
    stream: HttpStream,
  ): Verdict | Promise<Verdict>
  onResponseBody?(
    chunk: Uint8Array,
    endStream: boolean,
    stream: HttpStream,
  ): BodyVerdict | Promise<BodyVerdict>
  onResponseTrailers?(trailers: HeaderMap, stream: HttpStream): Verdict | Promise<Verdict>
  /** Both sides are done, or the stream was reset. Release what you hold. Access loggers have run. Never throws. */
  onDone?(stream: HttpStream): void
}

/**
 * `undefined`: go on. `'pause'`: hold this direction until `stream.resumeRequest()` / `resumeResponse()`.
 * A {@link LocalReply}: answer now; the reply runs through the response phases of every filter, as in Envoy.
 * `'reset'`: reset the stream, no reply.
 */
export type Verdict = undefined | 'pause' | 'reset' | LocalReply

/**
 * As {@link Verdict}; also `'buffer'`: the manager keeps the bytes and calls again with everything collected when
 * more arrives (413 for a request, 500 for a response beyond the buffer limit); a `Uint8Array` goes on in place of
 * the chunk (an empty one swallows it).
 */
export type BodyVerdict = Verdict | 'buffer' | Uint8Array

/** An answer made by the proxy. Build it with {@link reply}. */
export interface LocalReply {
  readonly kind: 'local-reply'
  readonly status: number
  readonly body: string | Uint8Array
  readonly headers: readonly (readonly [string, string])[]
  /** Response code details, e.g. `wasm_fail_stream`. */
  readonly details: string
  /** Response flag, e.g. `UAEX`; empty when none applies. */
  readonly flag: string
  /** grpc-status for gRPC requests; undefined maps it from `status` as Envoy does. */
  readonly grpcStatus: number | undefined
  /** Nothing of the route's `response_headers_to_add` is in it. Default: what a forwarding route adds is. */
  readonly leavesOutRouteHeaders?: boolean
}

/** Makes a {@link LocalReply}; the body is `text/plain` unless a content-type is given. */
export function reply(
  status: number,
  body: string | Uint8Array = '',
  options: Partial<
    Pick<LocalReply, 'headers' | 'details' | 'flag' | 'grpcStatus' | 'leavesOutRouteHeaders'>
  > = {},
): LocalReply {
  return {
    kind: 'local-reply',
    status,
    body,
    headers: options.headers ?? [],
    details: options.details ?? 'direct_response',
    flag: options.flag ?? '',
    grpcStatus: options.grpcStatus,
    ...(options.leavesOutRouteHeaders === true ? { leavesOutRouteHeaders: true } : {}),
  }
}

/** The facade of one request and its response. */
export interface HttpStream {
  readonly id: number
  readonly connection: Connection
  readonly requestHeaders: RequestHeaders
  /** Set once the response headers are known. */
  readonly responseHeaders: ResponseHeaders | undefined
  /** The route chosen for this request; undefined before routing and when none matched. */
  readonly route: Route | undefined
  /** The upstream cluster, once the router has chosen it. */
  readonly cluster: Cluster | undefined
  /** `host:port` of the upstream host, once connected. */
  readonly upstreamAddress: string | undefined
  readonly requestBytes: number
  readonly responseBytes: number
  /** Monotonic milliseconds of the first byte of the request. */
  readonly startMs: number
  /** Wall clock of the same moment, milliseconds since the epoch. */
  readonly startTimeMs: number
  /** Envoy response flags so far, e.g. `['UF', 'URX']`. */
  readonly responseFlags: readonly string[]
  readonly responseCodeDetails: string
  /** HTTP version of the downstream request, e.g. `HTTP/1.1`. */
  readonly protocol: string
  /** True after the last byte of the request was received. */
  readonly requestEnded: boolean
  /** Filter state shared by the filters of this stream; keys are `filter.name` style strings. */
  readonly state: Map<string, unknown>
  /** Dynamic metadata by namespace. */
  readonly metadata: Map<string, Record<string, unknown>>
  /** The filter's own config of the matched route (`typed_per_filter_config`), compiled; undefined when none. */
  routeConfig(filterName: string): unknown

  resumeRequest(): void
  resumeResponse(): void
  /** Adds an Envoy response flag, e.g. `DI`; a flag that is there already is not repeated. Absent in test doubles. */
  addResponseFlag?(flag: string): void
  /** Answers now, from any callback or later. A second call, or one after the response started, resets the stream. */
  sendReply(reply: LocalReply): void
  reset(details: string): void
  /** Chooses the route again before the router runs: after a filter changed what routes match on. */
  clearRouteCache(): void
  /** Bytes held by a `'buffer'` verdict for this direction; empty when none. */
  readonly bufferedRequestBody: Uint8Array
  readonly bufferedResponseBody: Uint8Array
  /** Replaces the held bytes. */
  setBufferedRequestBody(body: Uint8Array): void
  setBufferedResponseBody(body: Uint8Array): void
  /** Adds request trailers to a request that has none (only while its end has not been passed on). */
  addRequestTrailer(name: string, value: string): void
  addResponseTrailer(name: string, value: string): void
}

/** What a filter gets when its configuration is compiled, once for each config version. */
export interface HttpFilterContext {
  /** `outbound` or `inbound` of the listener's `traffic_direction`, else `unspecified`. */
  readonly direction: 'inbound' | 'outbound' | 'unspecified'
  /** `stat_prefix` of the connection manager. */
  readonly statPrefix: string
  /** Name that the filter has in the chain. */
  readonly filterName: string
  readonly metrics: MetricRegistry
  /** Envoy's dotted names over {@link metrics}; absent where nobody reads `/stats`. */
  readonly stats?: StatsStore
  readonly log: Logger
  readonly clock: Clock
  /** Uniform in [0, 1). */
  readonly random: () => number
  /** Sends one HTTP request to a cluster, outside of any stream (callouts of Wasm filters, ext_authz). */
  readonly callout: Callout
  /** The node's identity, for properties: bootstrap `node`. */
  readonly node: {
    readonly id: string
    readonly cluster: string
    readonly metadata: Readonly<Record<string, unknown>>
  }
}

/** One asynchronous HTTP request to a cluster. */
export type Callout = (
  request: CalloutRequest,
  done: (response: CalloutResponse | CalloutFailure) => void,
) => CalloutHandle

export interface CalloutRequest {
  readonly cluster: string
  /** Pairs, pseudo-headers included. */
  readonly headers: readonly (readonly [string, string])[]
  readonly body: Uint8Array
  /** 0 means none. */
  readonly timeoutMs: number
}
export interface CalloutResponse {
  readonly status: number
  readonly headers: readonly (readonly [string, string])[]
  readonly body: Uint8Array
}
export interface CalloutFailure {
  readonly failure: 'unknown-cluster' | 'reset' | 'timeout' | 'no-healthy-upstream'
}
export interface CalloutHandle {
  cancel(): void
}

/** Makes the filter of one request. A filter without state may return the same object every time. */
export interface HttpFilterFactory {
  readonly name: string
  /** Called once for each stream. */
  create(stream: HttpStream): HttpFilter
  /**
   * The phases that filters of this factory may implement, so that chains are built once: one array for each phase
   * with only the factories that take part.
   */
  readonly phases: ReadonlySet<HttpFilterPhase>
  /** Called when the config that made it is gone and its last stream has ended. */
  close?(): void
}

export type HttpFilterPhase =
  | 'onRequestHeaders'
  | 'onRequestBody'
  | 'onRequestTrailers'
  | 'onResponseHeaders'
  | 'onResponseBody'
  | 'onResponseTrailers'
  | 'onDone'

/**
 * Declares an HTTP filter: one file under `http/filters/`, one line in `http/filters/index.ts` (or
 * `createProxy({ extensions })` for in-house filters).
 *
 * @typeParam C - the decoded configuration: the protobuf message of `typeUrl` as a plain object (camelCase), or for
 *   a `TypedStruct` its JSON value.
 */
export interface HttpFilterDefinition<C = unknown, R = unknown> {
  /** Canonical name, e.g. `envoy.filters.http.cors`. */
  readonly name: string
  /** Type URLs of the configuration, e.g. `type.googleapis.com/envoy.extensions.filters.http.cors.v3.Cors`. */
  readonly typeUrls: readonly string[]
  /** Ends the chain (the router). */
  readonly terminal?: boolean
  /** Compiles a config. Throws a BattenError whose `where` is a field path; the resource is then NACKed. */
  compile(config: C, context: HttpFilterContext): HttpFilterFactory
  /** Compiles `typed_per_filter_config` of a route; what it returns is `stream.routeConfig(name)`. */
  compileRouteConfig?(config: R): unknown
  /** Type URLs of the route configuration. */
  readonly routeTypeUrls?: readonly string[]
}

/** Identity function that types a definition. */
export function defineHttpFilter<C, R = unknown>(
  definition: HttpFilterDefinition<C, R>,
): HttpFilterDefinition<C, R> {
  return definition
}
