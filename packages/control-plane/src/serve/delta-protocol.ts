import { codec, DeltaSubscription, WILDCARD_TYPES } from '@batten/xds'
import { encodeDeltaResponse } from './resource-frames.ts'
import type { ResourceMap } from './resource-overlay.ts'
import type { StreamProtocol, TypeSubscription, TypeUpdate } from './stream-protocol.ts'

const requests = codec('envoy.service.discovery.v3.DeltaDiscoveryRequest')

/** Incremental xDS: only what changed travels, and a reconnecting node says what it still has. */
export function createDeltaProtocol(controlPlane: Buffer, maxNames: number): StreamProtocol {
  return {
    kind: 'delta',
    canSplit: true,
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
    createSubscription: (typeUrl) => new DeltaTypeSubscription(typeUrl, maxNames),
    encode: ({ version, ...response }) =>
      encodeDeltaResponse({ ...response, systemVersion: version }, controlPlane),
  }
}

class DeltaTypeSubscription implements TypeSubscription {
  readonly #subscription: DeltaSubscription

  constructor(typeUrl: string, maxNames: number) {
    this.#subscription = new DeltaSubscription({ legacyWildcard: WILDCARD_TYPES.has(typeUrl), maxNames })
  }

  request(body: object) {
    return this.#subscription.request(body)
  }

  next(resources: ResourceMap, nonce: string): TypeUpdate | undefined {
    const update = this.#subscription.next(resources, nonce)
    // `system_version_info` is for people only, and nothing here needs it.
    return update === undefined ? undefined : { ...update, version: '' }
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
