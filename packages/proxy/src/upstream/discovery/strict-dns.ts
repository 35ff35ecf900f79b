import { type DnsDiscoveryOptions, DnsTarget } from './dns-target.ts'

/**
 * Every address of every name is a host.
 *
 * @see https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/service_discovery#strict-dns
 */
export class StrictDns {
  readonly #targets: DnsTarget[]

  constructor(options: DnsDiscoveryOptions) {
    this.#targets = options.config.hosts.map(
      (host) => new DnsTarget(host, options, () => this.#update(options)),
    )
  }

  close(): void {
    for (const target of this.#targets) target.close()
  }

  #update({ cluster }: DnsDiscoveryOptions): void {
    cluster.setHosts(
      this.#targets.flatMap((target) => (target.addresses ?? []).map((address) => target.at(address))),
    )
  }
}
