import type { Clock, Logger, Timer } from '@batten/core'
import { errorMessage } from '@batten/core'
import type { UpstreamCluster } from '../cluster.ts'
import type { ClusterConfig, DnsFamily, HostConfig } from '../cluster-config.ts'
import type { DnsResolver } from './dns-resolver.ts'

export interface DnsDiscoveryOptions {
  readonly config: ClusterConfig
  readonly cluster: UpstreamCluster
  readonly resolver: DnsResolver
  readonly clock: Clock
  readonly log: Logger
  readonly refreshMs: number
  readonly family: DnsFamily
}

/** A host of the configuration whose name is resolved again and again. Its last addresses stay while DNS fails. */
export class DnsTarget {
  readonly host: HostConfig
  /** The last answer; undefined before the first. */
  addresses: readonly string[] | undefined
  readonly #options: DnsDiscoveryOptions
  readonly #changed: () => void
  #timer: Timer | undefined
  #isClosed = false

  constructor(host: HostConfig, options: DnsDiscoveryOptions, changed: () => void) {
    this.host = host
    this.#options = options
    this.#changed = changed
    void this.#resolve()
  }

  /** The host under one of its addresses; {@link HostConfig.hostname} keeps the name. */
  at(address: string): HostConfig {
    const { host } = this
    if ('path' in host.address) return host
    const { port } = host.address
    const key = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
    return { ...host, key, address: { host: address, port }, hostname: host.hostname || host.address.host }
  }

  close(): void {
    this.#isClosed = true
    this.#timer?.cancel()
  }

  async #resolve(): Promise<void> {
    const { cluster, resolver, clock, log, refreshMs, family } = this.#options
    const { address } = this.host
    if ('path' in address) {
      this.addresses = [address.path]
      queueMicrotask(this.#changed)
      return
    }
    cluster.stats.updateAttempt.inc()
    try {
      const addresses = await resolver(address.host, family)
      if (this.#isClosed) return
      cluster.stats.updateSuccess.inc()
      if (this.addresses === undefined || this.addresses.join() !== addresses.join()) {
        this.addresses = addresses
        this.#changed()
      } else cluster.stats.updateNoRebuild.inc()
    } catch (thrown) {
      if (this.#isClosed) return
      cluster.stats.updateFailure.inc()
      log.warn('name cannot be resolved', {
        cluster: cluster.name,
        host: address.host,
        reason: errorMessage(thrown),
      })
    }
    this.#timer = clock.setTimeout(() => void this.#resolve(), refreshMs)
  }
}
