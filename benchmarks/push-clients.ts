/** Delta clients of the push benchmark: they follow and acknowledge, and do nothing with what they get. */

import {
  codec,
  DeltaClientSubscription,
  GRPC_METHODS,
  jsonToStruct,
  type Node,
  type Resource,
  TYPE_URLS,
} from '@batten/xds'
import { Client, type ClientDuplexStream, credentials } from '@grpc/grpc-js'

const { CDS, EDS, LDS, RDS } = TYPE_URLS
const requests = codec('envoy.service.discovery.v3.DeltaDiscoveryRequest')
const responses = codec('envoy.service.discovery.v3.DeltaDiscoveryResponse')
const clusters = codec('envoy.config.cluster.v3.Cluster')
const same = (bytes: Buffer) => bytes

interface NodeSpec {
  readonly type: string
  readonly name: string
  readonly app: string
}

type Command =
  | { readonly do: 'connect'; readonly address: string; readonly nodes: readonly NodeSpec[] }
  | { readonly do: 'disconnect' }
  | { readonly do: 'reconnect' }

/** Serves the commands of the benchmark's process. */
export function runClients(): void {
  let nodes: DeltaNode[] = []
  process.on('message', (command: Command) => {
    if (command.do === 'connect') {
      nodes = command.nodes.map((spec) => new DeltaNode(command.address, spec))
      for (const node of nodes) node.connect()
      return
    }
    for (const node of nodes) {
      if (command.do === 'disconnect') node.disconnect()
      else node.connect()
    }
  })
  process.on('disconnect', () => process.exit(0))
  process.send?.('started')
}

class DeltaNode {
  readonly #address: string
  readonly #node: Node
  readonly #subscriptions = [CDS, EDS, LDS, RDS].map((typeUrl) => new DeltaClientSubscription(typeUrl))
  #client: Client | undefined
  #stream: ClientDuplexStream<Buffer, Buffer> | undefined
  #isFirst = true

  constructor(address: string, { type, name, app }: NodeSpec) {
    this.#address = address
    this.#node = {
      id: `${type}~127.0.0.1~${name}.default~default.svc.cluster.local`,
      userAgentName: 'batten',
      metadata: jsonToStruct({
        NAMESPACE: 'default',
        NAME: name,
        LABELS: { app },
        INTERCEPTION_MODE: 'REDIRECT',
      }),
    }
    this.#subscription(CDS).subscribeAll()
    this.#subscription(LDS).subscribeAll()
    // What the listeners of this mesh refer to.
    this.#subscription(RDS).subscribe(['9080'])
  }

  connect(): void {
    this.#isFirst = true
    this.#client = new Client(this.#address, credentials.createInsecure(), {
      'grpc.use_local_subchannel_pool': 1,
      'grpc.max_receive_message_length': -1,
    })
    const { path } = GRPC_METHODS.deltaAggregatedResources
    this.#stream = this.#client.makeBidiStreamRequest(path, same, same)
    this.#stream.on('data', (frame: Buffer) => this.#receive(frame))
    this.#stream.on('error', () => {})
    for (const subscription of this.#subscriptions) subscription.reconnect()
    this.#flush()
  }

  disconnect(): void {
    this.#stream?.cancel()
    this.#client?.close()
  }

  #receive(frame: Buffer): void {
    const { typeUrl = '', nonce = '', resources = [], removedResources = [] } = responses.decode(frame)
    const subscription = this.#subscription(typeUrl)
    if (typeUrl === CDS) this.#followClusters(resources)
    this.#send(subscription.settle(nonce, resources, removedResources, undefined))
    this.#flush()
  }

  #followClusters(resources: readonly Resource[]): void {
    for (const { name = '', resource } of resources)
      if (clusters.decode(resource?.value ?? new Uint8Array()).type === 'EDS')
        this.#subscription(EDS).subscribe([name])
  }

  #flush(): void {
    for (const subscription of this.#subscriptions) {
      const request = subscription.nextRequest()
      if (request !== undefined) this.#send(request)
    }
  }

  #send(request: object): void {
    const node = this.#isFirst ? { node: this.#node } : {}
    this.#isFirst = false
    this.#stream?.write(Buffer.from(requests.encode({ ...request, ...node })))
  }

  #subscription(typeUrl: string): DeltaClientSubscription {
    return this.#subscriptions.find((subscription) => subscription.typeUrl === typeUrl)!
  }
}
