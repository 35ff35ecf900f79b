import type { Clock, Logger } from '@batten/core'
import { GRPC_METHODS, type Node, WELL_KNOWN_CLUSTERS } from '@batten/xds'
import type { GrpcApi, ResourceSource } from '../config/compile-config-source.ts'
import { systemRoots } from '../tls/system-roots.ts'
import type { SecretStore } from '../tls/tls-config.ts'
import { DeltaProtocol } from '../xds/delta-protocol.ts'
import type { GrpcTarget } from '../xds/grpc-target.ts'
import type { ResourceHandler } from '../xds/resource-handler.ts'
import { SotwProtocol } from '../xds/sotw-protocol.ts'
import type { SubscriptionSink } from '../xds/sources.ts'
import type { Gate } from '../xds/warming.ts'
import { XdsClient } from '../xds/xds-client.ts'

export interface SecretSourcesOptions {
  readonly node: Node
  /** The handler of secrets; SDS servers deliver nothing else. */
  readonly handler: () => ResourceHandler
  /** Where the secrets of the machine are put. */
  readonly store: SecretStore
  /** Whether the proxy has an identity of its own, which then stands for the cluster `sds-grpc`. */
  readonly hasIdentity: boolean
  /** How to connect to a static cluster; undefined if there is none of that name. */
  readonly connectTo: (api: GrpcApi) => { readonly target: GrpcTarget; readonly ready: Gate } | undefined
  readonly clock: Clock
  readonly random: () => number
  readonly log: Logger
}

/**
 * Who delivers secrets that come neither by ADS nor from a file: the workload's own identity, which writes to the
 * secret store by itself, the machine, or SDS servers, to each of which one stream is kept.
 */
export class SecretSources {
  readonly #options: SecretSourcesOptions
  readonly #clients = new Map<string, XdsClient>()
  /** The authorities that the machine trusts are read when the first cluster asks for them, and stay. */
  readonly #machine: SubscriptionSink = {
    want: (_typeUrl, name) => {
      const { store } = this.#options
      if (store.get(name) === undefined) store.set(systemRoots())
    },
    drop() {},
  }

  constructor(options: SecretSourcesOptions) {
    this.#options = options
  }

  /** undefined when nothing delivers from there. */
  find(source: ResourceSource): SubscriptionSink | undefined {
    if (source.kind === 'static') return STORE
    if (source.kind === 'machine') return this.#machine
    if (source.kind !== 'grpc') return undefined
    const { api } = source
    if (this.#options.hasIdentity && api.cluster === WELL_KNOWN_CLUSTERS.sds) return STORE
    return this.#clientOf(api)
  }

  close(): void {
    for (const client of this.#clients.values()) client.close()
  }

  #clientOf(api: GrpcApi): XdsClient | undefined {
    const key = `${api.delta ? 'delta' : 'sotw'} ${api.cluster}`
    const known = this.#clients.get(key)
    if (known !== undefined) return known
    const { node, handler, connectTo, clock, random, log } = this.#options
    const server = connectTo(api)
    if (server === undefined) return undefined
    const protocol = api.delta
      ? new DeltaProtocol(node, [handler()], [], GRPC_METHODS.deltaSecrets)
      : new SotwProtocol(node, [handler()], [], GRPC_METHODS.streamSecrets)
    const callMetadata = async () => api.initialMetadata
    const client = new XdsClient({ ...server, protocol, clock, random, log: log.child('sds'), callMetadata })
    this.#clients.set(key, client)
    client.start()
    return client
  }
}

/** What is in the store already, or gets there by itself. */
const STORE: SubscriptionSink = { want() {}, drop() {} }
