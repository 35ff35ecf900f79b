import type { HttpFilter, HttpFilterFactory, HttpFilterPhase, HttpStream } from '../http/filter.ts'
import type { WasmHost } from './host.ts'
import { failReply, HttpContext } from './http-context.ts'
import type { WasmModule } from './module.ts'
import type { Dispatch, PluginConfig, WasmFailurePolicy } from './plugin-config.ts'
import type { PluginContext } from './plugin-context.ts'
import type { VmOptions } from './vm.ts'

/** Everything that one version of a plugin is made of. */
export interface WasmPluginOptions {
  readonly host: WasmHost
  readonly module: WasmModule
  /** Name of the plugin, e.g. `default.auth`; in properties, log lines and stats. */
  readonly name: string
  /** Chooses among the filters of one module. Default: empty. */
  readonly rootId?: string
  /** What the module reads in `proxy_on_configure`. Default: nothing. */
  readonly configuration?: Uint8Array
  /** Plugins with the same id, VM configuration and module share a VM and data. Default: empty. */
  readonly vmId?: string
  readonly vmConfiguration?: Uint8Array
  /** Environment variables that the guest sees through WASI. Default: none. */
  readonly environment?: Readonly<Record<string, string>>
  /** Default: `fail-closed`. */
  readonly failurePolicy?: WasmFailurePolicy
  /** Least time between two starts under `fail-reload`, milliseconds. Default: 1000. */
  readonly reloadBackoffMs?: number
  /** Milliseconds that the module may take to start and to read its configuration. Default: 10000. */
  readonly startTimeoutMs?: number
  readonly node?: PluginConfig['node']
  readonly direction?: PluginConfig['direction']
  /** Sends callouts. Without it they fail. */
  readonly dispatch?: Dispatch | undefined
}

/**
 * Starts a plugin: creates (or joins) its VM, runs the module's start code and gives it its configuration. What comes
 * back is immutable; another configuration is another plugin, and streams stay with the one that they began with.
 *
 * @throws BattenError PROXY_WASM_START when the module traps, takes too long or refuses its configuration: whoever
 *   applies the configuration keeps the old plugin then.
 *
 * @example
 * const plugin = createWasmPlugin({ host, module: compileWasmModule(bytes), name: 'default.auth', configuration })
 */
export function createWasmPlugin(options: WasmPluginOptions): WasmPlugin {
  return new WasmPlugin(options)
}

/** A started plugin, as the factory of its requests' filters. */
export class WasmPlugin implements HttpFilterFactory {
  readonly name: string
  readonly phases: ReadonlySet<HttpFilterPhase>
  /** Requests pass when the module has failed. */
  readonly failsOpen: boolean
  readonly #options: WasmPluginOptions
  readonly #config: PluginConfig
  readonly #vmOptions: VmOptions
  readonly #reloads: boolean
  #root: PluginContext
  /** A start counts for the back-off, the first one too. */
  #nextReloadMs = 0
  /** Streams on each root context: after a reload there may be several. */
  readonly #streams = new Map<PluginContext, number>()
  #isClosing = false
  readonly #closed = Promise.withResolvers<void>()

  constructor(options: WasmPluginOptions) {
    this.name = options.name
    this.#options = options
    this.failsOpen = options.failurePolicy === 'fail-open'
    this.#reloads = options.failurePolicy === 'fail-reload'
    this.#config = {
      name: options.name,
      rootId: options.rootId ?? '',
      configuration: options.configuration ?? new Uint8Array(0),
      node: options.node ?? { id: '', cluster: '', metadata: {} },
      direction: options.direction ?? 'unspecified',
    }
    this.#vmOptions = {
      vmId: options.vmId ?? '',
      configuration: options.vmConfiguration ?? new Uint8Array(0),
      environment: options.environment ?? {},
      startTimeoutMs: options.startTimeoutMs ?? 10_000,
    }
    this.#root = this.#acquire()
    this.#backOff()
    this.#streams.set(this.#root, 0)
    this.phases = phasesOf(options.module.exports, this.failsOpen)
  }

  /** Why the module cannot be used at the moment; undefined when it can. */
  get failure(): string | undefined {
    return this.#root.vm.failure
  }

  /** Bytes of memory that the VM has now. */
  get memoryBytes(): number {
    return this.#root.vm.memoryBytes
  }

  create(stream: HttpStream): HttpFilter {
    if (this.#root.vm.failure !== undefined && !(this.#reloads && this.#reload())) {
      return this.failsOpen ? PASS : FAIL
    }
    const streams = this.#streams.get(this.#root)
    // Closed, and its last stream has ended: who still asks has an old chain.
    if (streams === undefined) return this.failsOpen ? PASS : FAIL
    this.#streams.set(this.#root, streams + 1)
    return new HttpContext(this, this.#root, stream)
  }

  /** Called by the stream's context when it has ended. */
  onStreamEnd(root: PluginContext): void {
    const left = this.#streams.get(root)! - 1
    this.#streams.set(root, left)
    if (left === 0 && (this.#isClosing || root !== this.#root)) this.#release(root)
  }

  /** Ends the plugin after its last stream. Resolves when the guest is done; a second call waits for the same. */
  close(): Promise<void> {
    if (!this.#isClosing) {
      this.#isClosing = true
      for (const [root, streams] of this.#streams) if (streams === 0) this.#release(root)
    }
    return this.#closed.promise
  }

  #release(root: PluginContext): void {
    this.#streams.delete(root)
    void this.#options.host.release(root).then(() => {
      if (this.#isClosing && this.#streams.size === 0) this.#closed.resolve()
    })
  }

  #acquire(): PluginContext {
    const { host, module, dispatch } = this.#options
    return host.acquire(module, this.#vmOptions, this.#config, dispatch)
  }

  /** Starts the module again, unless that happened too recently. */
  #reload(): boolean {
    const { host } = this.#options
    if (host.clock.monotonicMs() < this.#nextReloadMs) {
      this.#count('vm_reload_backoff')
      return false
    }
    this.#backOff()
    const failed = this.#root
    try {
      this.#root = this.#acquire()
    } catch (error) {
      this.#count('vm_reload_failure')
      host.log.error('a Wasm module could not be started again', { plugin: this.name, reason: String(error) })
      return false
    }
    this.#count('vm_reload_success')
    this.#streams.set(this.#root, 0)
    if (this.#streams.get(failed) === 0) this.#release(failed)
    return true
  }

  #backOff(): void {
    const { host, reloadBackoffMs = 1000 } = this.#options
    this.#nextReloadMs = host.clock.monotonicMs() + reloadBackoffMs * (1 + host.random())
  }

  #count(name: string): void {
    this.#options.host.pluginCounter(this.name, name).inc()
  }
}

/** Filters of requests that arrive while the module has failed. */
const PASS: HttpFilter = {}
const FAIL: HttpFilter = { onRequestHeaders: failReply }

/** Phases by the export that they need. */
const PHASE_EXPORTS: readonly (readonly [HttpFilterPhase, string])[] = [
  ['onRequestHeaders', 'proxy_on_request_headers'],
  ['onRequestBody', 'proxy_on_request_body'],
  ['onRequestTrailers', 'proxy_on_request_trailers'],
  ['onResponseHeaders', 'proxy_on_response_headers'],
  ['onResponseBody', 'proxy_on_response_body'],
  ['onResponseTrailers', 'proxy_on_response_trailers'],
]

function phasesOf(exports: ReadonlySet<string>, failsOpen: boolean): ReadonlySet<HttpFilterPhase> {
  const phases = new Set<HttpFilterPhase>(['onDone'])
  // Failing closed means to stop requests, whatever the module does.
  if (!failsOpen) phases.add('onRequestHeaders')
  for (const [phase, name] of PHASE_EXPORTS) if (exports.has(name)) phases.add(phase)
  return phases
}
