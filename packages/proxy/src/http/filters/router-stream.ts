import type { UpstreamCluster } from '../../upstream/cluster.ts'
import type { UpstreamHost } from '../../upstream/host.ts'
import type { Http1Pool, PooledConnection, PoolWaiter } from '../../upstream/pool/http1-pool.ts'
import { ByteBuffer } from '../byte-buffer.ts'
import type { ResponseSink, UpstreamReset } from '../codec/stream-codec.ts'
import type { LocalReply } from '../filter.ts'
import { reply } from '../filter.ts'
import type { HeaderTable, RequestHeaderTable, ResponseHeaderTable } from '../header-table.ts'
import { Header } from '../known-headers.ts'
import { isRetriableReset, isRetriableResponse, RetryState, retryPolicyOf } from '../route/retry-state.ts'
import type { RetryPolicy, Route } from '../route/route-config.ts'
import { isGrpc } from '../route/route-match.ts'
import { announceTimeout, type RequestTimeouts, requestTimeouts } from '../route/timeout.ts'
import type { ActiveStream } from '../stream.ts'
import type { TerminalFilter } from '../terminal-filter.ts'
import { TimerEntry, type TimerTarget } from '../timer-wheel.ts'
import { finalizeRequest, replaceAuthority } from './finalize-request.ts'
import { applyResponseMutations, replyOfRoute } from './route-reply.ts'
import type { RouterFactory } from './router.ts'
import {
  NO_HEALTHY_UPSTREAM,
  PER_TRY_TIMEOUT,
  resetDetails,
  resetFlag,
  resetReply,
  transportFailure,
  UPSTREAM_TIMEOUT,
} from './upstream-failure.ts'

const GLOBAL_TIMER = 0
const TRY_TIMER = 1
const BACK_OFF_TIMER = 2

/** Body bytes that may wait for a connection before reading stops. */
const HOLD_READING_BYTES = 64 * 1024
/** Times that a request is sent again because a reused connection had been closed by its host. */
const MAX_REPLAYS = 2

/** Methods that RFC 9110 calls idempotent: sending one twice does what sending it once does. */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE'])

/** `waiting`: for a connection; `active`: on one; `back-off`: between tries. */
type State = 'new' | 'waiting' | 'active' | 'back-off' | 'over'

/**
 * One request on its way to a host and back, retries included. It is the response sink of its upstream connection
 * itself: one try is under way at a time, and a connection that was given up calls nobody.
 *
 * Differs from Envoy: a request that went out on a reused connection, which the host then closed before the first byte
 * of a response, is sent again when that is safe (an idempotent method, a body that is still at hand), whatever the
 * retry policy says: closing an idle connection is the host's right, and the client should not pay for the race.
 */
export class RouterStream implements TerminalFilter, PoolWaiter, ResponseSink, TimerTarget {
  readonly #stream: ActiveStream
  readonly #factory: RouterFactory
  #state: State = 'new'
  #headers!: RequestHeaderTable
  #route!: Route
  #cluster!: UpstreamCluster
  #host: UpstreamHost | undefined
  #pool: Http1Pool | undefined
  #connection: PooledConnection | undefined
  #policy: RetryPolicy | undefined
  #retry: RetryState | undefined
  #triedHosts: Set<string> | undefined
  #replays = 0
  #timeouts: RequestTimeouts = NO_TIMEOUTS
  // The request, as far as it has arrived:
  #requestEnded = false
  #trailers: HeaderTable | undefined
  #hasBody = false
  /** The body so far, while it may have to be sent (again); undefined once it cannot be. */
  #body: ByteBuffer | undefined
  #isBodyLost = false
  #isRequestHeld = false
  #isResponsePassed = false
  #responseHolds = 0
  #requestEndMs = 0
  #batchMs: number | undefined
  #globalTimer: TimerEntry | undefined
  #tryTimer: TimerEntry | undefined
  #backOffTimer: TimerEntry | undefined

  constructor(stream: ActiveStream, factory: RouterFactory) {
    this.#stream = stream
    this.#factory = factory
  }

  // ---- the request ----

  onRequestHeaders(headers: RequestHeaderTable, endStream: boolean): void {
    const stream = this.#stream
    const { stats } = stream.owner
    stats.routerRqTotal.value++
    const route = stream.currentRoute()
    if (route === undefined) {
      stats.noRoute.inc()
      this.#answer(reply(404, '', { details: 'route_not_found', flag: 'NR' }))
      return
    }
    this.#route = route
    const { action } = route
    const early = replyOfRoute(route, stream, !this.#factory.suppressEnvoyHeaders)
    if (early !== undefined) {
      this.#state = 'over'
      stream.sendReply(early, (response) => applyResponseMutations(stream, response))
      return
    }
    if (action.kind !== 'route') return
    const { cluster } = stream
    if (cluster === undefined) {
      stats.noCluster.inc()
      this.#answer(reply(action.clusterNotFoundStatus, '', { details: 'cluster_not_found', flag: 'NC' }))
      return
    }
    this.#cluster = cluster
    this.#headers = headers
    const policy = action.retryPolicy ?? route.virtualHost.retryPolicy
    const timeouts = requestTimeouts(action, policy, headers)
    this.#timeouts = timeouts
    announceTimeout(action, timeouts, 0, headers, !this.#factory.suppressEnvoyHeaders)
    // Known to the command operators of headers that are added.
    stream.upstreamAttemptCount = 1
    finalizeRequest(stream, route, action, !this.#factory.suppressEnvoyHeaders)
    // As Envoy: headers that the configuration adds may ask for retries, too.
    this.#policy = retryPolicyOf(policy, headers)
    if (endStream) this.#onRequestComplete(stream.startMs)
    this.#try()
  }

  onRequestData(chunk: Uint8Array, endStream: boolean): void {
    if (this.#state === 'over') return
    if (chunk.length > 0) {
      this.#hasBody = true
      this.#record(chunk)
    }
    if (endStream) this.#onRequestComplete()
    const connection = this.#connection
    if (connection === undefined) return
    connection.encodeData(chunk, endStream)
    this.#holdRequestIfBlocked(connection)
  }

  onRequestTrailers(trailers: HeaderTable): void {
    if (this.#state === 'over') return
    this.#trailers = trailers
    this.#onRequestComplete()
    this.#connection?.encodeTrailers(trailers)
  }

  onRequestBatchEnd(): void {
    this.#connection?.flush()
  }

  #onRequestComplete(nowMs: number = this.#stream.owner.context.clock.monotonicMs()): void {
    this.#requestEnded = true
    this.#requestEndMs = nowMs
    this.#stream.upstreamTxEndMs = nowMs
    if (this.#timeouts.globalMs > 0) {
      this.#globalTimer = new TimerEntry(this, GLOBAL_TIMER)
      this.#stream.owner.context.wheel.schedule(this.#globalTimer, this.#timeouts.globalMs, nowMs)
    }
    if (this.#state !== 'new') this.#startTryTimer()
  }

  /** Keeps the body while it may be needed. */
  #record(chunk: Uint8Array): void {
    const connection = this.#connection
    const isWaiting = connection === undefined
    if (this.#isBodyLost) return
    if (!isWaiting && this.#policy === undefined && !this.#mayReplay(connection)) {
      this.#isBodyLost = true
      return
    }
    this.#body ??= new ByteBuffer()
    this.#body.append(chunk)
    if (isWaiting) {
      if (this.#body.length > HOLD_READING_BYTES) this.#holdRequest()
    } else if (this.#body.length > this.#stream.bufferLimitBytes) this.#loseBody()
  }

  /** Whether the host may have closed this connection before the request reached it. */
  #mayReplay(connection: PooledConnection): boolean {
    return connection.isReused && IDEMPOTENT.has(this.#headers.method)
  }

  #loseBody(): void {
    this.#isBodyLost = true
    this.#body = undefined
  }

  /** Whether everything that was sent so far can be sent again. */
  get #canSendAgain(): boolean {
    return !this.#hasBody || !this.#isBodyLost
  }

  // ---- tries ----

  #try(): void {
    const stream = this.#stream
    const cluster = this.#cluster
    const host = this.#chooseHost()
    if (host === undefined) {
      this.#fail(NO_HEALTHY_UPSTREAM)
      return
    }
    if (cluster.breaker.requests.isOpen) {
      cluster.stats.rqActiveOverflow.inc()
      this.#fail(resetReply('overflow', '', false))
      return
    }
    this.#host = host
    stream.upstreamAddress = host.address
    if (this.#route.virtualHost.includeAttemptCountInRequest === true)
      this.#headers.set('x-envoy-attempt-count', String(stream.upstreamAttemptCount))
    this.#state = 'waiting'
    if (this.#requestEnded) this.#startTryTimer()
    const { action } = this.#route
    const { hostname } = host.config
    if (action.kind === 'route' && action.hostRewrite?.kind === 'auto' && hostname !== '')
      replaceAuthority(hostname, action, this.#headers, !this.#factory.suppressEnvoyHeaders)
    this.#pool = cluster.poolOf(host)
    this.#pool.acquire(this)
  }

  #tryAgain(): void {
    const stream = this.#stream
    const { action } = this.#route
    stream.upstreamAttemptCount++
    if (action.kind === 'route') {
      const elapsedMs = this.#requestEnded ? stream.owner.context.clock.monotonicMs() - this.#requestEndMs : 0
      announceTimeout(action, this.#timeouts, elapsedMs, this.#headers, !this.#factory.suppressEnvoyHeaders)
    }
    this.#try()
  }

  #chooseHost(): UpstreamHost | undefined {
    const tried = this.#triedHosts
    if (tried === undefined) return this.#cluster.chooseHost()
    let host: UpstreamHost | undefined
    // As Envoy: the attempts come on top of the first choice.
    for (let i = 0; i <= this.#policy!.hostSelectionMaxAttempts; i++) {
      host = this.#cluster.chooseHost()
      if (host === undefined || !tried.has(host.config.key)) return host
    }
    return host
  }

  onPoolReady(connection: PooledConnection): void {
    const { stats, breaker } = this.#cluster
    const stream = this.#stream
    const host = this.#host!
    this.#state = 'active'
    this.#connection = connection
    stats.rqTotal.value++
    stats.rqActive.value++
    breaker.requests.inc()
    host.activeRequests++
    host.counts.rqTotal++
    stream.upstreamTransport = connection.transport
    if (this.#requestEnded && !this.#hasBody && this.#trailers === undefined) {
      stream.upstreamTxStartMs = this.#requestEndMs
      connection.start(this, this.#headers, true)
      connection.flush()
      return
    }
    stream.upstreamTxStartMs = stream.owner.context.clock.monotonicMs()
    connection.start(this, this.#headers, false)
    const body = this.#body
    const endsWithBody = this.#requestEnded && this.#trailers === undefined
    if (body !== undefined) connection.encodeData(body.view, endsWithBody)
    if (this.#trailers !== undefined) connection.encodeTrailers(this.#trailers)
    connection.flush()
    if (this.#policy === undefined && !this.#mayReplay(connection)) this.#loseBody()
    if (this.#connection !== connection) return
    if (connection.blocked) this.#holdRequest()
    else this.#resumeRequest()
  }

  onPoolFailure(reason: UpstreamReset, details: string): void {
    this.#stream.upstreamTransportFailureReason = details
    this.#host!.counts.rqError++
    this.#onTryBroken(reason, details, false)
  }

  /** Takes the try off its connection and its books. */
  #leaveConnection(): void {
    this.#stopTimer(this.#tryTimer)
    if (this.#connection === undefined) return
    this.#connection = undefined
    this.#cluster.stats.rqActive.value--
    this.#cluster.breaker.requests.dec()
    this.#host!.activeRequests--
  }

  /** Gives up the try under way. */
  #abandonTry(): void {
    const connection = this.#connection
    if (this.#state === 'waiting') this.#pool?.cancel(this)
    if (connection !== undefined) {
      this.#countCut()
      this.#leaveConnection()
      connection.resetStream()
    } else this.#stopTimer(this.#tryTimer)
  }

  /** A connection is closed for the sake of its request. (Resets are counted where streams can be: HTTP/2.) */
  #countCut(): void {
    const { stats } = this.#cluster
    stats.cxDestroyWithActiveRq.inc()
    stats.cxDestroyLocalWithActiveRq.inc()
  }

  #onTryBroken(reason: UpstreamReset, transportFailure: string, wasSent: boolean): void {
    if (!this.#isResponsePassed && this.#policy !== undefined && this.#canSendAgain) {
      if (!isRetriableReset(this.#policy, reason, wasSent)) this.#retry?.succeeded()
      else if (this.#retryLater()) return
    }
    this.#stream.upstreamTransportFailureReason = transportFailure
    if (!this.#isResponsePassed) {
      this.#fail(resetReply(reason, transportFailure, this.#stream.upstreamAttemptCount > 1))
      return
    }
    this.#state = 'over'
    const stream = this.#stream
    if (isGrpc(this.#headers)) stream.owner.stats.rqResetAfterResponseStarted.inc()
    stream.addFlag(resetFlag(reason))
    stream.responseCodeDetails = `upstream_reset_after_response_started${resetDetails(reason, transportFailure)}`
    stream.reset('')
  }

  /** Starts a retry after its back-off; false when none is left, with the flag that says so. */
  #retryLater(): boolean {
    const policy = this.#policy!
    const { stats, breaker } = this.#cluster
    this.#retry ??= new RetryState(policy, stats, breaker)
    const decision = this.#retry.next()
    if (decision === 'limit') this.#stream.addFlag('URX')
    if (decision === 'overflow') this.#stream.addFlag('UO')
    if (decision !== 'retry') return false
    if (policy.avoidPreviousHosts) (this.#triedHosts ??= new Set()).add(this.#host!.config.key)
    this.#state = 'back-off'
    const { wheel, random } = this.#stream.owner.context
    this.#backOffTimer ??= new TimerEntry(this, BACK_OFF_TIMER)
    wheel.schedule(this.#backOffTimer, this.#retry.backOffMs(random))
    return true
  }

  // ---- the response ----

  onInterimResponse(status: number): void {
    this.#cluster.stats.chargeStatus(status)
  }

  onResponseHeaders(headers: ResponseHeaderTable, endStream: boolean): void {
    const stream = this.#stream
    const { stats } = this.#cluster
    const { status } = headers
    const nowMs = this.#nowMs()
    stream.upstreamRxStartMs = nowMs
    this.#stopTimer(this.#tryTimer)
    const host = this.#host!
    if (status >= 500) host.counts.rqError++
    else host.counts.rqSuccess++
    const policy = this.#policy
    if (policy !== undefined && isRetriableResponse(policy, headers)) {
      if (this.#canSendAgain && this.#retryLater()) {
        stats.chargeRetried(status)
        const connection = this.#connection
        this.#leaveConnection()
        if (endStream) return
        this.#countCut()
        connection?.resetStream()
        return
      }
    } else this.#retry?.succeeded()
    this.#retry?.release()
    stats.chargeStatus(status)
    this.#isResponsePassed = true
    this.#body = undefined
    if (!this.#requestEnded) this.#isBodyLost = true
    if (status === 101 || this.#headers.method === 'CONNECT') this.#stopTimer(this.#globalTimer)
    stream.responseCodeDetails = 'via_upstream'
    // As Envoy: an answer to half a request says nothing about how long the host took.
    if (this.#requestEnded && !this.#factory.suppressEnvoyHeaders) {
      const sinceMs = Math.max(0, Math.floor(nowMs - this.#requestEndMs))
      headers.setId(Header.envoyUpstreamServiceTime, String(sinceMs))
    }
    // Known to the command operators of headers that are added.
    stream.responseHeaders = headers
    applyResponseMutations(stream, headers)
    if (this.#route.virtualHost.includeAttemptCountInResponse === true) setAttemptCount(stream, headers)
    if (endStream) this.#onResponseEnd()
    stream.respondHeaders(headers, endStream)
  }

  onTunnelEnd(): void {
    this.#stream.noteTunnelEnd(
      'UC',
      `upstream_reset_after_response_started${resetDetails('connection_termination', '')}`,
    )
  }

  onResponseData(chunk: Buffer, endStream: boolean): void {
    if (endStream) this.#onResponseEnd()
    this.#stream.respondData(chunk, endStream)
  }

  onResponseTrailers(trailers: HeaderTable): void {
    this.#onResponseEnd()
    this.#stream.respondTrailers(trailers)
  }

  /** The time of the bytes at hand: asked for once. */
  #nowMs(): number {
    return (this.#batchMs ??= this.#stream.owner.context.clock.monotonicMs())
  }

  onResponseBatchEnd(): void {
    this.#batchMs = undefined
    if (this.#isResponsePassed) this.#stream.respondBatchEnd()
  }

  #onResponseEnd(): void {
    const nowMs = this.#nowMs()
    const { stats } = this.#cluster
    this.#stream.upstreamRxEndMs = nowMs
    this.#state = 'over'
    const tookMs = nowMs - (this.#requestEnded ? this.#requestEndMs : this.#stream.startMs)
    stats.rqTime.observe(tookMs)
    stats.externalRqTime.observe(tookMs)
    this.#stopTimer(this.#globalTimer)
    const connection = this.#connection
    this.#leaveConnection()
    // The host answered before it had read the request: nobody wants the rest.
    if (this.#requestEnded) return
    this.#countCut()
    connection?.resetStream()
  }

  onUpstreamReset(reason: UpstreamReset, details: string): void {
    const connection = this.#connection
    const { stats } = this.#cluster
    if (reason === 'remote_reset') stats.rqRxReset.inc()
    stats.cxDestroyWithActiveRq.inc()
    if (connection?.closedByHost === false) stats.cxDestroyLocalWithActiveRq.inc()
    else stats.cxDestroyRemoteWithActiveRq.inc()
    if (reason === 'protocol_error') stats.cxProtocolError.inc()
    const isStale = connection?.isReused === true && !connection.responseStarted
    this.#leaveConnection()
    if (
      isStale &&
      this.#replays < MAX_REPLAYS &&
      this.#canSendAgain &&
      IDEMPOTENT.has(this.#headers.method)
    ) {
      this.#replays++
      stats.rqReplay.inc()
      this.#state = 'waiting'
      this.#pool = this.#cluster.poolOf(this.#host!)
      this.#pool.acquire(this, true)
      return
    }
    this.#host!.counts.rqError++
    this.#onTryBroken(reason, transportFailure(details), true)
  }

  // ---- ends ----

  /** The request ends without a response from upstream. */
  #fail(local: LocalReply): void {
    this.#cluster.stats.chargeStatus(local.status)
    if (this.#route.virtualHost.includeAttemptCountInResponse !== true) {
      this.#answer(local)
      return
    }
    this.#state = 'over'
    this.#stream.sendReply(local, (headers) => setAttemptCount(this.#stream, headers))
  }

  #answer(local: LocalReply): void {
    this.#state = 'over'
    this.#stream.sendReply(local)
  }

  destroy(): void {
    this.#stopTimer(this.#globalTimer)
    this.#stopTimer(this.#backOffTimer)
    this.#retry?.release()
    if (this.#state === 'waiting' || this.#state === 'active') this.#abandonTry()
    this.#state = 'over'
    this.#body = undefined
  }

  // ---- timers ----

  onTimer(kind: number): void {
    if (this.#state === 'over') return
    const { stats } = this.#cluster
    if (kind === BACK_OFF_TIMER) {
      this.#tryAgain()
      return
    }
    if (kind === GLOBAL_TIMER) {
      stats.rqTimeout.inc()
      if (this.#host !== undefined) this.#host.counts.rqTimeout++
      this.#abandonTry()
      this.#timeOut(UPSTREAM_TIMEOUT)
      return
    }
    stats.rqPerTryTimeout.inc()
    this.#host!.counts.rqTimeout++
    this.#abandonTry()
    const policy = this.#policy
    if (policy !== undefined && this.#canSendAgain) {
      if (!isRetriableReset(policy, 'local_reset', true)) this.#retry?.succeeded()
      else if (this.#retryLater()) return
    }
    this.#timeOut(PER_TRY_TIMEOUT)
  }

  #timeOut(local: LocalReply): void {
    if (!this.#isResponsePassed) {
      this.#fail(local)
      return
    }
    this.#state = 'over'
    this.#stream.addFlag('UT')
    this.#stream.responseCodeDetails = local.details
    this.#stream.reset('')
  }

  #startTryTimer(): void {
    if (this.#timeouts.perTryMs <= 0 || this.#isResponsePassed) return
    this.#tryTimer ??= new TimerEntry(this, TRY_TIMER)
    this.#stream.owner.context.wheel.schedule(this.#tryTimer, this.#timeouts.perTryMs)
  }

  #stopTimer(timer: TimerEntry | undefined): void {
    if (timer !== undefined) this.#stream.owner.context.wheel.cancel(timer)
  }

  // ---- backpressure ----

  #holdRequestIfBlocked(connection: PooledConnection): void {
    if (connection.blocked) this.#holdRequest()
  }

  #holdRequest(): void {
    if (this.#isRequestHeld || this.#requestEnded) return
    this.#isRequestHeld = true
    this.#stream.encoder.holdRequest()
  }

  #resumeRequest(): void {
    if (!this.#isRequestHeld) return
    this.#isRequestHeld = false
    this.#stream.encoder.resumeRequest()
  }

  onRequestDrain(): void {
    this.#resumeRequest()
  }

  holdResponse(): void {
    this.#responseHolds++
    this.#connection?.holdResponse()
  }

  resumeResponse(): void {
    if (this.#responseHolds === 0) return
    this.#responseHolds--
    this.#connection?.resumeResponse()
  }
}

function setAttemptCount(stream: ActiveStream, headers: ResponseHeaderTable): void {
  headers.setId(Header.envoyAttemptCount, String(stream.upstreamAttemptCount))
}

const NO_TIMEOUTS: RequestTimeouts = { globalMs: 0, perTryMs: 0 }
