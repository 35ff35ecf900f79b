import { type Clock, errorMessage, type Logger, type Timer } from '@batten/core'
import { shortTypeName } from '@batten/xds'
import type { GrpcCall } from '../grpc/grpc-call.ts'
import type { GrpcChannel } from '../grpc/grpc-channel.ts'
import { GrpcCode, type GrpcStatus, grpcCodeName } from '../grpc/grpc-status.ts'
import { ConnectError, type PendingConnect } from '../network/connect.ts'
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

/** Requests that the server does not read. It sends no response without having read what came before. */
const MAX_UNREAD_BYTES = 64 * 1024 * 1024

/**
 * Keeps one xDS stream to a management server open: connects, reconnects with a jittered back-off, and passes bytes
 * between the stream and an {@link XdsProtocol}. With the server gone everything that was applied stays.
 */
export class XdsClient {
  readonly #options: XdsClientOptions
  #state: XdsClientState = { kind: 'closed' }
  #connecting: PendingConnect | undefined
  #channel: GrpcChannel | undefined
  #stream: GrpcCall | undefined
  #timer: Timer | undefined
  /** Responses are taken one after another, those of the next stream after the last of this one. */
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
    this.#options.target.close()
    this.#state = { kind: 'closed' }
  }

  #scheduleFlush(): void {
    if (this.#flushScheduled || this.#closed) return
    this.#flushScheduled = true
    queueMicrotask(() => {
      this.#flushScheduled = false
      if (this.#stream === undefined) return
      for (const request of this.#options.protocol.flush()) this.#stream.send(request)
    })
  }

  #connect(): void {
    if (this.#closed) return
    this.#state = { kind: 'connecting' }
    const { target } = this.#options
    const index = this.#attempt++ % target.addresses.length
    const address = target.addresses[index]!
    this.#options.callMetadata().then(
      (pairs) => this.#open(index, address, pairs),
      (thrown: unknown) => this.#failed(`cannot connect to ${address}: ${errorMessage(thrown)}`),
    )
  }

  #open(index: number, address: string, metadata: readonly (readonly [string, string])[]): void {
    if (this.#closed) return
    const { target, clock, log } = this.#options
    log.debug('connecting to the management server', { cluster: target.cluster, address })
    try {
      this.#connecting = target.connect(index, clock, (result) => {
        this.#connecting = undefined
        if (result instanceof ConnectError) this.#failed(describeFailure(address, result))
        else this.#start(result, address, metadata)
      })
    } catch (thrown) {
      this.#failed(`cannot connect to ${address}: ${errorMessage(thrown)}`)
    }
  }

  #start(channel: GrpcChannel, address: string, metadata: readonly (readonly [string, string])[]): void {
    const { protocol } = this.#options
    this.#channel = channel
    let stream: GrpcCall
    try {
      stream = channel.start(
        protocol.method.path,
        {
          onMetadata: () => this.#established(stream, address),
          onMessage: (bytes) => {
            this.#established(stream, address)
            const received = this.#responses.then(() => this.#receive(stream, address, bytes))
            this.#responses = received.catch(() => {})
            // The server gets room for the next response when this one was dealt with.
            return received
          },
          onStatus: (status) => this.#ended(stream, `${address}: ${describeStatus(status)}`),
        },
        { metadata },
      )
    } catch (thrown) {
      this.#disconnect()
      this.#failed(`cannot connect to ${address}: ${errorMessage(thrown)}`)
      return
    }
    this.#stream = stream
    for (const request of protocol.open()) stream.send(request)
  }

  #ended(stream: GrpcCall, error: string): void {
    if (this.#stream !== stream) return
    this.#disconnect()
    this.#failed(error)
  }

  #established(stream: GrpcCall, address: string): void {
    if (this.#stream !== stream || this.#state.kind === 'connected') return
    this.#state = { kind: 'connected', sinceMs: this.#options.clock.now() }
    this.#options.log.info('connected to the management server', { cluster: this.cluster, address })
    this.#options.onConnectedChange?.(true)
  }

  async #receive(stream: GrpcCall, address: string, bytes: Buffer): Promise<void> {
    if (this.#stream !== stream) return
    const { protocol, log } = this.#options
    let outcome: ResponseOutcome | undefined
    try {
      outcome = await protocol.receive(bytes)
    } catch (thrown) {
      this.#ended(stream, `${address}: ${errorMessage(thrown)}`)
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
    if (this.#stream === stream) stream.send(outcome.reply)
    this.#scheduleFlush()
    this.#options.onOutcome?.(outcome)
    if (stream.queuedBytes > MAX_UNREAD_BYTES)
      this.#ended(stream, `${address}: the server does not read what it is sent`)
  }

  #disconnect(): void {
    const wasConnected = this.#state.kind === 'connected'
    this.#connecting?.cancel()
    this.#stream?.cancel()
    this.#channel?.close()
    this.#connecting = undefined
    this.#stream = undefined
    this.#channel = undefined
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

/** The message names the address that was tried, which may be one of several of a name. */
function describeFailure(address: string, { message }: ConnectError): string {
  return message.includes(address) ? message : `${address}: ${message}`
}

function describeStatus({ code, message }: GrpcStatus): string {
  if (code === GrpcCode.ok) return 'the stream was closed by the server'
  return `${message || 'no reason given'} (${grpcCodeName(code)})`
}
