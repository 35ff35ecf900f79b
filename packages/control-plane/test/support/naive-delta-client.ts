import { codec, type DeltaDiscoveryRequest, type DeltaDiscoveryResponse, type Node } from '@batten/xds'

const requests = codec('envoy.service.discovery.v3.DeltaDiscoveryRequest')
const responses = codec('envoy.service.discovery.v3.DeltaDiscoveryResponse')

/** What the client has of one type. */
export interface ClientType {
  /** `*` included. */
  readonly wanted: Set<string>
  readonly resources: Map<string, { version: string; value: Uint8Array }>
  readonly absent: Set<string>
  started: boolean
}

/**
 * A delta client written straight from the protocol's text, sharing no code with the server: tests compare what it
 * ends up with to the view. Frames go through queues, so that a test decides what arrives when.
 */
export class NaiveDeltaClient {
  readonly types = new Map<string, ClientType>()
  /** Responses that have not arrived yet. */
  readonly incoming: Buffer[] = []
  /** Requests that have not arrived yet. */
  readonly outgoing: Buffer[] = []
  readonly #node: Node
  #isFirst = true
  /** Called after a response was applied. */
  onApplied: (response: DeltaDiscoveryResponse) => void = () => {}

  constructor(node: Node) {
    this.#node = node
  }

  type(typeUrl: string): ClientType {
    let type = this.types.get(typeUrl)
    if (type === undefined)
      this.types.set(
        typeUrl,
        (type = { wanted: new Set(), resources: new Map(), absent: new Set(), started: false }),
      )
    return type
  }

  subscribe(typeUrl: string, ...names: readonly string[]): void {
    const type = this.type(typeUrl)
    for (const name of names) type.wanted.add(name)
    type.started = true
    this.#send({ typeUrl, resourceNamesSubscribe: [...names] })
  }

  unsubscribe(typeUrl: string, ...names: readonly string[]): void {
    const type = this.type(typeUrl)
    if (!type.started) return
    for (const name of names) type.wanted.delete(name)
    this.#forget(type)
    this.#send({ typeUrl, resourceNamesUnsubscribe: [...names] })
  }

  /** Takes in the oldest response. A rejected one changes nothing; one that only removes has nothing to reject. */
  receive(reject = false): boolean {
    const frame = this.incoming.shift()
    if (frame === undefined) return false
    const response = responses.decode(frame)
    const typeUrl = response.typeUrl!
    if (reject && (response.resources ?? []).length > 0) {
      this.#send({ typeUrl, responseNonce: response.nonce!, errorDetail: { code: 3, message: 'no' } })
      return true
    }
    const type = this.type(typeUrl)
    for (const { name, version, resource } of response.resources ?? []) {
      if (!this.#wants(type, name!)) continue
      type.resources.set(name!, { version: version!, value: Uint8Array.from(resource!.value ?? []) })
      type.absent.delete(name!)
    }
    for (const name of response.removedResources ?? []) {
      type.resources.delete(name)
      if (type.wanted.has(name)) type.absent.add(name)
    }
    this.#send({ typeUrl, responseNonce: response.nonce! })
    this.onApplied(response)
    return true
  }

  /** The first requests of a new stream: what is wanted, and what is here. Whatever was on its way is lost. */
  reconnect(): void {
    this.incoming.length = 0
    this.outgoing.length = 0
    this.#isFirst = true
    for (const [typeUrl, type] of this.types) {
      if (!type.started) continue
      const versions: Record<string, string> = {}
      for (const [name, { version }] of type.resources) versions[name] = version
      this.#send({
        typeUrl,
        // Without a name the request would mean everything, for types that have that.
        resourceNamesSubscribe: type.wanted.size === 0 ? ['*'] : [...type.wanted],
        initialResourceVersions: type.wanted.size === 0 ? {} : versions,
      })
      if (type.wanted.size === 0) this.#send({ typeUrl, resourceNamesUnsubscribe: ['*'] })
    }
  }

  #wants(type: ClientType, name: string): boolean {
    return type.wanted.has('*') || type.wanted.has(name)
  }

  #forget(type: ClientType): void {
    for (const name of type.resources.keys()) if (!this.#wants(type, name)) type.resources.delete(name)
    for (const name of type.absent) if (!type.wanted.has(name)) type.absent.delete(name)
  }

  #send(request: DeltaDiscoveryRequest): void {
    const node = this.#isFirst ? { node: this.#node } : {}
    this.#isFirst = false
    this.outgoing.push(Buffer.from(requests.encode({ ...request, ...node })))
  }
}
