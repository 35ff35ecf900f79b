import { createHash } from 'node:crypto'
import { type Clock, type Counter, type Gauge, type Logger, silentLogger, systemClock } from '@batten/core'
import { StatsStore } from '../telemetry/stats.ts'
import { WasmMetrics, type WasmStats } from './metrics.ts'
import type { WasmModule } from './module.ts'
import type { Dispatch, PluginConfig } from './plugin-config.ts'
import { PluginContext } from './plugin-context.ts'
import { SharedData } from './shared-data.ts'
import { type VmOptions, type VmServices, WasmVm } from './vm.ts'

/** What the host needs of the proxy that it runs in; outside of one, the defaults do. */
export interface WasmHostServices {
  /** Default: the machine's. */
  readonly clock?: Clock
  /** Gets what modules log, and why they failed. Default: says nothing. */
  readonly log?: Logger
  /** Default: the host's own, see {@link WasmHost.metric}. */
  readonly stats?: WasmStats
  /** Uniform in [0, 1). Default: `Math.random`. */
  readonly random?: () => number
}

/**
 * The Wasm side of one proxy: its VMs, and what modules share. Plugins with the same `vm_id`, VM configuration and
 * module run in one VM; those that also have the same configuration share one root context.
 */
export class WasmHost {
  readonly #services: VmServices
  readonly #vms = new Map<string, WasmVm>()
  /** Root contexts of each VM that have not ended, those included that only wait for the guest. */
  readonly #rootCounts = new Map<WasmVm, number>()
  readonly #created: Counter
  readonly #active: Gauge
  readonly #stats: WasmStats

  constructor(services: WasmHostServices = {}) {
    const {
      clock = systemClock,
      log = silentLogger,
      stats = new StatsStore(),
      random = Math.random,
    } = services
    const metrics = new WasmMetrics(stats)
    this.#stats = stats
    this.#services = { clock, log: log.child('wasm'), random, metrics, sharedData: new SharedData() }
    this.#created = stats.counter('wasm.envoy.wasm.runtime.v8.created')
    this.#active = stats.gauge('wasm.envoy.wasm.runtime.v8.active')
  }

  /** The value of a counter or gauge that modules have defined; undefined when none has. */
  metric(name: string): number | undefined {
    return this.#services.metrics.valueOf(name)
  }

  get clock(): Clock {
    return this.#services.clock
  }

  get log(): Logger {
    return this.#services.log
  }

  get random(): () => number {
    return this.#services.random
  }

  /** A counter of one plugin, `wasm.<plugin>.<name>`. */
  pluginCounter(plugin: string, name: string): Counter {
    return this.#stats.counter(`wasm.${plugin}.${name}`)
  }

  /**
   * A started root context for a configuration: an existing one, or a new one in an existing VM or a new one. Give it
   * back with {@link release}.
   *
   * A configuration for a VM that is in use is tried in a fresh VM first, so that one that makes the module trap does
   * not take the others with it.
   *
   * @throws BattenError PROXY_WASM_START
   */
  acquire(
    module: WasmModule,
    options: VmOptions,
    config: PluginConfig,
    dispatch: Dispatch | undefined,
  ): PluginContext {
    const vmKey = keyOf(
      options.vmId,
      options.configuration,
      module.sha256,
      String(module.maxMemoryBytes),
      JSON.stringify(options.environment),
    )
    const rootKey = keyOf(config.name, config.rootId, config.configuration, config.direction)
    let vm = this.#vms.get(vmKey)
    if (vm?.failure !== undefined) vm = undefined
    const known = vm?.roots.get(rootKey)
    if (known !== undefined) {
      known.users++
      return known
    }
    if (vm === undefined) vm = this.#createVm(module, options, vmKey, config, dispatch, rootKey)
    else {
      this.#tryOut(module, options, config)
      this.#startRoot(vm, rootKey, config, dispatch)
    }
    return vm.roots.get(rootKey)!
  }

  /** Ends the context after its last user. Resolves when the guest is done with it. */
  async release(root: PluginContext): Promise<void> {
    root.users--
    if (root.users > 0) return
    const { vm } = root
    for (const [key, other] of vm.roots) if (other === root) vm.roots.delete(key)
    await root.close()
    const left = this.#rootCounts.get(vm)! - 1
    this.#rootCounts.set(vm, left)
    if (left > 0) return
    this.#rootCounts.delete(vm)
    for (const [key, other] of this.#vms) if (other === vm) this.#vms.delete(key)
    this.#active.dec()
    this.#services.sharedData.release(vm.options.vmId)
  }

  #createVm(
    module: WasmModule,
    options: VmOptions,
    vmKey: string,
    config: PluginConfig,
    dispatch: Dispatch | undefined,
    rootKey: string,
  ): WasmVm {
    const vm = new WasmVm(module, options, this.#services)
    this.#startRoot(vm, rootKey, config, dispatch)
    vm.onFailure = (reason) => this.#onVmFailure(vm, reason)
    this.#vms.set(vmKey, vm)
    this.#services.sharedData.retain(options.vmId)
    this.#created.inc()
    this.#active.inc()
    return vm
  }

  #startRoot(vm: WasmVm, rootKey: string, config: PluginConfig, dispatch: Dispatch | undefined): void {
    const root = new PluginContext(vm, config, dispatch)
    try {
      root.start()
    } catch (error) {
      root.abandon()
      throw error
    }
    root.users = 1
    vm.roots.set(rootKey, root)
    this.#rootCounts.set(vm, (this.#rootCounts.get(vm) ?? 0) + 1)
  }

  #tryOut(module: WasmModule, options: VmOptions, config: PluginConfig): void {
    const root = new PluginContext(new WasmVm(module, options, this.#services), config, undefined)
    try {
      root.start()
    } finally {
      root.abandon()
    }
  }

  #onVmFailure(vm: WasmVm, reason: string): void {
    const plugins = [...vm.roots.values()].map((root) => root.name)
    this.#services.log.error('a Wasm module trapped; its VM is not used any more', { plugins, reason })
  }
}

function keyOf(...parts: (string | Uint8Array)[]): string {
  const hash = createHash('sha256')
  for (const part of parts) {
    const bytes = typeof part === 'string' ? Buffer.from(part) : part
    hash.update(`${bytes.length}:`).update(bytes)
  }
  return hash.digest('hex')
}
