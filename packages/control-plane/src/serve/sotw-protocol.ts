import { codec, contentVersion, FULL_STATE_TYPES, SotwSubscription, WILDCARD_TYPES } from '@batten/xds'
import { encodeSotwResponse } from './resource-frames.ts'
import type { ResourceMap } from './resource-overlay.ts'
import type { StreamProtocol, TypeSubscription, TypeUpdate } from './stream-protocol.ts'

const requests = codec('envoy.service.discovery.v3.DiscoveryRequest')

/** State-of-the-world xDS: a response of clusters or listeners lists all of them. */
export function createSotwProtocol(controlPlane: Buffer, maxNames: number): StreamProtocol {
  return {
    kind: 'sotw',
    canSplit: false,
    decode: (bytes) => {
      const body = requests.decode(bytes)
      return {
        typeUrl: body.typeUrl ?? '',
        node: body.node,
        responseNonce: body.responseNonce ?? '',
        error: body.errorDetail === undefined ? undefined : (body.errorDetail.message ?? ''),
        body,
      }
    },
    createSubscription: (typeUrl) => new SotwTypeSubscription(typeUrl, maxNames),
    encode: (response) => encodeSotwResponse(response, controlPlane),
  }
}

class SotwTypeSubscription implements TypeSubscription {
  readonly #subscription: SotwSubscription

  constructor(typeUrl: string, maxNames: number) {
    this.#subscription = new SotwSubscription({
      legacyWildcard: WILDCARD_TYPES.has(typeUrl),
      fullState: FULL_STATE_TYPES.has(typeUrl),
      maxNames,
    })
  }

  request(body: object) {
    return this.#subscription.request(body)
  }

  next(resources: ResourceMap, nonce: string): TypeUpdate | undefined {
    const update = this.#subscription.next(resources, versionOf(resources), nonce)
    return update === undefined ? undefined : { ...update, removed: [] }
  }

  force(names: Iterable<string>): void {
    this.#subscription.force(names)
  }

  wants(name: string): boolean {
    return this.#subscription.wants(name)
  }

  get isWildcard() {
    return this.#subscription.isWildcard
  }

  get names() {
    return this.#subscription.names
  }

  get sent() {
    return this.#subscription.sent
  }

  get needsAnswer() {
    return this.#subscription.needsAnswer
  }

  get awaitingAck() {
    return this.#subscription.awaitingAck
  }

  get lastNonce() {
    return this.#subscription.lastNonce
  }
}

const versions = new WeakMap<ResourceMap, string>()

/** A version of the whole set, computed once for all nodes that share it: equal sets have equal versions. */
function versionOf(resources: ResourceMap): string {
  let version = versions.get(resources)
  if (version === undefined) {
    const lines: string[] = []
    for (const [name, resource] of resources) lines.push(`${name}\0${resource.version}\n`)
    version = contentVersion(Buffer.from(lines.sort().join('')))
    versions.set(resources, version)
  }
  return version
}
