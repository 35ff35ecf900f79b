import { stripPort } from '@batten/core'
import type { Connection } from '../network/connection.ts'
import type { ConnectionHandle } from '../network/filter.ts'
import type { Transport } from '../network/transport.ts'
import type { HeadError } from './codec/http1-parser.ts'
import { Http1ServerConnection } from './codec/http1-server.ts'
import type { RequestSink, ResponseEncoder, ServerCodecOwner } from './codec/stream-codec.ts'
import type { HttpConnectionManager } from './connection-manager.ts'
import type { HttpConnectionManagerConfig } from './connection-manager-config.ts'
import type { ConnectionManagerStats } from './connection-manager-stats.ts'
import { type LocalReply, reply } from './filter.ts'
import type { FilterChain } from './filter-chain.ts'
import { RequestHeaderTable, type ResponseHeaderTable } from './header-table.ts'
import type { HttpContext } from './http-context.ts'
import { httpDate } from './http-date.ts'
import { IdleWatch } from './idle-watch.ts'
import { Header, headerMask } from './known-headers.ts'
import { mergeSlashes, normalizePath } from './path-normalization.ts'
import { type Peer, removeHopByHop, sanitizeRequest } from './request-headers.ts'
import { streamDuration } from './route/timeout.ts'
import { ActiveStream } from './stream.ts'
import { TimerEntry, type TimerTarget } from './timer-wheel.ts'

const RESPONSE_HOP_BY_HOP = headerMask(
  Header.connection,
  Header.keepAlive,
  Header.proxyConnection,
  Header.transferEncoding,
  Header.upgrade,
)

const HEAD_TIMER = 0
const REQUEST_TIMER = 1
const STREAM_DURATION_TIMER = 2
const CONNECTION_DURATION_TIMER = 3
const DRAIN_TIMER = 4
const DELAYED_CLOSE_TIMER = 5
const LINGER_TIMER = 6

/** One downstream connection in the hands of the connection manager. */
export class ManagedConnection implements ServerCodecOwner, ConnectionHandle, Peer, TimerTarget {
  readonly manager: HttpConnectionManager
  readonly connection: Connection
  readonly ip: string
  readonly isTls: boolean
  closed = false
  readonly #codec: Http1ServerConnection
  readonly #startMs: number
  #stream: ActiveStream | undefined
  #streams = 0
  #countedRead = 0
  #countedWritten = 0
  /** The next response ends the connection: the listener drains, or the connection is idle or old. */
  #isDraining = false
  /** The time for one more request is over. */
  #isDrained = false
  #isListenerDraining = false
  /** The last response is written, and went its way: the client's end is waited for. */
  #isLingering = false
  /** When the first byte of a head came that is not complete yet. */
  #headStartMs: number | undefined
  #closedByPeer = true
  #isUpgraded = false
  #idle: IdleWatch | undefined
  #streamIdle: IdleWatch | undefined
  #timers: (TimerEntry | undefined)[] | undefined
  #routeIdle: IdleWatch | undefined

  constructor(manager: HttpConnectionManager, transport: Transport, connection: Connection) {
    this.manager = manager
    this.connection = connection
    this.isTls = connection.tls !== undefined
    this.ip = stripPort(connection.remoteAddress).replace(/^\[|\]$/g, '')
    const { config, context } = manager
    this.#startMs = context.clock.monotonicMs()
    this.#codec = new Http1ServerConnection(transport, this, {
      limits: manager.headLimits,
      acceptHttp10: config.acceptHttp10,
      allowCustomMethods: config.allowCustomMethods ?? false,
      upgrades: 'any',
      enableTrailers: config.enableTrailers ?? false,
    })
    const { idleMs, streamIdleMs, maxConnectionDurationMs } = config.timeouts
    if (idleMs > 0) {
      this.#idle = new IdleWatch(context.wheel, idleMs, () => this.#onIdle())
      this.#idle.start()
    }
    if (streamIdleMs > 0)
      this.#streamIdle = new IdleWatch(context.wheel, streamIdleMs, () => this.#onStreamIdle())
    this.#startTimer(CONNECTION_DURATION_TIMER, maxConnectionDurationMs)
  }

  get context(): HttpContext {
    return this.manager.context
  }

  get config(): HttpConnectionManagerConfig {
    return this.manager.config
  }

  get stats(): ConnectionManagerStats {
    return this.manager.stats
  }

  get filterChain(): FilterChain | undefined {
    return this.manager.filterChain
  }

  get protocol(): string {
    return this.#codec.protocol
  }

  /** Something of the current stream arrived or was sent. */
  touch(): void {
    if (this.#streamIdle !== undefined) this.#streamIdle.touched = true
    if (this.#routeIdle !== undefined) this.#routeIdle.touched = true
  }

  // ---- listener ----

  /** Adds the bytes that went by since the last time to the counters: they are not touched while requests go by. */
  countBytes(): void {
    const { stats } = this
    const { bytesRead, writer } = this.#codec
    stats.cxRxBytesTotal.add(bytesRead - this.#countedRead)
    stats.cxTxBytesTotal.add(writer.bytesWritten - this.#countedWritten)
    this.#countedRead = bytesRead
    this.#countedWritten = writer.bytesWritten
  }

  drain(): void {
    this.#isDraining = this.#isListenerDraining = true
  }

  close(): void {
    if (this.closed) return
    this.#closedByPeer = false
    this.#codec.transport.destroy()
  }

  // ---- codec ----

  newStream(encoder: ResponseEncoder): RequestSink {
    const { stats, context } = this
    const stream = new ActiveStream(this, encoder, this.#headStartMs ?? context.clock.monotonicMs())
    this.#stream = stream
    this.#streams++
    stats.rqTotal.value++
    stats.rqHttp1Total.value++
    stats.rqActive.value++
    if (this.#streamIdle !== undefined) this.#watchStream(this.#streamIdle)
    if (this.#headStartMs === undefined) this.#startRequestTimers()
    else {
      this.#headStartMs = undefined
      this.#stopTimer(HEAD_TIMER)
    }
    return stream
  }

  onPartialHead(): void {
    if (this.#headStartMs !== undefined) return
    this.#headStartMs = this.context.clock.monotonicMs()
    this.#startTimer(HEAD_TIMER, this.config.timeouts.requestHeadersMs)
    this.#startRequestTimers()
    if (this.#streamIdle !== undefined) this.#watchStream(this.#streamIdle)
  }

  #startRequestTimers(): void {
    const { requestMs, maxStreamDurationMs } = this.config.timeouts
    if (requestMs > 0) this.#startTimer(REQUEST_TIMER, requestMs)
    if (maxStreamDurationMs > 0) this.#startTimer(STREAM_DURATION_TIMER, maxStreamDurationMs)
  }

  onContinue(): void {
    this.stats.chargeStatus(100)
  }

  onRefusedHead(error: HeadError, encoder: ResponseEncoder): void {
    const { stats } = this
    stats.chargeCodecError(error.details)
    stats.cxProtocolError.inc()
    const stream = this.#beginRefused(encoder)
    stream.addFlag('DPE')
    const body = REFUSAL_TEXT[error.status] ?? ''
    stream.sendReply(reply(error.status, body, { details: error.details }))
  }

  /** A stream for a request that never got as far as headers, so that it is answered and logged like any other. */
  #beginRefused(encoder: ResponseEncoder): ActiveStream {
    const stream = this.newStream(encoder) as ActiveStream
    stream.requestHeaders = new RequestHeaderTable()
    return stream
  }

  onExchangeEnd(): void {
    const stream = this.#stream
    this.#stream = undefined
    stream?.onResponseComplete()
    if (this.#isDrained) {
      this.#codec.discard()
      this.#closeLater(DELAYED_CLOSE_TIMER)
      return
    }
    if (this.#idle !== undefined) this.#idle.touched = true
  }

  onFinalResponse(): void {
    const stream = this.#stream
    this.#stream = undefined
    stream?.onResponseComplete()
    // As Envoy: the end of an exchange that went its way is waited for, but is not worth a count.
    const isOrderly =
      !this.#isDraining && stream?.requestEnded === true && stream.upstreamTransport !== undefined
    this.#isLingering = isOrderly
    this.#closeLater(isOrderly ? LINGER_TIMER : DELAYED_CLOSE_TIMER)
  }

  onCutResponse(mustReset: boolean): void {
    this.#stream = undefined
    if (!mustReset) {
      this.#closeLater(DELAYED_CLOSE_TIMER)
      return
    }
    this.#closedByPeer = false
    this.#codec.transport.reset()
  }

  /** Closes when the client has had time to read what was written. */
  #closeLater(timer: number): void {
    this.#closedByPeer = false
    this.#codec.transport.end()
    const { delayedCloseMs } = this.config.timeouts
    if (delayedCloseMs > 0) this.#startTimer(timer, delayedCloseMs)
    else this.#codec.transport.destroy()
  }

  onIdleEnd(): void {
    // In Envoy an orderly end does not wait for the client's.
    if (!this.#isLingering) this.#closedByPeer = true
    this.#codec.transport.destroy()
  }

  onClose(_error: Error | undefined): void {
    if (this.closed) return
    const hadStream = this.#stream !== undefined || this.#headStartMs !== undefined
    // A head that will never be complete: counted and logged like any other request.
    if (this.#stream === undefined && this.#headStartMs !== undefined && this.#closedByPeer)
      this.#beginRefused(this.#codec).onRequestReset('remote-close')
    this.closed = true
    this.#idle?.stop()
    this.#streamIdle?.stop()
    this.#routeIdle?.stop()
    for (const timer of this.#timers ?? []) if (timer !== undefined) this.context.wheel.cancel(timer)
    const { stats } = this
    stats.cxLengthMs.observe(this.context.clock.monotonicMs() - this.#startMs)
    this.countBytes()
    stats.cxDestroy.inc()
    ;(this.#closedByPeer ? stats.cxDestroyRemote : stats.cxDestroyLocal).inc()
    if (hadStream) {
      stats.cxDestroyActiveRq.inc()
      ;(this.#closedByPeer ? stats.cxDestroyRemoteActiveRq : stats.cxDestroyLocalActiveRq).inc()
    }
    if (this.#isUpgraded) stats.cxUpgradesActive.dec()
    this.manager.onConnectionClosed(this)
  }

  // ---- streams ----

  /** Judges and sanitises the head of a request; a reply when it goes no further. */
  prepareRequest(stream: ActiveStream, headers: RequestHeaderTable): LocalReply | undefined {
    const { config, stats } = this
    if (headers.authority === '') {
      stream.encoder.closeAfterResponse()
      return reply(400, '', { details: 'missing_host_header' })
    }
    if (!removeHopByHop(headers)) {
      stats.cxProtocolError.inc()
      stream.addFlag('DPE')
      stream.encoder.closeAfterResponse()
      return reply(400, 'Bad Request', { details: 'http1.connection_header_rejected' })
    }
    if (headers.method === 'QUERY' && !headers.hasId(Header.contentType)) {
      stream.encoder.closeAfterResponse()
      return reply(400, '', { details: 'query_missing_content_type' })
    }
    if (headers.scheme === 'https' && !this.isTls && config.useRemoteAddress && config.xffTrustedHops === 0) {
      stats.cxProtocolError.inc()
      stream.addFlag('DPE')
      stream.encoder.closeAfterResponse()
      return reply(403, 'Forbidden', { details: 'http1.https_url_on_plaintext_connection' })
    }
    const { path } = headers
    if (headers.method !== 'CONNECT') {
      if (path.charCodeAt(0) !== 0x2f) {
        stats.rqNonRelativePath.inc()
        return reply(404, '', { details: 'absolute_path_rejected' })
      }
      const normal = config.normalizePath ? normalizePath(path) : path
      // A fragment is for the client alone: who sends one may mean another resource than who reads it.
      if (normal === undefined || path.includes('#')) {
        stats.rqFailedPathNormalization.inc()
        stream.encoder.closeAfterResponse()
        return reply(400, '', { details: 'path_normalization_failed' })
      }
      headers.path = normal
      if (config.mergeSlashes) headers.path = mergeSlashes(headers.path)
    }
    if (config.stripAnyHostPort) headers.authority = stripPort(headers.authority)
    else if (config.stripMatchingHostPort) this.#stripMatchingPort(headers)
    stream.downstreamRemoteAddress = sanitizeRequest(headers, this, config)
    return undefined
  }

  #stripMatchingPort(headers: RequestHeaderTable): void {
    const port = this.connection.localAddress.slice(this.connection.localAddress.lastIndexOf(':'))
    if (port.length > 1 && headers.authority.endsWith(port)) headers.authority = stripPort(headers.authority)
  }

  /** Lets a tunnel through where route or manager allow it. */
  checkUpgrade(stream: ActiveStream, headers: RequestHeaderTable): LocalReply | undefined {
    const action = stream.route?.action
    if (action?.kind === 'route' && action.idleTimeoutMs !== undefined) this.#watchRoute(action.idleTimeoutMs)
    const durationMs = action?.kind === 'route' ? streamDuration(action, headers) : undefined
    if (durationMs !== undefined) this.#restartTimer(STREAM_DURATION_TIMER, durationMs)
    const isConnect = headers.method === 'CONNECT'
    if (!isConnect && !headers.hasId(Header.upgrade)) return undefined
    if (!isConnect && !this.#codec.offersUpgrade) {
      headers.removeId(Header.upgrade)
      return undefined
    }
    const token = isConnect ? 'connect' : headers.getId(Header.upgrade)!.toLowerCase()
    const isAllowed =
      this.config.upgrades.has(token) || (action?.kind === 'route' && action.upgrades.has(token))
    if (!isAllowed) {
      this.stats.rqWsOnNonWsRoute.inc()
      return reply(403, '', { details: 'upgrade_failed' })
    }
    if (!this.#codec.isTunnelRequest) {
      headers.removeId(Header.upgrade)
      return undefined
    }
    this.#isUpgraded = true
    this.stats.cxUpgradesTotal.inc()
    this.stats.cxUpgradesActive.inc()
    return undefined
  }

  onRequestEnd(): void {
    this.#stopTimer(REQUEST_TIMER)
  }

  /** The proxy's own statements on a response, after all filters. */
  finalizeResponse(stream: ActiveStream, headers: ResponseHeaderTable): void {
    const { config } = this
    if (!stream.requestEnded) {
      this.stats.rqResponseBeforeRqComplete.inc()
      this.#stopTimer(REQUEST_TIMER)
    }
    if (headers.hasAny(RESPONSE_HOP_BY_HOP)) {
      headers.removeId(Header.connection)
      headers.removeId(Header.keepAlive)
      headers.removeId(Header.proxyConnection)
      headers.removeId(Header.transferEncoding)
      // Nobody is told of a protocol that was not asked for.
      if (headers.status !== 101) headers.removeId(Header.upgrade)
    }
    if (!headers.hasId(Header.date)) headers.setId(Header.date, httpDate(this.context.clock.now()))
    if (config.serverHeader === 'overwrite') headers.setId(Header.server, config.serverName)
    else if (config.serverHeader === 'append-if-absent' && !headers.hasId(Header.server))
      headers.setId(Header.server, config.serverName)
    if (config.via !== '') {
      const via = headers.getAll('via')
      headers.setId(Header.via, [...via, config.via].join(', '))
    }
    if (config.alwaysSetRequestIdInResponse) {
      const requestId = stream.requestHeaders.getId(Header.requestId)
      if (requestId !== undefined) headers.setId(Header.requestId, requestId)
    }
    const { maxRequestsPerConnection } = config.limits
    if (this.#isDraining) {
      if (this.#isListenerDraining) this.stats.cxDrainClose.inc()
      stream.encoder.closeAfterResponse()
    } else if (maxRequestsPerConnection > 0 && this.#streams >= maxRequestsPerConnection) {
      this.stats.cxMaxRequestsReached.inc()
      stream.encoder.closeAfterResponse()
    }
  }

  /** Counts and logs a stream whose last byte is written, or which was reset. */
  onStreamOver(stream: ActiveStream): void {
    const { stats } = this
    const { timeouts } = this.config
    if (this.#stream === stream && stream.endMs !== undefined) {
      // A reset comes here while the codec still thinks that the stream lives; the connection is about to close.
      this.#closedByPeer = stream.responseFlags.includes('DC')
    }
    if (timeouts.requestMs > 0) this.#stopTimer(REQUEST_TIMER)
    if (this.#timers?.[STREAM_DURATION_TIMER] !== undefined) this.#stopTimer(STREAM_DURATION_TIMER)
    this.#routeIdle?.stop()
    this.#routeIdle = undefined
    stats.rqActive.value--
    stats.rqTime.observe(stream.endMs! - stream.startMs)
    if (stream.isResponseStarted) stats.chargeStatus(stream.responseHeaders!.status)
    if (!stream.requestEnded || !stream.isResponseEnded) stats.rqRxReset.inc()
    const { accessLoggers } = this.config
    for (let i = 0; i < accessLoggers.length; i++) accessLoggers[i]!.log(stream)
  }

  onFilterError(name: string, thrown: unknown): void {
    this.manager.onFilterError(name, thrown)
  }

  // ---- timers ----

  onTimer(kind: number): void {
    const { stats } = this
    switch (kind) {
      case HEAD_TIMER:
        stats.rqHeaderTimeout.inc()
        this.#refuseSlowHead('request_header_timeout')
        break
      case REQUEST_TIMER:
        stats.rqTimeout.inc()
        if (this.#stream === undefined) this.#refuseSlowHead('request_overall_timeout')
        else this.#stream.sendReply(reply(408, 'request timeout', { details: 'request_overall_timeout' }))
        break
      case STREAM_DURATION_TIMER:
        stats.rqMaxDurationReached.inc()
        if (this.#stream === undefined) this.#refuseSlowHead('max_duration_timeout')
        else
          this.#stream.sendReply(
            reply(this.#stream.requestEnded ? 504 : 408, 'downstream duration timeout', {
              details: 'max_duration_timeout',
              grpcStatus: 4,
            }),
          )
        break
      case CONNECTION_DURATION_TIMER:
        stats.cxMaxDurationReached.inc()
        this.#startDrain()
        break
      case DRAIN_TIMER:
        this.#isDrained = true
        if (this.#codec.isIdle) this.close()
        break
      case DELAYED_CLOSE_TIMER:
        stats.cxDelayedCloseTimeout.inc()
        this.#codec.transport.destroy()
        break
      case LINGER_TIMER:
        this.#codec.transport.destroy()
        break
    }
  }

  #onIdle(): void {
    if (this.#codec.isIdle) {
      this.stats.cxIdleTimeout.inc()
      this.#startDrain()
    } else this.#idle!.start()
  }

  #onStreamIdle(): void {
    if (this.#stream === undefined && this.#headStartMs === undefined) return
    this.stats.rqIdleTimeout.inc()
    if (this.#stream === undefined) {
      this.#refuseSlowHead('stream_idle_timeout', 'SI')
      return
    }
    const status = this.#stream.requestEnded ? 504 : 408
    this.#stream.sendReply(
      reply(status, 'stream timeout', { details: 'stream_idle_timeout', flag: 'SI', grpcStatus: 4 }),
    )
  }

  /** Answers a request whose head never became complete. */
  #refuseSlowHead(details: string, flag = ''): void {
    const encoder = this.#codec
    encoder.refuseHead()
    this.#beginRefused(encoder).sendReply(reply(408, SLOW_HEAD_TEXT[details]!, { details, flag }))
  }

  #startDrain(): void {
    this.#isDraining = true
    const { drainMs } = this.config.timeouts
    if (drainMs > 0) this.#startTimer(DRAIN_TIMER, drainMs)
    else if (this.#codec.isIdle) this.close()
  }

  /** The watch runs on from stream to stream: touching it is cheaper than starting it anew. */
  #watchStream(watch: IdleWatch): void {
    if (watch.isRunning) watch.touched = true
    else watch.start()
  }

  #watchRoute(idleMs: number): void {
    this.#streamIdle?.stop()
    if (idleMs === 0) return
    this.#routeIdle = new IdleWatch(this.context.wheel, idleMs, () => this.#onStreamIdle())
    this.#routeIdle.start()
  }

  #startTimer(kind: number, delayMs: number): void {
    if (delayMs <= 0) return
    this.#timers ??= []
    const timer = (this.#timers[kind] ??= new TimerEntry(this, kind))
    this.context.wheel.schedule(timer, delayMs)
  }

  #restartTimer(kind: number, delayMs: number): void {
    this.#stopTimer(kind)
    this.#startTimer(kind, delayMs)
  }

  #stopTimer(kind: number): void {
    const timer = this.#timers?.[kind]
    if (timer !== undefined) this.context.wheel.cancel(timer)
  }
}

/** Bodies of replies to heads that never became complete, by their details. */
const SLOW_HEAD_TEXT: Readonly<Record<string, string>> = {
  request_header_timeout: 'request header timeout',
  request_overall_timeout: 'request header timeout',
  stream_idle_timeout: 'stream timeout',
  max_duration_timeout: 'downstream duration timeout',
}

/** Bodies of refused heads, as Envoy writes them. */
const REFUSAL_TEXT: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  403: '',
  426: 'Upgrade Required',
  431: 'Request Header Fields Too Large',
  501: 'Not Implemented',
}
