import { codec, type DiscoveryRequest, FULL_STATE_TYPES, type Node } from '@batten/xds'

const requests = codec('envoy.service.discovery.v3.DiscoveryRequest')
const responses = codec('envoy.service.discovery.v3.DiscoveryResponse')

interface ClientType {
  names: readonly string[]
  isStarted: boolean
  /** By name. */
  readonly resources: Map<string, Uint8Array>
  version: string
  nonce: string
}

/** A state-of-the-world client written straight from the protocol's text; see `NaiveDeltaClient`. */
export class NaiveSotwClient {
  readonly types = new Map<string, ClientType>()
  readonly incoming: Buffer[] = []
  readonly outgoing: Buffer[] = []
  readonly #node: Node
  readonly #nameOf: (value: Uint8Array) => string
  #isFirst = true

  constructor(node: Node, nameOf: (value: Uint8Array) => string) {
    this.#node = node
    this.#nameOf = nameOf
  }

  type(typeUrl: string): ClientType {
    let type = this.types.get(typeUrl)
    if (type === undefined)
      this.types.set(
        typeUrl,
        (type = { names: [], isStarted: false, resources: new Map(), version: '', nonce: '' }),
      )
    return type
  }

  /** Wants exactly these names from now on; `*` is everything. */
  want(typeUrl: string, names: readonly string[]): void {
    const type = this.type(typeUrl)
    if (type.isStarted && names.length === 0 && type.names.length === 0) return
    type.names = names
    type.isStarted = true
    for (const name of type.resources.keys()) if (!this.wants(typeUrl, name)) type.resources.delete(name)
    this.#send(typeUrl, type)
  }

  wants(typeUrl: string, name: string): boolean {
    const { names } = this.type(typeUrl)
    return names.includes('*') || names.includes(name)
  }

  receive(reject = false): boolean {
    const frame = this.incoming.shift()
    if (frame === undefined) return false
    const response = responses.decode(frame)
    const typeUrl = response.typeUrl!
    const type = this.type(typeUrl)
    type.nonce = response.nonce!
    if (reject) {
      this.#send(typeUrl, type, { errorDetail: { code: 3, message: 'no' } })
      return true
    }
    if (FULL_STATE_TYPES.has(typeUrl)) type.resources.clear()
    for (const { value = new Uint8Array() } of response.resources ?? []) {
      const name = this.#nameOf(value)
      if (this.wants(typeUrl, name)) type.resources.set(name, Uint8Array.from(value))
    }
    type.version = response.versionInfo ?? ''
    this.#send(typeUrl, type)
    return true
  }

  reconnect(): void {
    this.incoming.length = 0
    this.outgoing.length = 0
    this.#isFirst = true
    for (const [typeUrl, type] of this.types) {
      if (!type.isStarted || type.names.length === 0) {
        type.isStarted = false
        continue
      }
      type.nonce = ''
      this.#send(typeUrl, type)
    }
  }

  #send(typeUrl: string, type: ClientType, rest: DiscoveryRequest = {}): void {
    const node = this.#isFirst ? { node: this.#node } : {}
    this.#isFirst = false
    const request = {
      typeUrl,
      versionInfo: type.version,
      responseNonce: type.nonce,
      resourceNames: [...type.names],
      ...rest,
      ...node,
    }
    this.outgoing.push(Buffer.from(requests.encode(request)))
  }
}
