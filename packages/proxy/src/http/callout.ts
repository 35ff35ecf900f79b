import type { Clock, Timer } from '@batten/core'
import type { UpstreamCluster } from '../upstream/cluster.ts'
import type { UpstreamHost } from '../upstream/host.ts'
import type { Http1Pool, PooledConnection, PoolWaiter } from '../upstream/pool/http1-pool.ts'
import { ByteBuffer } from './byte-buffer.ts'
import type { ResponseSink, UpstreamReset } from './codec/stream-codec.ts'
import type {
  Callout,
  CalloutFailure,
  CalloutHandle,
  CalloutRequest,
  CalloutResponse,
  LocalReply,
} from './filter.ts'
import { resetReply } from './filters/upstream-failure.ts'
import { type HeaderTable, RequestHeaderTable, type ResponseHeaderTable } from './header-table.ts'

/** Most of a response that is kept; a longer one counts as reset. */
const MAX_RESPONSE_BYTES = 1024 * 1024

export interface CalloutContext {
  readonly clusters: { get(name: string): UpstreamCluster | undefined }
  readonly clock: Clock
}

const NOTHING_TO_CANCEL: CalloutHandle = { cancel() {} }

/**
 * Makes the function by which filters call other services: one request to one host of a cluster, no retries. What
 * breaks before the response begins is answered as the router would answer it (503 with the reason), as for Envoy's
 * asynchronous client.
 *
 * @see https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/wasm_filter
 */
export function createCallout(context: CalloutContext): Callout {
  return (request, done) => {
    const cluster = context.clusters.get(request.cluster)
    if (cluster === undefined) {
      done({ failure: 'unknown-cluster' })
      return NOTHING_TO_CANCEL
    }
    const host = cluster.chooseHost()
    if (host === undefined) {
      done({ failure: 'no-healthy-upstream' })
      return NOTHING_TO_CANCEL
    }
    const exchange = new CalloutExchange(cluster, host, request, done, context.clock)
    exchange.start()
    return exchange
  }
}

/** One callout under way. Ends exactly once: with its response, its failure, or by being cancelled. */
class CalloutExchange implements CalloutHandle, PoolWaiter, ResponseSink {
  readonly #cluster: UpstreamCluster
  readonly #host: UpstreamHost
  readonly #request: CalloutRequest
  readonly #done: (outcome: CalloutResponse | CalloutFailure) => void
  #pool: Http1Pool | undefined
  #connection: PooledConnection | undefined
  #timer: Timer | undefined
  #headers: ResponseHeaderTable | undefined
  readonly #clock: Clock
  #sentMs = 0
  /** Milliseconds from the request to the first byte of the response. */
  #serviceMs = 0
  readonly #body = new ByteBuffer()
  #isOver = false

  constructor(
    cluster: UpstreamCluster,
    host: UpstreamHost,
    request: CalloutRequest,
    done: (outcome: CalloutResponse | CalloutFailure) => void,
    clock: Clock,
  ) {
    this.#clock = clock
    this.#cluster = cluster
    this.#host = host
    this.#request = request
    this.#done = done
  }

  start(): void {
    const { timeoutMs } = this.#request
    if (this.#cluster.breaker.requests.isOpen) {
      this.#cluster.stats.rqPendingOverflow.inc()
      this.#answer(resetReply('overflow', '', false))
      return
    }
    if (timeoutMs > 0) this.#timer = this.#clock.setTimeout(() => this.#timeOut(), timeoutMs)
    this.#pool = this.#cluster.poolOf(this.#host)
    this.#pool.acquire(this)
  }

  cancel(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#timer?.cancel()
    this.#abandon()
  }

  // ---- connection ----

  onPoolReady(connection: PooledConnection): void {
    const { stats, breaker } = this.#cluster
    this.#connection = connection
    stats.rqTotal.inc()
    stats.rqActive.inc()
    breaker.requests.inc()
    this.#host.activeRequests++
    this.#host.counts.rqTotal++
    const { body } = this.#request
    this.#sentMs = this.#clock.monotonicMs()
    connection.start(this, headersOf(this.#request), body.length === 0)
    if (body.length > 0) connection.encodeData(body, true)
    connection.flush()
  }

  onPoolFailure(reason: UpstreamReset, details: string): void {
    this.#pool = undefined
    this.#host.counts.rqError++
    this.#answer(resetReply(reason, details, false))
  }

  // ---- response ----

  onResponseHeaders(headers: ResponseHeaderTable, endStream: boolean): void {
    this.#headers = headers
    this.#serviceMs = this.#clock.monotonicMs() - this.#sentMs
    this.#cluster.stats.chargeStatus(headers.status)
    if (headers.status >= 500) this.#host.counts.rqError++
    else this.#host.counts.rqSuccess++
    if (endStream) this.#complete()
  }

  onResponseData(chunk: Buffer, endStream: boolean): void {
    if (this.#isOver) return
    this.#body.append(chunk)
    if (this.#body.length > MAX_RESPONSE_BYTES) {
      this.#abandon()
      this.#end({ failure: 'reset' })
    } else if (endStream) this.#complete()
  }

  onResponseTrailers(_trailers: HeaderTable): void {
    this.#complete()
  }

  onResponseBatchEnd(): void {}

  onRequestDrain(): void {}

  onUpstreamReset(reason: UpstreamReset, details: string): void {
    const { stats } = this.#cluster
    stats.rqRxReset.inc()
    this.#host.counts.rqError++
    this.#leaveConnection()
    if (this.#headers === undefined) this.#answer(resetReply(reason, details, false))
    else this.#end({ failure: 'reset' })
  }

  // ---- ends ----

  #complete(): void {
    if (this.#isOver) return
    const headers: [string, string][] = []
    this.#headers!.forEach((name, value) => {
      if (!name.startsWith(':')) headers.push([name, value])
    })
    headers.push(['x-envoy-upstream-service-time', String(Math.round(this.#serviceMs))])
    const connection = this.#connection
    const { status } = this.#headers!
    this.#leaveConnection()
    // The host answered before it had read the request: the connection is of no more use.
    if (connection?.requestEnded === false) connection.resetStream()
    this.#end({ status, headers, body: this.#body.take() })
  }

  #timeOut(): void {
    if (this.#isOver) return
    this.#cluster.stats.rqTimeout.inc()
    this.#host.counts.rqTimeout++
    this.#abandon()
    this.#end({ failure: 'timeout' })
  }

  /** What the router would answer in place of a response. */
  #answer(reply: LocalReply): void {
    this.#cluster.stats.chargeStatus(reply.status)
    const body = typeof reply.body === 'string' ? Buffer.from(reply.body) : reply.body
    const headers = [
      ['content-length', String(body.length)],
      ['content-type', 'text/plain'],
      ...reply.headers,
    ] as const
    this.#end({ status: reply.status, headers, body })
  }

  #end(outcome: CalloutResponse | CalloutFailure): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#timer?.cancel()
    this.#done(outcome)
  }

  /** Leaves the queue of the pool, or gives the exchange up. */
  #abandon(): void {
    const connection = this.#connection
    if (connection === undefined) {
      this.#pool?.cancel(this)
      return
    }
    this.#cluster.stats.rqTxReset.inc()
    this.#leaveConnection()
    connection.resetStream()
  }

  /** Takes the exchange off the books of its host. */
  #leaveConnection(): void {
    if (this.#connection === undefined) return
    this.#connection = undefined
    this.#cluster.stats.rqActive.dec()
    this.#cluster.breaker.requests.dec()
    this.#host.activeRequests--
  }
}

function headersOf(request: CalloutRequest): RequestHeaderTable {
  const table = new RequestHeaderTable()
  table.scheme = 'http'
  for (const [name, value] of request.headers) table.add(name, value)
  table.remove('transfer-encoding')
  table.remove('content-length')
  if (request.body.length > 0) table.set('content-length', String(request.body.length))
  table.set('x-envoy-internal', 'true')
  if (request.timeoutMs > 0) table.set('x-envoy-expected-rq-timeout-ms', String(request.timeoutMs))
  return table
}
