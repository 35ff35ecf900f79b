import { HostTable, stripPort } from '@batten/core'
import type { VirtualHost } from './route-config.ts'

/**
 * Finds the virtual host of an `:authority`: an exact domain, else the longest `*.suffix`, else the longest `prefix*`,
 * else `*`.
 *
 * @see https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/route/v3/route_components.proto#config-route-v3-virtualhost
 */
export class VirtualHostTable {
  readonly #table = new HostTable<VirtualHost>()
  readonly #ignorePort: boolean
  /** The only virtual host, when it takes every authority. */
  readonly #only: VirtualHost | undefined

  /** @throws BattenError `HOST_DUPLICATE` when two virtual hosts claim one domain */
  constructor(virtualHosts: readonly VirtualHost[], ignorePort: boolean) {
    this.#ignorePort = ignorePort
    for (const virtualHost of virtualHosts)
      for (const domain of virtualHost.domains) this.#table.add(domain, virtualHost)
    const [first] = virtualHosts
    this.#only = virtualHosts.length === 1 && first!.domains.includes('*') ? first : undefined
  }

  find(authority: string): VirtualHost | undefined {
    if (this.#only !== undefined) return this.#only
    return this.#table.find(this.#ignorePort ? stripPort(authority) : authority)
  }
}
