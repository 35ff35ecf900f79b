import { BattenError } from '@batten/core'
import {
  codec,
  DeltaClientSubscription,
  GRPC_METHODS,
  type GrpcMethod,
  type Node,
  type Resource,
} from '@batten/xds'
import { rejectionOf } from './nack.ts'
import type { ResponseOutcome, XdsProtocol } from './protocol.ts'
import type { ArrivedResource, RejectedResource, ResourceHandler } from './resource-handler.ts'

const requests = codec('envoy.service.discovery.v3.DeltaDiscoveryRequest')
const responses = codec('envoy.service.discovery.v3.DeltaDiscoveryResponse')

/** Incremental xDS: only what changed travels, and a new stream says what it still has. */
export class DeltaProtocol implements XdsProtocol {
  readonly method: GrpcMethod
  readonly #node: Node
  readonly #handlers: ReadonlyMap<string, ResourceHandler>
  /** In the order of the first requests. */
  readonly #subscriptions = new Map<string, DeltaClientSubscription>()
  #nodeSent = false
  /** Grows with every stream. */
  #epoch = 0

  /** @param wildcards - type URLs of which everything is wanted, in the order in which they are asked for */
  constructor(
    node: Node,
    handlers: readonly ResourceHandler[],
    wildcards: readonly string[],
    method: GrpcMethod = GRPC_METHODS.deltaAggregatedResources,
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
    const handler = this.#handlers.get(typeUrl)
    const subscription = this.#subscriptions.get(typeUrl)
    if (handler === undefined || subscription === undefined)
      throw new BattenError('PROXY_XDS_PROTOCOL', {
        message: `the management server sent ${typeUrl || 'a response without a type URL'}, which was not asked for`,
      })
    const resources = response.resources ?? []
    const epoch = this.#epoch
    const { rejected, whole } = await apply(handler, subscription, resources, response.removedResources ?? [])
    if (epoch !== this.#epoch) return undefined
    const removed = (response.removedResources ?? []).filter((name) => subscription.wants(name))
    const reply = subscription.settle(nonce, resources, removed, rejectionOf(rejected, whole))
    return {
      typeUrl,
      nonce,
      arrived: resources.length,
      removed: removed.length,
      rejected,
      reply: requests.encode(reply),
    }
  }

  #subscription(typeUrl: string): DeltaClientSubscription {
    let subscription = this.#subscriptions.get(typeUrl)
    if (subscription === undefined)
      this.#subscriptions.set(typeUrl, (subscription = new DeltaClientSubscription(typeUrl)))
    return subscription
  }
}

/** Hands over what is wanted. `whole`: nothing of the response was applied. */
async function apply(
  handler: ResourceHandler,
  subscription: DeltaClientSubscription,
  resources: readonly Resource[],
  removed: readonly string[],
): Promise<{ rejected: readonly RejectedResource[]; whole: boolean }> {
  const arrived = new Map<string, ArrivedResource>()
  const rejected: RejectedResource[] = []
  for (const { name = '', version = '', resource } of resources) {
    if (arrived.has(name)) {
      const message = `resource ${JSON.stringify(name)} is twice in one response`
      return { rejected: [{ name, message }], whole: true }
    }
    // What was dropped while the response was on its way is of no interest; a heartbeat carries no resource.
    if (!subscription.wants(name) || resource === undefined) continue
    if ((resource.typeUrl ?? '') !== handler.typeUrl) {
      const type = resource.typeUrl || 'message without a type'
      rejected.push({ name, message: `resource ${JSON.stringify(name)} is a ${type}` })
      continue
    }
    arrived.set(name, { name, version, value: resource.value ?? EMPTY })
  }
  const gone = removed.filter((name) => subscription.wants(name))
  rejected.push(...(await handler.apply([...arrived.values()], gone)))
  return { rejected, whole: false }
}

const EMPTY = new Uint8Array(0)
