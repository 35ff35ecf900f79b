import {
  asBuffer,
  codec,
  contentVersion,
  type DeltaDiscoveryRequest,
  type DiscoveryRequest,
  FULL_STATE_TYPES,
  GRPC_METHODS,
  type MessageName,
  type MessageTypes,
  messageFromJson,
  type TypeUrl,
} from '@batten/xds'
import { Server, ServerCredentials, type ServerDuplexStream } from '@grpc/grpc-js'

type Stream = ServerDuplexStream<Buffer, Buffer>

interface Served {
  readonly version: string
  readonly value: Uint8Array
}

/** What the node said about one response. */
export interface Acknowledgement {
  readonly typeUrl: string
  readonly nonce: string
  /** undefined: an ACK. */
  readonly error: string | undefined
}

/** What one stream knows of one type. */
class TypeState {
  wildcard = false
  readonly names = new Set<string>()
  readonly sent = new Map<string, string>()
}

interface SotwState {
  names: readonly string[]
  /** Of what was sent last. */
  version: string
}

/**
 * A small management server for tests: delta and state-of-the-world ADS over plain gRPC on a port of its own. It sends
 * what was set to whoever asked for it, and records what the nodes say.
 */
export class XdsServer {
  readonly acknowledgements: Acknowledgement[] = []
  readonly requests: (DeltaDiscoveryRequest | DiscoveryRequest)[] = []
  /** Types that are asked for and not answered. */
  readonly silent = new Set<string>()
  port = 0
  #server = new Server()
  readonly #resources = new Map<string, Map<string, Served>>()
  readonly #streams = new Map<Stream, Map<string, TypeState>>()
  readonly #sotwStreams = new Map<Stream, Map<string, SotwState>>()
  #nonce = 0
  #waiters: (() => void)[] = []

  /** Starts on the port it had before, or on a free one. */
  async start(): Promise<this> {
    const identity = (bytes: Buffer) => bytes
    const method = (kind: 'deltaAggregatedResources' | 'streamAggregatedResources') => ({
      ...GRPC_METHODS[kind],
      requestSerialize: identity,
      requestDeserialize: identity,
      responseSerialize: identity,
      responseDeserialize: identity,
    })
    this.#server = new Server()
    this.#server.addService(
      { delta: method('deltaAggregatedResources'), sotw: method('streamAggregatedResources') },
      {
        delta: (stream: Stream) => this.#serveDelta(stream),
        sotw: (stream: Stream) => this.#serveSotw(stream),
      },
    )
    this.port = await new Promise<number>((resolve, reject) =>
      this.#server.bindAsync(`127.0.0.1:${this.port}`, ServerCredentials.createInsecure(), (error, port) =>
        error === null ? resolve(port) : reject(error),
      ),
    )
    return this
  }

  /** Ends every stream at once, as a killed process does. */
  stop(): void {
    this.#streams.clear()
    this.#sotwStreams.clear()
    this.#server.forceShutdown()
  }

  /** Ends the streams and goes on serving new ones. */
  disconnectAll(): void {
    for (const stream of [...this.#streams.keys(), ...this.#sotwStreams.keys()]) stream.end()
    this.#streams.clear()
    this.#sotwStreams.clear()
  }

  get streamCount(): number {
    return this.#streams.size
  }

  /** Sets a resource from its JSON form and sends it to whoever wants it. */
  set<N extends MessageName>(typeUrl: TypeUrl, name: string, json: object): void {
    this.setJson<N>(typeUrl, name, json)
    this.push(typeUrl)
  }

  /** Sets a resource; it is sent with the next change. */
  setJson<N extends MessageName>(typeUrl: TypeUrl, name: string, json: object): void {
    const message = typeUrl.slice(typeUrl.indexOf('/') + 1) as N
    this.setBytes(typeUrl, name, codec(message).encode(messageFromJson(message, json) as MessageTypes[N]))
  }

  /** Sets a resource without sending it. */
  setBytes(typeUrl: TypeUrl, name: string, value: Uint8Array): void {
    this.#of(typeUrl).set(name, { version: contentVersion(value), value })
  }

  remove(typeUrl: TypeUrl, name: string): void {
    this.#of(typeUrl).delete(name)
    this.push(typeUrl)
  }

  /** Resolves when the condition holds; it is looked at after every request. */
  async until(condition: () => boolean, timeoutMs = 5000): Promise<void> {
    const deadline = Date.now() + timeoutMs
    while (!condition()) {
      if (Date.now() > deadline) throw new Error(`it did not happen: ${condition}`)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 5)
        this.#waiters.push(() => {
          clearTimeout(timer)
          resolve()
        })
      })
    }
  }

  /** The last word of the nodes about a type. */
  lastAcknowledgement(typeUrl: string): Acknowledgement | undefined {
    return this.acknowledgements.findLast((entry) => entry.typeUrl === typeUrl)
  }

  push(typeUrl: string): void {
    for (const [stream, types] of this.#sotwStreams) {
      const state = types.get(typeUrl)
      if (state !== undefined) this.#sendSotw(stream, typeUrl, state)
    }
    for (const [stream, types] of this.#streams) {
      const state = types.get(typeUrl)
      if (state !== undefined) this.#sendDelta(stream, typeUrl, state, new Set(), false)
    }
  }

  /** Sends a delta response as it is. */
  sendRaw(response: MessageTypes['envoy.service.discovery.v3.DeltaDiscoveryResponse']): void {
    for (const stream of [...this.#streams.keys(), ...this.#sotwStreams.keys()])
      stream.write(asBuffer(codec('envoy.service.discovery.v3.DeltaDiscoveryResponse').encode(response)))
  }

  #of(typeUrl: string): Map<string, Served> {
    let resources = this.#resources.get(typeUrl)
    if (resources === undefined) this.#resources.set(typeUrl, (resources = new Map()))
    return resources
  }

  #serveDelta(stream: Stream): void {
    const types = new Map<string, TypeState>()
    this.#streams.set(stream, types)
    stream.on('data', (bytes: Buffer) => {
      // What arrives after the stream was ended must not be answered.
      if (!this.#streams.has(stream)) return
      const request = codec('envoy.service.discovery.v3.DeltaDiscoveryRequest').decode(bytes)
      this.#note(request)
      const typeUrl = request.typeUrl ?? ''
      const nonce = request.responseNonce ?? ''
      if (nonce !== '') {
        this.acknowledgements.push({ typeUrl, nonce, error: request.errorDetail?.message })
        this.#wake()
        return
      }
      let state = types.get(typeUrl)
      const isFirst = state === undefined
      if (state === undefined) types.set(typeUrl, (state = new TypeState()))
      if (isFirst)
        for (const [name, version] of Object.entries(request.initialResourceVersions ?? {}))
          state.sent.set(name, version)
      const subscribe = request.resourceNamesSubscribe ?? []
      if ((isFirst && subscribe.length === 0) || subscribe.includes('*')) state.wildcard = true
      const named = new Set(subscribe.filter((name) => name !== '*'))
      for (const name of named) state.names.add(name)
      for (const name of request.resourceNamesUnsubscribe ?? []) {
        state.names.delete(name)
        state.sent.delete(name)
      }
      const asked = isFirst ? new Set([...named].filter((name) => !state.sent.has(name))) : named
      if (!this.silent.has(typeUrl)) this.#sendDelta(stream, typeUrl, state, asked, isFirst)
      this.#wake()
    })
    stream.on('error', () => this.#streams.delete(stream))
    stream.on('end', () => {
      this.#streams.delete(stream)
      stream.end()
    })
  }

  #sendDelta(
    stream: Stream,
    typeUrl: string,
    state: TypeState,
    asked: ReadonlySet<string>,
    mustAnswer: boolean,
  ): void {
    if (this.silent.has(typeUrl)) return
    const all = this.#of(typeUrl)
    const wanted = state.wildcard ? new Set([...all.keys(), ...state.names]) : state.names
    const resources = [...wanted].flatMap((name) => {
      const served = all.get(name)
      if (served === undefined || (state.sent.get(name) === served.version && !asked.has(name))) return []
      state.sent.set(name, served.version)
      return [{ name, version: served.version, resource: { typeUrl, value: served.value } }]
    })
    const gone = new Set([...state.sent.keys(), ...asked].filter((name) => !all.has(name)))
    for (const name of gone) state.sent.delete(name)
    if (resources.length === 0 && gone.size === 0 && !(mustAnswer && state.wildcard)) return
    const response = { typeUrl, nonce: String(++this.#nonce), resources, removedResources: [...gone] }
    stream.write(asBuffer(codec('envoy.service.discovery.v3.DeltaDiscoveryResponse').encode(response)))
  }

  #serveSotw(stream: Stream): void {
    const types = new Map<string, SotwState>()
    this.#sotwStreams.set(stream, types)
    stream.on('data', (bytes: Buffer) => {
      if (!this.#sotwStreams.has(stream)) return
      const request = codec('envoy.service.discovery.v3.DiscoveryRequest').decode(bytes)
      this.#note(request)
      const typeUrl = request.typeUrl ?? ''
      const nonce = request.responseNonce ?? ''
      if (nonce !== '') this.acknowledgements.push({ typeUrl, nonce, error: request.errorDetail?.message })
      let state = types.get(typeUrl)
      if (state === undefined) types.set(typeUrl, (state = { names: [], version: '' }))
      const names = request.resourceNames ?? []
      // What is named anew is answered, though it may have been sent before: the node has forgotten it since.
      const known = state.names
      if (names.some((name) => !known.includes(name))) state.version = ''
      state.names = names
      this.#sendSotw(stream, typeUrl, state)
      this.#wake()
    })
    stream.on('error', () => this.#sotwStreams.delete(stream))
    stream.on('end', () => {
      this.#sotwStreams.delete(stream)
      stream.end()
    })
  }

  /** Listeners and clusters all, other types those that are named; nothing when that is what was sent last. */
  #sendSotw(stream: Stream, typeUrl: string, state: SotwState): void {
    if (this.silent.has(typeUrl)) return
    const isFull = FULL_STATE_TYPES.has(typeUrl)
    const resources = [...this.#of(typeUrl)].filter(([name]) => isFull || state.names.includes(name))
    const version = contentVersion(
      Buffer.from(JSON.stringify(resources.map(([name, served]) => [name, served.version]))),
    )
    if (state.version === version || (!isFull && resources.length === 0)) return
    state.version = version
    const response = {
      typeUrl,
      versionInfo: version,
      nonce: String(++this.#nonce),
      resources: resources.map(([, { value }]) => ({ typeUrl, value })),
    }
    stream.write(asBuffer(codec('envoy.service.discovery.v3.DiscoveryResponse').encode(response)))
  }

  #note(request: DeltaDiscoveryRequest | DiscoveryRequest): void {
    this.requests.push(request)
  }

  #wake(): void {
    const waiters = this.#waiters
    this.#waiters = []
    for (const waiter of waiters) waiter()
  }
}

/** A bootstrap whose clusters and listeners come from a server, by delta or state-of-the-world ADS. */
export function adsBootstrap(port: number, more: { delta?: boolean; fetchTimeout?: string } = {}): object {
  const source = { ads: {}, initial_fetch_timeout: more.fetchTimeout ?? '0s', resource_api_version: 'V3' }
  return {
    node: { id: 'sidecar~127.0.0.1~a.default~default.svc.cluster.local', cluster: 'a.default' },
    admin: { address: { socket_address: { address: '127.0.0.1', port_value: 0 } } },
    dynamic_resources: {
      ads_config: {
        api_type: more.delta === false ? 'GRPC' : 'DELTA_GRPC',
        transport_api_version: 'V3',
        set_node_on_first_message_only: true,
        grpc_services: [{ envoy_grpc: { cluster_name: 'xds-grpc' } }],
      },
      lds_config: source,
      cds_config: source,
    },
    static_resources: {
      clusters: [
        {
          name: 'xds-grpc',
          typed_extension_protocol_options: {
            'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
              '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
              explicit_http_config: { http2_protocol_options: {} },
            },
          },
          load_assignment: {
            cluster_name: 'xds-grpc',
            endpoints: [
              {
                lb_endpoints: [
                  { endpoint: { address: { socket_address: { address: '127.0.0.1', port_value: port } } } },
                ],
              },
            ],
          },
        },
      ],
    },
  }
}
