import { type DnsDiscoveryOptions, DnsTarget } from './dns-target.ts'

/**
 * One host: the first address of the one name, asked for anew at each refresh.
 *
 * @see https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/service_discovery#logical-dns
 */
export class LogicalDns {
  readonly #target: DnsTarget | undefined

  constructor(options: DnsDiscoveryOptions) {
    const host = options.config.hosts[0]
    if (host === undefined) return
    const target: DnsTarget = new DnsTarget(host, options, () => {
      const address = target.addresses?.[0]
      options.cluster.setHosts(address === undefined ? [] : [target.at(address)])
    })
    this.#target = target
  }

  close(): void {
    this.#target?.close()
  }
}
