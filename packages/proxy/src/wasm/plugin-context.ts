import type { Timer } from '@batten/core'
import { BAD_ARGUMENT, BROKEN_CONNECTION, INTERNAL_FAILURE } from './abi/status.ts'
import { wasmError } from './errors.ts'
import { FixedHeaders } from './fixed-headers.ts'
import { GuestContext, type GuestMap } from './guest-context.ts'
import type { Dispatch, DispatchHandle, DispatchOutcome, PluginConfig } from './plugin-config.ts'
import { type PropertyValue, pluginProperty } from './properties.ts'
import type { WasmVm } from './vm.ts'

const HTTP_CALL_BODY = 4
const VM_CONFIGURATION = 6
const PLUGIN_CONFIGURATION = 7
const HTTP_CALL_HEADERS = 6
const HTTP_CALL_TRAILERS = 7

/** Callouts that one plugin may have under way. */
const MAX_CALLS = 10_000

const NO_HEADERS = new FixedHeaders([])

/** What `proxy_http_call` asks for. */
export interface HttpCall {
  readonly cluster: string
  /** Names and values in turn. */
  readonly headers: readonly string[]
  readonly body: Uint8Array
  readonly timeoutMs: number
}

/**
 * A plugin in a VM: the guest's root context. It has the configuration, the timer and the callouts, and it outlives
 * the streams.
 */
export class PluginContext extends GuestContext {
  readonly vm: WasmVm
  readonly config: PluginConfig
  isConfiguring = false
  /** Of the callout that failed last. */
  callStatus: { readonly code: number; readonly message: string } = { code: 0, message: '' }
  /** How many plugins (one for each filter chain that has it) share this context. */
  users = 0
  readonly #dispatch: Dispatch | undefined
  readonly #calls = new Map<number, DispatchHandle>()
  #response: { readonly headers: FixedHeaders; readonly body: Uint8Array } | undefined
  #tick: Timer | undefined
  #tickMs = 0
  #closed: (() => void) | undefined
  #isClosed = false
  #isStarting = false

  constructor(vm: WasmVm, config: PluginConfig, dispatch: Dispatch | undefined) {
    super(vm.newContextId())
    this.vm = vm
    this.config = config
    this.#dispatch = dispatch
    vm.contexts.set(this.id, this)
  }

  get root(): this {
    return this
  }

  get name(): string {
    return this.config.name
  }

  get vmId(): string {
    return this.vm.options.vmId
  }

  get configuration(): Uint8Array {
    return this.config.configuration
  }

  /**
   * Creates the context in the guest, starts it and gives it its configuration.
   *
   * @throws BattenError PROXY_WASM_START when the guest refuses, traps or takes too long; the VM is then unusable if
   *   it trapped.
   */
  start(): void {
    this.#isStarting = true
    try {
      this.#runStart()
    } finally {
      this.#isStarting = false
    }
  }

  #runStart(): void {
    const { exports } = this.vm
    this.#call('proxy_on_context_create', exports.onContextCreate, 0)
    if (this.#call('proxy_on_vm_start', exports.onVmStart, this.vm.options.configuration.length) === 0) {
      throw this.#refused('the module refused to start in proxy_on_vm_start')
    }
    this.isConfiguring = true
    const configured = this.#call('proxy_on_configure', exports.onConfigure, this.configuration.length)
    this.isConfiguring = false
    if (configured === 0) {
      throw this.#refused('the module refused its configuration in proxy_on_configure')
    }
  }

  #call(name: string, callback: WasmVm['exports']['onTick'], argument: number): number {
    if (callback === undefined) return 1
    try {
      const result = this.vm.invokeStart(this, callback, this.id, argument)
      return name === 'proxy_on_context_create' ? 1 : result
    } catch (error) {
      this.vm.fail(error)
      throw wasmError(
        'PROXY_WASM_START',
        `the module failed in ${name}: ${this.vm.failure}`,
        undefined,
        error,
      )
    }
  }

  #refused(message: string): Error {
    return wasmError('PROXY_WASM_START', this.vm.withLastError(message))
  }

  // ---- what the guest asks ------------------------------------------------------------------------------------

  override map(type: number): GuestMap | undefined {
    if (type === HTTP_CALL_HEADERS) return this.#response?.headers
    if (type === HTTP_CALL_TRAILERS) return this.#response === undefined ? undefined : NO_HEADERS
    return undefined
  }

  override buffer(type: number): Uint8Array | undefined {
    if (type === HTTP_CALL_BODY) return this.#response?.body
    if (type === VM_CONFIGURATION) return this.vm.options.configuration
    // As in Envoy: it is read while the plugin starts, and gone afterwards.
    if (type === PLUGIN_CONFIGURATION) return this.#isStarting ? this.configuration : undefined
    return undefined
  }

  property(path: readonly string[]): PropertyValue {
    return pluginProperty(this, path)
  }

  /** Sets how often `proxy_on_tick` is called; 0 stops it. */
  setTickPeriod(milliseconds: number): void {
    this.#tick?.cancel()
    this.#tick = undefined
    this.#tickMs = milliseconds
    if (!this.#isClosed) this.#armTick()
  }

  #armTick(): void {
    if (this.#tickMs === 0 || this.vm.exports.onTick === undefined) return
    this.#tick = this.vm.services.clock.setTimeout(() => this.#onTick(), this.#tickMs)
  }

  /** The timer is set again after the callback, so that a slow one does not pile up. */
  #onTick(): void {
    const callback = this.vm.exports.onTick
    this.#tick = undefined
    if (this.vm.failure !== undefined || callback === undefined) return
    this.vm.invoke(this, callback, this.id, 0, 0)
    if (this.#tick === undefined && this.vm.failure === undefined) this.#armTick()
  }

  /** Something is in a queue that this plugin registered. */
  queueReady(queue: number): void {
    this.vm.services.clock.setTimeout(() => {
      const callback = this.vm.exports.onQueueReady
      if (callback === undefined || this.#isClosed || this.vm.failure !== undefined) return
      this.vm.invoke(this, callback, this.id, queue, 0)
    }, 0)
  }

  /** Starts a callout: its number, or why not. */
  httpCall(call: HttpCall): number | { readonly status: number } {
    if (this.#dispatch === undefined || this.#calls.size >= MAX_CALLS) return { status: INTERNAL_FAILURE }
    const headers: (readonly [string, string])[] = []
    for (let i = 0; i < call.headers.length; i += 2) {
      const name = call.headers[i]!.toLowerCase()
      headers.push([name === 'host' ? ':authority' : name, call.headers[i + 1]!])
    }
    const has = (wanted: string) => headers.some(([name]) => name === wanted)
    if (!has(':method') || !has(':path') || !has(':authority')) return { status: BAD_ARGUMENT }
    const id = this.vm.newCallId()
    let isStarting = true
    let immediate: DispatchOutcome | undefined
    const request = { cluster: call.cluster, headers, body: call.body, timeoutMs: call.timeoutMs }
    const handle = this.#dispatch(request, (outcome) => {
      if (isStarting) immediate = outcome
      else this.vm.whenIdle(() => this.#onCallDone(id, outcome))
    })
    isStarting = false
    if (immediate !== undefined && 'failure' in immediate) {
      return { status: immediate.failure === 'unknown-cluster' ? BAD_ARGUMENT : INTERNAL_FAILURE }
    }
    this.#calls.set(id, handle)
    if (immediate !== undefined) {
      const outcome = immediate
      this.vm.whenIdle(() => this.#onCallDone(id, outcome))
    }
    return id
  }

  #onCallDone(id: number, outcome: DispatchOutcome): void {
    if (!this.#calls.delete(id)) return
    const callback = this.vm.exports.onHttpCallResponse
    if (callback === undefined || this.vm.failure !== undefined || this.#isClosed) return
    const response = 'failure' in outcome ? responseOfFailure(outcome.failure) : outcome
    if (response === undefined) {
      this.callStatus = { code: BROKEN_CONNECTION, message: 'reset' }
      this.vm.invoke(this, callback, this.id, id, 0, 0, 0)
    } else {
      const pairs = response.headers.filter(([name]) => name !== ':status')
      const headers = new FixedHeaders([[':status', String(response.status)], ...pairs])
      this.#response = { headers, body: response.body }
      this.vm.invoke(this, callback, this.id, id, headers.size, response.body.length, 0)
    }
    this.#response = undefined
    this.callStatus = { code: 0, message: '' }
  }

  // ---- end ----------------------------------------------------------------------------------------------------

  /** Ends the plugin: `on_done`, then, when the guest is ready, `on_delete`. Resolves after that. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#closed = resolve
      this.#tick?.cancel()
      this.#tick = undefined
      const { onDone } = this.vm.exports
      if (this.vm.failure === undefined && onDone !== undefined) {
        // Waiting already counts while `on_done` runs: the guest may call `proxy_done` in it.
        this.isDonePending = true
        if (this.vm.invoke(this, onDone, this.id, 0, 0) === 0) return
      }
      this.onGuestDone()
    })
  }

  /** Ends it without the guest, which never got to know it or has failed. */
  abandon(): void {
    this.#isClosed = true
    this.#tick?.cancel()
    for (const handle of this.#calls.values()) handle.cancel()
    this.#calls.clear()
    this.vm.contexts.delete(this.id)
  }

  override onGuestDone(): void {
    if (this.#isClosed) return
    this.isDonePending = false
    this.abandon()
    const { onDelete } = this.vm.exports
    if (this.vm.failure === undefined && onDelete !== undefined) this.vm.invoke(this, onDelete, this.id, 0, 0)
    this.#closed?.()
  }
}

/**
 * What Envoy's router answers inside of a callout instead of failing it; only a reset is a failure there.
 */
function responseOfFailure(failure: string) {
  if (failure === 'timeout') return plainText(504, 'upstream request timeout')
  if (failure === 'no-healthy-upstream') return plainText(503, 'no healthy upstream')
  return undefined
}

function plainText(status: number, text: string) {
  const body = Buffer.from(text)
  const headers = [
    ['content-length', String(body.length)],
    ['content-type', 'text/plain'],
  ] as const
  return { status, headers, body }
}
