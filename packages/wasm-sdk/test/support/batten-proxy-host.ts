import { createProxy } from '@batten/proxy'
import { bootstrap } from './bootstrap.ts'
import type { FilterSetup } from './filter-host.ts'
import { ProxiedHost } from './proxied-host.ts'

/** Batten's proxy with the bootstrap that Envoy gets. */
export class BattenProxyHost extends ProxiedHost {
  readonly name = "Batten's proxy"
  #proxy: ReturnType<typeof createProxy> | undefined

  async startProxy(filters: readonly FilterSetup[], upstreamPort: number): Promise<void> {
    this.#proxy = createProxy({ bootstrap: { json: bootstrap(filters, upstreamPort) } })
    await this.#proxy.start()
    await this.#proxy.ready
  }

  async stopProxy(): Promise<void> {
    await this.#proxy?.close()
    this.#proxy = undefined
  }

  portOf(filter: string): number {
    return this.#proxy!.listenerAddress(filter)!.port
  }

  async metric(name: string): Promise<number> {
    const address = this.#proxy!.adminAddress!
    const text = await (
      await fetch(`http://${address.host}:${address.port}/stats?filter=^wasmcustom.${name}$`)
    ).text()
    return Number(text.trim().split(': ')[1] ?? Number.NaN)
  }
}
