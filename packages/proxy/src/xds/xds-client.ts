import { type Clock, errorMessage, type Logger, type Timer } from '@batten/core'
import { asBuffer, shortTypeName } from '@batten/xds'
import type { Client, ClientDuplexStream } from '@grpc/grpc-js'
import { grpcLibrary } from './grpc-library.ts'
import type { GrpcTarget } from './grpc-target.ts'
import type { ResponseOutcome, XdsProtocol } from './protocol.ts'
import type { Gate } from './warming.ts'

export interface XdsClientOptions {
  /** What to connect to; asked for before each connection, may wait for secrets. */
  readonly target: GrpcTarget
  readonly protocol: XdsProtocol
  readonly clock: Clock
  /** Uniform in [0, 1). */
  readonly random: () => number
  readonly log: Logger
  /** Metadata of the call: `initial_metadata` of the bootstrap, a bearer token. Asked for with each stream. */
  readonly callMetadata: () => Promise<readonly (readonly [string, string])[]>
  /** Opens when what connecting needs (a certificate, trusted roots) is there. */
  readonly ready?: Gate
  /** Told of every response, for stats. */
  readonly onOutcome?: (outcome: ResponseOutcome) => void
  readonly onConnectedChange?: (connected: boolean) => void
  /** First pause after a failure, doubled up to the longest; both are jittered. Defaults: 200 ms and 30 s. */
  readonly backOffBaseMs?: number
  readonly backOffMaxMs?: number
}

/** What a management server is to us right now. */
export type XdsClientState =
  | { readonly kind: 'waiting'; readonly for: string }
  | { readonly kind: 'connecting' }
  | { readonly kind: 'connected'; readonly sinceMs: number }
  | { readonly kind: 'backing-off'; readonly error: string }
  | { readonly kind: 'closed' }

const CONNECT_TIMEOUT_MS = 10_000

/**
 * Keeps one xDS stream to a management server open: connects, reconnects with a jittered back-off, and passes bytes
 * between the stream and an {@link XdsProtocol}. With the server gone everything that was applied stays.
 */
export class XdsClient {
  readonly #options: XdsClientOptions
  #state: XdsClientState = { kind: 'closed' }
  #client: Client | undefined
  #stream: ClientDuplexStream<Buffer, Buffer> | undefined
  #timer: Timer | undefined
  /** Ends the attempt when the address does not answer. */
  #deadline: Timer | undefined
  /** Responses are taken one after another. */
  #responses: Promise<void> = Promise.resolve()
  #cancelReady = () => {}
  #failures = 0
  #attempt = 0
  #flushScheduled = false
  #closed = false

  constructor(options: XdsClientOptions) {
    this.#options = options
  }

  get state(): XdsClientState {
    return this.#state
  }

  get cluster(): string {
    return this.#options.target.cluster
  }

  start(): void {
    const { ready } = this.#options
    if (ready === undefined || ready.isOpen) {
      this.#connect()
      return
    }
    this.#state = { kind: 'waiting', for: ready.label }
    this.#cancelReady = ready.whenOpen(() => this.#connect())
  }

  /** Wants a resource; requests of one turn of the event loop go out as one. */
  want(typeUrl: string, name: string): void {
    this.#options.protocol.want(typeUrl, name)
    this.#scheduleFlush()
  }

  drop(typeUrl: string, name: string): void {
    this.#options.protocol.drop(typeUrl, name)
    this.#scheduleFlush()
  }

  /** Ends the stream. Nothing that was applied is undone. */
  close(): void {
    this.#closed = true
    this.#cancelReady()
    this.#timer?.cancel()
    this.#disconnect()
    this.#state = { kind: 'closed' }
  }

  #scheduleFlush(): void {
    if (this.#flushScheduled || this.#closed) return
    this.#flushScheduled = true
    queueMicrotask(() => {
      this.#flushScheduled = false
      if (this.#stream === undefined) return
      for (const request of this.#options.protocol.flush()) this.#stream.write(asBuffer(request))
    })
  }

  #connect(): void {
    if (this.#closed) return
    this.#state = { kind: 'connecting' }
    const { target } = this.#options
    const address = target.addresses[this.#attempt++ % target.addresses.length]!
    this.#options.callMetadata().then(
      (pairs) => this.#open(address, pairs),
      (thrown: unknown) => this.#failed(`cannot connect to ${address}: ${errorMessage(thrown)}`),
    )
  }

  #open(address: string, pairs: readonly (readonly [string, string])[]): void {
    if (this.#closed) return
    const { target, protocol, clock, log } = this.#options
    const grpc = grpcLibrary()
    const metadata = new grpc.Metadata()
    for (const [name, value] of pairs) metadata.add(name, value)
    let client: Client
    let stream: ClientDuplexStream<Buffer, Buffer>
    try {
      client = new grpc.Client(address, target.credentials(), target.options)
      stream = client.makeBidiStreamRequest(protocol.method.path, identity, identity, metadata)
    } catch (thrown) {
      this.#failed(`cannot connect to ${address}: ${errorMessage(thrown)}`)
      return
    }
    this.#client = client
    this.#stream = stream
    log.debug('connecting to the management server', { cluster: target.cluster, address })
    // grpc-js would go on trying an address that does not answer; the next one may.
    this.#deadline = clock.setTimeout(() => {
      if (client.getChannel().getConnectivityState(false) !== grpc.connectivityState.READY)
        stream.destroy(new Error(`no connection within ${CONNECT_TIMEOUT_MS / 1000} s`))
    }, CONNECT_TIMEOUT_MS)
    const ended = (error: string) => {
      if (this.#stream !== stream) return
      this.#disconnect()
      this.#failed(`${address}: ${error}`)
    }
    stream.on('metadata', () => this.#established(stream, address))
    stream.on('data', (bytes: Buffer) => {
      if (this.#stream !== stream) return
      this.#established(stream, address)
      this.#responses = this.#responses.then(() => this.#receive(stream, bytes, ended))
    })
    stream.on('error', (error) => ended(describeError(error)))
    stream.on('end', () => ended('the stream was closed by the server'))
    stream.on('close', () => ended('the connection was closed'))
    for (const request of protocol.open()) stream.write(asBuffer(request))
  }

  #established(stream: ClientDuplexStream<Buffer, Buffer>, address: string): void {
    if (this.#stream !== stream || this.#state.kind === 'connected') return
    this.#state = { kind: 'connected', sinceMs: this.#options.clock.now() }
    this.#options.log.info('connected to the management server', { cluster: this.cluster, address })
    this.#options.onConnectedChange?.(true)
  }

  async #receive(
    stream: ClientDuplexStream<Buffer, Buffer>,
    bytes: Buffer,
    fail: (error: string) => void,
  ): Promise<void> {
    if (this.#stream !== stream) return
    const { protocol, log } = this.#options
    let outcome: ResponseOutcome | undefined
    try {
      outcome = await protocol.receive(bytes)
    } catch (thrown) {
      fail(errorMessage(thrown))
      return
    }
    if (outcome === undefined) return
    // A server that answers is one to come back to soon.
    this.#failures = 0
    const type = shortTypeName(outcome.typeUrl)
    for (const { name, message } of outcome.rejected)
      log.warn('resource rejected', { type, resource: name, reason: message, nonce: outcome.nonce })
    const { arrived, removed, rejected } = outcome
    log.debug('response', { type, arrived, removed, rejected: rejected.length, nonce: outcome.nonce })
    if (this.#stream === stream) stream.write(asBuffer(outcome.reply))
    this.#scheduleFlush()
    this.#options.onOutcome?.(outcome)
  }

  #disconnect(): void {
    const wasConnected = this.#state.kind === 'connected'
    this.#deadline?.cancel()
    const stream = this.#stream
    const client = this.#client
    this.#stream = undefined
    this.#client = undefined
    if (stream !== undefined) {
      stream.removeAllListeners()
      stream.on('error', () => {})
      stream.cancel()
    }
    client?.close()
    if (wasConnected) this.#options.onConnectedChange?.(false)
  }

  #failed(error: string): void {
    if (this.#closed) return
    const { clock, random, log, backOffBaseMs = 200, backOffMaxMs = 30_000 } = this.#options
    const ceiling = Math.min(backOffBaseMs * 2 ** Math.min(this.#failures, 20), backOffMaxMs)
    // Full jitter below, never at once: a restarted server would get every proxy in the same millisecond.
    const pauseMs = ceiling / 4 + random() * ceiling * 0.75
    this.#failures += 1
    this.#state = { kind: 'backing-off', error }
    const fields = { cluster: this.cluster, error, retryInMs: Math.round(pauseMs) }
    if (this.#failures === 1) log.warn('lost the management server; what was applied stays', fields)
    else log.debug('cannot reach the management server', fields)
    this.#timer = clock.setTimeout(() => this.#connect(), pauseMs)
  }
}

function identity(bytes: Buffer): Buffer {
  return bytes
}

function describeError(error: Error & { code?: number; details?: string }): string {
  const code = error.code === undefined ? '' : ` (${grpcLibrary().status[error.code] ?? error.code})`
  return `${error.details ?? error.message}${code}`
}
