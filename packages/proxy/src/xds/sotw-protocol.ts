import { BattenError, errorMessage } from '@batten/core'
import {
  type Any,
  anyName,
  codec,
  contentVersion,
  FULL_STATE_TYPES,
  GRPC_METHODS,
  type GrpcMethod,
  type Node,
  SotwClientSubscription,
} from '@batten/xds'
import { rejectionOf } from './nack.ts'
import type { ResponseOutcome, XdsProtocol } from './protocol.ts'
import type { ArrivedResource, RejectedResource, ResourceHandler } from './resource-handler.ts'

const requests = codec('envoy.service.discovery.v3.DiscoveryRequest')
const responses = codec('envoy.service.discovery.v3.DiscoveryResponse')
const wrappers = codec('envoy.service.discovery.v3.Resource')

/** State-of-the-world xDS: a response of listeners or clusters lists all there are; other types come as they change. */
export class SotwProtocol implements XdsProtocol {
  readonly method: GrpcMethod
  readonly #node: Node
  readonly #handlers: ReadonlyMap<string, ResourceHandler>
  readonly #subscriptions = new Map<string, SotwClientSubscription>()
  #nodeSent = false
  /** Grows with every stream. */
  #epoch = 0

  /** @param wildcards - type URLs of which everything is wanted, in the order in which they are asked for */
  constructor(
    node: Node,
    handlers: readonly ResourceHandler[],
    wildcards: readonly string[],
    method: GrpcMethod = GRPC_METHODS.streamAggregatedResources,
  ) {
    this.method = method
    this.#node = node
    this.#handlers = new Map(handlers.map((handler) => [handler.typeUrl, handler]))
    for (const typeUrl of wildcards) this.#subscription(typeUrl).subscribeAll()
  }

  want(typeUrl: string, name: string): void {
    this.#subscription(typeUrl).subscribe([name])
  }

  drop(typeUrl: string, name: string): void {
    this.#subscription(typeUrl).unsubscribe([name])
  }

  open(): Uint8Array[] {
    this.#epoch++
    this.#nodeSent = false
    for (const subscription of this.#subscriptions.values()) subscription.reconnect()
    return this.flush()
  }

  flush(): Uint8Array[] {
    const result: Uint8Array[] = []
    for (const subscription of this.#subscriptions.values()) {
      const request = subscription.nextRequest()
      if (request === undefined) continue
      result.push(requests.encode(this.#nodeSent ? request : { ...request, node: this.#node }))
      this.#nodeSent = true
    }
    return result
  }

  async receive(bytes: Uint8Array): Promise<ResponseOutcome | undefined> {
    const response = responses.decode(bytes)
    const typeUrl = response.typeUrl ?? ''
    const nonce = response.nonce ?? ''
    const subscription = this.#subscriptions.get(typeUrl)
    const handler = this.#handlers.get(typeUrl)
    if (handler === undefined || subscription === undefined)
      throw new BattenError('PROXY_XDS_PROTOCOL', {
        message: `the management server sent ${typeUrl || 'a response without a type URL'}, which was not asked for`,
      })
    const { arrived, duplicate, rejected } = unwrap(response.resources ?? [], handler)
    let removed: string[] = []
    if (duplicate === undefined) {
      // A resource that cannot be read may be any of those that we have, so nothing is taken as removed then.
      if (FULL_STATE_TYPES.has(typeUrl) && rejected.length === 0) {
        const present = new Set(arrived.map(({ name }) => name))
        removed = [...subscription.versions.keys()].filter((name) => !present.has(name))
      }
      const wanted = arrived.filter(({ name }) => subscription.wants(name))
      const epoch = this.#epoch
      rejected.push(...(await handler.apply(wanted, removed)))
      if (epoch !== this.#epoch) return undefined
    } else
      rejected.push({
        name: duplicate,
        message: `resource ${JSON.stringify(duplicate)} is twice in one response`,
      })
    const rejection = rejectionOf(rejected, duplicate !== undefined)
    const reply = subscription.settle(nonce, response.versionInfo ?? '', arrived, rejection)
    return {
      typeUrl,
      nonce,
      arrived: arrived.length,
      removed: removed.length,
      rejected,
      reply: requests.encode(reply),
    }
  }

  #subscription(typeUrl: string): SotwClientSubscription {
    let subscription = this.#subscriptions.get(typeUrl)
    if (subscription === undefined) {
      subscription = new SotwClientSubscription(typeUrl)
      this.#subscriptions.set(typeUrl, subscription)
    }
    return subscription
  }
}

/** Resources with the names inside them; some servers wrap each in a `Resource`. */
function unwrap(
  resources: readonly Any[],
  handler: ResourceHandler,
): { arrived: ArrivedResource[]; duplicate: string | undefined; rejected: RejectedResource[] } {
  const arrived: ArrivedResource[] = []
  const rejected: RejectedResource[] = []
  const seen = new Set<string>()
  let duplicate: string | undefined
  resources.forEach((any, i) => {
    try {
      const isWrapped = anyName(any) === 'envoy.service.discovery.v3.Resource'
      const inner = isWrapped ? wrappers.decode(any.value ?? EMPTY).resource : any
      if ((inner?.typeUrl ?? '') !== handler.typeUrl)
        throw new TypeError(`is a ${inner?.typeUrl || 'message without a type'}`)
      const value = inner!.value ?? EMPTY
      const name = handler.nameOf(value)
      if (seen.has(name)) duplicate ??= name
      seen.add(name)
      arrived.push({ name, version: contentVersion(value), value })
    } catch (thrown) {
      rejected.push({ name: `#${i}`, message: `resource ${i} of the response: ${errorMessage(thrown)}` })
    }
  })
  return { arrived, duplicate, rejected }
}

const EMPTY = new Uint8Array(0)
