import type { Connection } from '../network/connection.ts'
import type { Transport } from '../network/transport.ts'
import type { ResponseFlag } from '../response-flags.ts'
import type { LoggedStream, StreamTiming } from '../telemetry/access-log/logged-stream.ts'
import type { UpstreamCluster } from '../upstream/cluster.ts'
import type { RequestSink, ResponseEncoder } from './codec/stream-codec.ts'
import type { HttpFilter, LocalReply } from './filter.ts'
import { reply } from './filter.ts'
import type { FilterChain } from './filter-chain.ts'
import type { FilterRun, RunOwner } from './filter-run.ts'
import { RequestRun, ResponseRun } from './filter-runs.ts'
import { applyResponseMutations } from './filters/route-reply.ts'
import { HeaderTable, RequestHeaderTable, type ResponseHeaderTable } from './header-table.ts'
import { buildReply } from './local-reply.ts'
import type { ManagedConnection } from './managed-connection.ts'
import type { Route, WeightedCluster } from './route/route-config.ts'
import { findRoute, isGrpc } from './route/route-match.ts'
import { chooseCluster } from './route/weighted.ts'
import type { TerminalFilter } from './terminal-filter.ts'

const NO_FILTERS: readonly HttpFilter[] = []
const NOTHING: Uint8Array = new Uint8Array(0)

let lastId = 0

/**
 * One request and its response inside of the connection manager: gets the request from the codec, takes it through the
 * filters to the terminal one, and the response back. Made anew for each request, so that a filter which holds on to a
 * stream for too long can never see another request's data.
 */
export class ActiveStream implements LoggedStream, RequestSink, RunOwner, StreamTiming {
  readonly id: number = ++lastId
  readonly owner: ManagedConnection
  readonly startMs: number
  readonly encoder: ResponseEncoder
  requestHeaders: RequestHeaderTable = EMPTY_REQUEST
  responseHeaders: ResponseHeaderTable | undefined = undefined
  responseTrailers: HeaderTable | undefined = undefined
  filters: readonly HttpFilter[] = NO_FILTERS
  terminal: TerminalFilter | undefined = undefined
  route: Route | undefined = undefined
  /** The entry of a weighted route that was chosen. */
  weightedCluster: WeightedCluster | undefined = undefined
  clusterName = ''
  cluster: UpstreamCluster | undefined = undefined
  upstreamAddress: string | undefined = undefined
  /** The upstream connection of the last try. */
  upstreamTransport: Transport | undefined = undefined
  upstreamTransportFailureReason = ''
  upstreamAttemptCount = 0
  downstreamRemoteAddress: string
  requestBytes = 0
  responseBytes = 0
  requestEnded = false
  responseCodeDetails = ''
  // StreamTiming
  requestEndMs: number | undefined = undefined
  upstreamTxStartMs: number | undefined = undefined
  upstreamTxEndMs: number | undefined = undefined
  upstreamRxStartMs: number | undefined = undefined
  upstreamRxEndMs: number | undefined = undefined
  downstreamTxStartMs: number | undefined = undefined
  endMs: number | undefined = undefined
  #chain: FilterChain | undefined = undefined
  #requestRun: RequestRun | undefined = undefined
  #responseRun: ResponseRun | undefined = undefined
  #flags: ResponseFlag[] | undefined = undefined
  #state: Map<string, unknown> | undefined = undefined
  #metadata: Map<string, Record<string, unknown>> | undefined = undefined
  /** No more of the request goes through the filters. */
  #isRequestOver = false
  #isResponseStarted = false
  #isResponseEnded = false
  #isOver = false
  #isRouteStale = false
  #isHeldByResponse = false
  #startTimeMs = 0
  /** The time, while the end of the upstream response is being passed on: asking the clock costs as much as a header. */
  #endsAtMs: number | undefined = undefined

  constructor(owner: ManagedConnection, encoder: ResponseEncoder, startMs: number) {
    this.owner = owner
    this.encoder = encoder
    this.startMs = startMs
    this.downstreamRemoteAddress = owner.connection.remoteAddress
  }

  // ---- facade ----

  get connection(): Connection {
    return this.owner.connection
  }

  get timing(): StreamTiming {
    return this
  }

  get nowMs(): number {
    return this.owner.context.clock.monotonicMs()
  }

  get startTimeMs(): number {
    if (this.#startTimeMs === 0) {
      const { clock } = this.owner.context
      this.#startTimeMs = clock.now() - (clock.monotonicMs() - this.startMs)
    }
    return this.#startTimeMs
  }

  get upstreamLocalAddress(): string | undefined {
    return this.upstreamTransport?.localAddress
  }

  get protocol(): string {
    return this.owner.protocol
  }

  get responseFlags(): readonly string[] {
    return this.#flags ?? []
  }

  get state(): Map<string, unknown> {
    return (this.#state ??= new Map())
  }

  get metadata(): Map<string, Record<string, unknown>> {
    return (this.#metadata ??= new Map())
  }

  get isOver(): boolean {
    return this.#isOver
  }

  get isResponseStarted(): boolean {
    return this.#isResponseStarted
  }

  /** The last byte of the response is written. */
  get isResponseEnded(): boolean {
    return this.#isResponseEnded
  }

  routeConfig(filterName: string): unknown {
    return this.weightedCluster?.filterConfigs.get(filterName) ?? this.route?.filterConfigs.get(filterName)
  }

  addFlag(flag: ResponseFlag): void {
    if (this.#flags === undefined) this.#flags = [flag]
    else if (!this.#flags.includes(flag)) this.#flags.push(flag)
  }

  addResponseFlag(flag: string): void {
    this.addFlag(flag as ResponseFlag)
  }

  clearRouteCache(): void {
    this.#isRouteStale = true
  }

  /** The route as it is now: chosen anew when a filter asked for it. */
  currentRoute(): Route | undefined {
    if (this.#isRouteStale) this.chooseRoute()
    return this.route
  }

  /** Chooses route and cluster by the current headers. */
  chooseRoute(): void {
    this.#isRouteStale = false
    const { context, config } = this.owner
    const headers = this.requestHeaders
    const virtualHost = config.routes.current?.findVirtualHost(headers.authority)
    const route = virtualHost === undefined ? undefined : findRoute(virtualHost, headers, context.random)
    this.route = route
    this.weightedCluster = undefined
    this.cluster = undefined
    if (route === undefined || route.action.kind !== 'route') return
    if (route.action.cluster.kind === 'name') this.clusterName = route.action.cluster.name
    else {
      const choice = chooseCluster(route.action, headers, context.random)
      this.clusterName = choice.name
      this.weightedCluster = choice.entry
    }
    this.cluster = context.clusters.get(this.clusterName)
  }

  // ---- the request ----

  onRequestHeaders(headers: RequestHeaderTable, endStream: boolean): void {
    this.requestHeaders = headers
    if (endStream) {
      this.requestEnded = true
      this.requestEndMs = this.startMs
      this.owner.onRequestEnd()
    }
    const refusal = this.owner.prepareRequest(this, headers)
    if (refusal !== undefined) {
      this.sendReply(refusal)
      return
    }
    this.chooseRoute()
    const chain = this.owner.filterChain
    if (chain === undefined) {
      this.sendReply(reply(500, '', { details: 'no_filter_config_found', flag: 'NFCF' }))
      return
    }
    const upgradeRefusal = this.owner.checkUpgrade(this, headers)
    if (upgradeRefusal !== undefined) {
      this.sendReply(upgradeRefusal)
      return
    }
    this.#chain = chain
    this.filters = chain.create(this)
    this.terminal = chain.terminal.createTerminal(this)
    if (this.filters.length === 0) {
      this.terminal.onRequestHeaders(headers, endStream)
      return
    }
    const run = new RequestRun(this, chain)
    this.#requestRun = run
    run.headers(endStream)
  }

  onRequestData(chunk: Uint8Array, endStream: boolean): void {
    this.owner.touch()
    this.requestBytes += chunk.length
    if (endStream) this.#noteRequestEnd()
    if (this.#isRequestOver) return
    const run = this.#requestRun
    if (run !== undefined && (this.#chain!.watchesRequestBody || run.wantsBody)) run.data(chunk, endStream)
    else this.terminal!.onRequestData(chunk, endStream)
  }

  onRequestTrailers(trailers: HeaderTable): void {
    this.#noteRequestEnd()
    if (this.#isRequestOver) return
    const run = this.#requestRun
    if (run !== undefined) run.trailers(trailers)
    else this.terminal!.onRequestTrailers(trailers)
  }

  onRequestBatchEnd(): void {
    if (!this.#isRequestOver) this.terminal?.onRequestBatchEnd()
  }

  onRequestReset(reason: 'remote-close' | 'protocol-error'): void {
    if (this.#isOver) return
    const { stats } = this.owner
    if (reason === 'protocol-error') {
      stats.cxProtocolError.inc()
      stats.chargeCodecError('http1.codec_error')
      this.addFlag('DPE')
      if (!this.#isResponseStarted) {
        this.sendReply(reply(400, 'Bad Request', { details: 'http1.codec_error' }))
        return
      }
      this.reset('http1.codec_error')
      return
    }
    this.addFlag('DC')
    this.#end('downstream_remote_disconnect')
  }

  onTunnelEnd(): void {
    this.noteTunnelEnd('DC', 'downstream_remote_disconnect')
  }

  /** One side of a tunnel closed: as in Envoy, the log names the first that did. */
  noteTunnelEnd(flag: ResponseFlag, details: string): void {
    if (this.#flags !== undefined) return
    this.addFlag(flag)
    this.responseCodeDetails = details
  }

  #noteRequestEnd(): void {
    this.requestEnded = true
    this.requestEndMs = this.owner.context.clock.monotonicMs()
    this.owner.onRequestEnd()
  }

  onResponseDrain(): void {
    if (!this.#isHeldByResponse) return
    this.#isHeldByResponse = false
    this.terminal?.resumeResponse()
  }

  // ---- the response, from the terminal filter ----

  /** Response headers of the upstream, final: the terminal filter has decided against a retry. */
  respondHeaders(headers: ResponseHeaderTable, endStream: boolean): void {
    this.owner.touch()
    this.responseHeaders = headers
    const chain = this.#chain
    if (chain === undefined || this.filters.length === 0) {
      this.#endsAtMs = this.upstreamRxEndMs
      this.#encodeHeaders(headers, endStream)
      this.#endsAtMs = undefined
      return
    }
    const run = new ResponseRun(this, chain)
    this.#responseRun = run
    run.headers(endStream)
  }

  respondData(chunk: Uint8Array, endStream: boolean): void {
    this.owner.touch()
    const run = this.#responseRun
    if (run !== undefined && (this.#chain!.watchesResponseBody || run.wantsBody)) {
      run.data(chunk, endStream)
      return
    }
    this.#endsAtMs = this.upstreamRxEndMs
    this.#encodeData(chunk, endStream)
    this.#endsAtMs = undefined
  }

  respondTrailers(trailers: HeaderTable): void {
    const run = this.#responseRun
    if (run !== undefined) run.trailers(trailers)
    else this.#encodeTrailers(trailers)
  }

  respondBatchEnd(): void {
    if (!this.#isOver) this.encoder.flush()
  }

  #encodeHeaders(headers: ResponseHeaderTable, endStream: boolean): void {
    this.#isResponseStarted = true
    this.downstreamTxStartMs = this.upstreamRxStartMs ?? this.owner.context.clock.monotonicMs()
    this.owner.finalizeResponse(this, headers)
    this.encoder.encodeHeaders(headers, endStream)
  }

  #encodeData(chunk: Uint8Array, endStream: boolean): void {
    this.responseBytes += chunk.length
    this.encoder.encodeData(chunk, endStream)
    if (endStream || this.#isHeldByResponse || !this.encoder.blocked) return
    this.#isHeldByResponse = true
    this.terminal?.holdResponse()
  }

  #encodeTrailers(trailers: HeaderTable): void {
    this.responseTrailers = trailers
    this.encoder.encodeTrailers(trailers)
  }

  // ---- local replies and resets ----

  /** @param modify - changes the headers of the reply before the filters see them */
  sendReply(local: LocalReply, modify?: (headers: ResponseHeaderTable) => void): void {
    if (this.#isOver) return
    if (local.flag !== '') this.addFlag(local.flag as ResponseFlag)
    if (this.#isResponseStarted) {
      this.reset(local.details)
      return
    }
    this.responseCodeDetails = local.details
    this.#isRequestOver = true
    this.#destroyTerminal()
    const built = buildReply(local, isGrpc(this.requestHeaders))
    const { headers } = built
    // As Envoy: what a forwarding route adds to responses it adds to whatever is said in place of one.
    if (this.route?.action.kind === 'route' && local.leavesOutRouteHeaders !== true)
      applyResponseMutations(this, headers)
    modify?.(headers)
    const endStream = built.body.length === 0 || this.requestHeaders.method === 'HEAD'
    // A response that is already on its way through the filters is replaced without showing them another.
    const goesThroughFilters =
      this.#chain !== undefined && this.filters.length > 0 && this.#responseRun === undefined
    this.responseHeaders = headers
    if (!this.requestEnded) this.encoder.closeAfterResponse()
    if (!goesThroughFilters) {
      this.#responseRun = undefined
      this.#encodeHeaders(headers, endStream)
      if (!endStream) this.#encodeData(built.body, true)
      return
    }
    const run = new ResponseRun(this, this.#chain!)
    this.#responseRun = run
    run.headers(endStream)
    if (!endStream && !this.#isOver && this.#responseRun === run) run.data(built.body, true)
    this.respondBatchEnd()
  }

  reset(details: string): void {
    if (this.#isOver) return
    this.owner.stats.rqTxReset.inc()
    this.encoder.resetStream()
    this.#end(details)
  }

  /** The codec has written the last byte of the response. */
  onResponseComplete(): void {
    this.#isResponseEnded = true
    this.#end('')
  }

  #end(details: string): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#isRequestOver = true
    if (details !== '') this.responseCodeDetails = details
    this.endMs = this.#endsAtMs ?? this.owner.context.clock.monotonicMs()
    this.#destroyTerminal()
    // Filters first, as in Envoy: what they say at the end stands in the access log.
    const { done } = this.#chain ?? NO_CHAIN
    for (let i = 0; i < done.length; i++) this.#endFilter(done[i]!)
    this.owner.onStreamOver(this)
  }

  /** A filter that throws at the end is reported; the end goes on. */
  #endFilter(index: number): void {
    try {
      this.filters[index]?.onDone?.(this)
    } catch (thrown) {
      this.owner.onFilterError(this.#chain!.factories[index]!.name, thrown)
    }
  }

  #destroyTerminal(): void {
    const { terminal } = this
    this.terminal = undefined
    terminal?.destroy()
  }

  // ---- for filters ----

  resumeRequest(): void {
    if (!this.#isRequestOver) this.#requestRun?.resume()
  }

  resumeResponse(): void {
    if (!this.#isOver) this.#responseRun?.resume()
  }

  get bufferedRequestBody(): Uint8Array {
    return this.#requestRun?.buffered ?? NOTHING
  }

  get bufferedResponseBody(): Uint8Array {
    return this.#responseRun?.buffered ?? NOTHING
  }

  setBufferedRequestBody(body: Uint8Array): void {
    this.#requestRun?.setBuffered(body)
  }

  setBufferedResponseBody(body: Uint8Array): void {
    this.#responseRun?.setBuffered(body)
  }

  addRequestTrailer(name: string, value: string): void {
    this.#requestRun?.addTrailer(() => new HeaderTable(), name, value)
  }

  addResponseTrailer(name: string, value: string): void {
    this.#responseRun?.addTrailer(() => new HeaderTable(), name, value)
  }

  // ---- RunOwner ----

  get bufferLimitBytes(): number {
    return this.owner.context.bufferLimitBytes
  }

  isRunning(run: FilterRun): boolean {
    if (this.#isOver) return false
    return run === this.#requestRun ? !this.#isRequestOver : run === this.#responseRun
  }

  passHeaders(run: FilterRun, endStream: boolean): void {
    if (run === this.#requestRun) this.terminal?.onRequestHeaders(this.requestHeaders, endStream)
    else this.#encodeHeaders(this.responseHeaders!, endStream)
  }

  passData(run: FilterRun, chunk: Uint8Array, endStream: boolean): void {
    if (run === this.#requestRun) this.terminal?.onRequestData(chunk, endStream)
    else this.#encodeData(chunk, endStream)
  }

  passTrailers(run: FilterRun, trailers: HeaderTable): void {
    if (run === this.#requestRun) this.terminal?.onRequestTrailers(trailers)
    else this.#encodeTrailers(trailers)
  }

  passBatchEnd(run: FilterRun): void {
    if (run === this.#requestRun) this.terminal?.onRequestBatchEnd()
    else this.respondBatchEnd()
  }

  onReply(_run: FilterRun, local: LocalReply): void {
    this.sendReply(local)
  }

  onReset(_run: FilterRun, details: string): void {
    this.reset(details)
  }

  onFilterError(_run: FilterRun, filterIndex: number, thrown: unknown): void {
    const name = this.#chain!.factories[filterIndex]!.name
    this.owner.onFilterError(name, thrown)
    this.sendReply(reply(500, '', { details: `filter_error{${name}}` }))
  }

  onBufferOverflow(run: FilterRun): void {
    const { stats } = this.owner
    if (run === this.#requestRun) {
      stats.rqTooLarge.inc()
      this.sendReply(reply(413, 'Payload Too Large', { details: 'request_payload_too_large' }))
    } else {
      stats.rqResponseTooLarge.inc()
      this.sendReply(reply(500, 'Internal Server Error', { details: 'response_payload_too_large' }))
    }
  }

  holdReading(run: FilterRun): void {
    if (run === this.#requestRun) this.encoder.holdRequest()
    else this.terminal?.holdResponse()
  }

  resumeReading(run: FilterRun): void {
    if (run === this.#requestRun) this.encoder.resumeRequest()
    else this.terminal?.resumeResponse()
  }
}

const EMPTY_REQUEST = new RequestHeaderTable()
const NO_CHAIN = { done: [] as readonly number[] }
