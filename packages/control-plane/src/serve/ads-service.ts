import { BattenError, type Clock, type Logger, silentLogger, systemClock } from '@batten/core'
import { GRPC_METHODS } from '@batten/xds'
import { type ServerDuplexStream, type ServiceDefinition, status } from '@grpc/grpc-js'
import { controlPlaneError } from '../errors.ts'
import type { XdsNode } from '../model/node.ts'
import { AdsStream, type AdsStreamLimits, type NodeSnapshot } from './ads-stream.ts'
import { type CallAuthenticator, type CallerIdentity, checkNodeIdentity } from './authenticate.ts'
import { createDeltaProtocol } from './delta-protocol.ts'
import { parseNode } from './parse-node.ts'
import { encodeControlPlane } from './resource-frames.ts'
import { createSotwProtocol } from './sotw-protocol.ts'
import { type AdmissionLimits, StreamAdmission } from './stream-admission.ts'
import type { StreamEvents } from './stream-events.ts'
import type { StreamProtocol } from './stream-protocol.ts'

type Call = ServerDuplexStream<Buffer, Buffer>

const raw = {
  requestSerialize: (bytes: Buffer) => bytes,
  requestDeserialize: (bytes: Buffer) => bytes,
  responseSerialize: (bytes: Buffer) => bytes,
  responseDeserialize: (bytes: Buffer) => bytes,
}

/** The aggregated discovery service for @grpc/grpc-js, on raw bytes. */
export const ADS_SERVICE: ServiceDefinition = {
  streamAggregatedResources: { ...GRPC_METHODS.streamAggregatedResources, ...raw },
  deltaAggregatedResources: { ...GRPC_METHODS.deltaAggregatedResources, ...raw },
}

/** One open stream. */
export interface Connection {
  readonly id: string
  readonly peer: string
  /** Milliseconds since the epoch. */
  readonly connectedAt: number
  readonly identity: CallerIdentity | undefined
  readonly stream: AdsStream
}

export interface AdsServiceLimits extends AdsStreamLimits, AdmissionLimits {
  /** Names of one type that a stream may ask for. Default: 100 000. */
  readonly maxNames: number
  /** A stream is ended after this time, plus or minus a tenth, so that load spreads over replicas. Default: 30 min. */
  readonly maxStreamAgeMs: number
  /** A stream that has not said who it is by then is ended. Default: 15 s. */
  readonly firstRequestMs: number
}

export interface AdsServiceOptions {
  /** What responses call their sender. */
  readonly identifier: string
  readonly authenticator: CallAuthenticator
  readonly trustDomain: string
  /** False while the mesh is not known completely: then nobody is served, because absence would mean deletion. */
  isReady(): boolean
  /** What a node sees now. */
  snapshotFor(node: XdsNode, identity: CallerIdentity | undefined): NodeSnapshot
  readonly events: StreamEvents
  /** A stream was refused or ended by an error. */
  onRefused?(error: BattenError, peer: string): void
  /** The number of streams whose node is known has changed. */
  onConnections?(count: number): void
  readonly limits?: Partial<AdsServiceLimits>
  readonly clock?: Clock
  readonly random?: () => number
  readonly log?: Logger
}

/** Binds {@link AdsStream}s to gRPC calls: authentication, admission, age, errors. */
export class AdsService {
  readonly connections = new Map<string, Connection>()
  readonly #options: AdsServiceOptions
  readonly #clock: Clock
  readonly #log: Logger
  readonly #admission: StreamAdmission
  readonly #calls = new Set<Call>()
  readonly #streams = new Map<Call, AdsStream>()
  readonly #delta: StreamProtocol
  readonly #sotw: StreamProtocol
  #lastId = 0

  constructor(options: AdsServiceOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#log = options.log ?? silentLogger
    this.#admission = new StreamAdmission(options.limits, this.#clock)
    const controlPlane = encodeControlPlane(options.identifier)
    const maxNames = options.limits?.maxNames ?? 100_000
    this.#delta = createDeltaProtocol(controlPlane, maxNames)
    this.#sotw = createSotwProtocol(controlPlane, maxNames)
  }

  /** Handlers for {@link ADS_SERVICE}; `requireIdentity` on the secure port. */
  handlers(requireIdentity: boolean) {
    return {
      streamAggregatedResources: (call: Call) => void this.#serve(call, this.#sotw, requireIdentity),
      deltaAggregatedResources: (call: Call) => void this.#serve(call, this.#delta, requireIdentity),
    }
  }

  /** Ends every stream in order; nodes keep what they have and connect again. */
  close(): void {
    for (const call of this.#calls) this.#end(call)
  }

  async #serve(call: Call, protocol: StreamProtocol, requireIdentity: boolean): Promise<void> {
    const peer = call.getPeer()
    let isInside = false
    let isOver = false
    const leave = () => {
      isOver = true
      this.#calls.delete(call)
      if (isInside) this.#admission.release()
      isInside = false
    }
    call.once('close', leave)
    call.once('cancelled', leave)
    call.on('error', () => leave())
    this.#calls.add(call)
    try {
      if (!this.#options.isReady()) throw new NotReady()
      await this.#admission.enter()
      isInside = true
      if (isOver) return leave()
      const identity = requireIdentity ? await this.#identify(call) : undefined
      if (isOver) return
      this.#connect(call, protocol, identity)
    } catch (error) {
      this.#refuse(call, peer, error)
    }
  }

  async #identify(call: Call): Promise<CallerIdentity> {
    const identity = await this.#options.authenticator.authenticate(call)
    if (identity !== undefined) return identity
    throw controlPlaneError('AUTH_REQUIRED', {
      message: 'authentication failure: no client certificate of this mesh and no token',
      hint: 'send a client certificate, or "authorization: Bearer <token>"',
    })
  }

  #connect(call: Call, protocol: StreamProtocol, identity: CallerIdentity | undefined): void {
    const peer = call.getPeer()
    const fail = (error: unknown) => {
      stream.close()
      this.#refuse(call, peer, error)
    }
    const stream: AdsStream = new AdsStream({
      protocol,
      clock: this.#clock,
      events: this.#options.events,
      ...(this.#options.limits === undefined ? {} : { limits: this.#options.limits }),
      send: (frame) => void call.write(frame),
      isBackedUp: () => call.writableNeedDrain,
      onError: fail,
      admit: (message) => {
        const node = parseNode(message)
        if (identity !== undefined) checkNodeIdentity(node, identity, this.#options.trustDomain)
        const id = `${node.id}-${++this.#lastId}`
        this.connections.set(id, { id, peer, connectedAt: this.#clock.now(), identity, stream })
        this.#options.onConnections?.(this.connections.size)
        call.once('close', () => {
          this.connections.delete(id)
          this.#options.onConnections?.(this.connections.size)
        })
        this.#log.info('ADS: new connection', { node: node.id, peer, protocol: protocol.kind })
        return { node, snapshot: this.#options.snapshotFor(node, identity) }
      },
    })
    const age = this.#clock.setTimeout(() => this.#end(call), this.#maxAgeMs())
    const firstRequestMs = this.#options.limits?.firstRequestMs ?? 15_000
    const silence = this.#clock.setTimeout(() => {
      if (stream.node === undefined) fail(noRequest(firstRequestMs))
    }, firstRequestMs)
    this.#streams.set(call, stream)
    const end = () => {
      age.cancel()
      silence.cancel()
      stream.close()
      this.#streams.delete(call)
      if (stream.node !== undefined) this.#log.info('ADS: connection closed', { node: stream.node.id, peer })
    }
    call.once('close', end)
    call.on('drain', () => stream.flush())
    call.on('end', () => this.#end(call))
    call.on('data', (bytes: Buffer) => {
      try {
        stream.receive(bytes)
      } catch (error) {
        fail(error)
      }
    })
  }

  /** Ends a call in order. Nothing may be written after that. */
  #end(call: Call): void {
    this.#streams.get(call)?.close()
    call.end()
  }

  #maxAgeMs(): number {
    const spread = 0.9 + (this.#options.random ?? Math.random)() * 0.2
    return (this.#options.limits?.maxStreamAgeMs ?? 30 * 60_000) * spread
  }

  #refuse(call: Call, peer: string, thrown: unknown): void {
    const error = BattenError.from(thrown)
    this.#log.warn('ADS: stream refused', {
      peer,
      error: error.message,
      code: error.code,
      where: error.where,
    })
    this.#options.onRefused?.(error, peer)
    const code = thrown instanceof NotReady ? status.UNAVAILABLE : (GRPC_CODES[error.code] ?? status.INTERNAL)
    // A message may quote what came from the network; grpc-js cannot send half a character.
    const details = error.message.toWellFormed()
    call.emit('error', Object.assign(new Error(details), { code, details }))
  }
}

function noRequest(ms: number) {
  return controlPlaneError('XDS_BAD_REQUEST', { message: `no discovery request came within ${ms / 1000} s` })
}

class NotReady extends Error {
  constructor() {
    super('server is not ready to serve discovery information')
  }
}

const GRPC_CODES: Readonly<Record<string, status>> = {
  AUTH_REQUIRED: status.UNAUTHENTICATED,
  AUTH_TOKEN_REJECTED: status.UNAUTHENTICATED,
  AUTH_IDENTITY_MISMATCH: status.PERMISSION_DENIED,
  XDS_BAD_NODE: status.INVALID_ARGUMENT,
  XDS_BAD_REQUEST: status.INVALID_ARGUMENT,
  XDS_DECODE_FAILED: status.INVALID_ARGUMENT,
  XDS_LIMIT: status.RESOURCE_EXHAUSTED,
  XDS_TOO_MANY_NAMES: status.RESOURCE_EXHAUSTED,
}
