import type { Clock, Logger } from '@batten/core'
import { createImports } from './abi/index.ts'
import { type GuestMemory, type TextBuffer, textBuffer, WebAssembly } from './engine.ts'
import { GuestFault, trapReason, wasmError } from './errors.ts'
import type { GuestContext } from './guest-context.ts'
import { type GuestExports, type GuestFunction, guestExports } from './guest-exports.ts'
import type { HttpContext } from './http-context.ts'
import type { WasmMetrics } from './metrics.ts'
import type { WasmModule } from './module.ts'
import type { PluginContext } from './plugin-context.ts'
import type { SharedData } from './shared-data.ts'
import { internLatin1, internName } from './text-cache.ts'
import { runWithTimeLimit } from './time-limit.ts'

/** What {@link WasmVm.invoke} returns when the guest trapped; no i32 has this value. */
export const TRAPPED = 0x1_0000_0000

/** What a VM needs of the proxy. */
export interface VmServices {
  readonly clock: Clock
  readonly log: Logger
  /** Uniform in [0, 1). */
  readonly random: () => number
  readonly metrics: WasmMetrics
  readonly sharedData: SharedData
}

export interface VmOptions {
  readonly vmId: string
  readonly configuration: Uint8Array
  /** Environment variables that the guest sees. */
  readonly environment: Readonly<Record<string, string>>
  /** Milliseconds that starting may take. */
  readonly startTimeoutMs: number
}

/**
 * One instance of a module: its memory, its contexts, and the rules of calling in and out of it.
 *
 * After a trap the instance is never called again ({@link failure} is set): what it left in its memory is undefined.
 */
export class WasmVm {
  readonly module: WasmModule
  readonly services: VmServices
  readonly options: VmOptions
  readonly exports: GuestExports
  /** Live contexts by id. */
  readonly contexts = new Map<number, GuestContext>()
  readonly roots = new Map<string, PluginContext>()
  /** Views of the guest's memory; call {@link sync} before using them after the guest ran. */
  bytes: TextBuffer
  view: DataView
  /** Why this VM can no longer be used. */
  failure: string | undefined
  /** What the guest logged last as an error: why it is about to trap or to say no, usually. */
  lastError = ''
  /** Run when the VM fails, before the reason is put together: output that waits for the end of its line. */
  readonly atFailure: (() => void)[] = []
  /** Called once, when the VM fails. */
  onFailure: ((reason: string) => void) | undefined
  /** While the module's own start code runs only logging, clocks and WASI may be called. */
  isStarting = true
  /** Contexts with something to do after the running callback. */
  readonly #touched: HttpContext[] = []
  /** Things that arrived while the guest was running. */
  readonly #queue: (() => void)[] = []
  #memory: GuestMemory | undefined
  #current: GuestContext | undefined
  #effective: GuestContext | undefined
  #depth = 0
  #nextContextId = 1
  #nextCallId = 1

  /**
   * Instantiates the module and runs its start code.
   *
   * @throws BattenError PROXY_WASM_START
   */
  constructor(module: WasmModule, options: VmOptions, services: VmServices) {
    this.module = module
    this.options = options
    this.services = services
    const nothing = new ArrayBuffer(0)
    this.bytes = textBuffer(nothing)
    this.view = new DataView(nothing)
    let instance: { readonly exports: Readonly<Record<string, unknown>> }
    try {
      instance = this.#limited(() => new WebAssembly.Instance(module.compiled, createImports(this)))
    } catch (error) {
      throw this.#startError('when it was instantiated', error)
    }
    this.#memory = instance.exports['memory'] as GuestMemory
    this.exports = guestExports(instance.exports)
    this.#refresh()
    this.#runStartCode(instance.exports)
    this.isStarting = false
  }

  /** The context that the running callback is about. */
  context(): GuestContext {
    const context = this.#effective ?? this.#current
    if (context === undefined) {
      throw new GuestFault('a host function was called outside of a callback (top-level code may only log)')
    }
    return context
  }

  /** The context that the host called in with, whatever the guest has chosen since. */
  currentContext(): GuestContext {
    return this.#current ?? this.context()
  }

  /** For log lines: the plugin that the guest is working for; empty while it starts. */
  get pluginName(): string {
    return (this.#effective ?? this.#current)?.root.name ?? ''
  }

  /** The guest works for another context until the callback returns; false when there is no such context. */
  setEffective(id: number): boolean {
    const context = this.contexts.get(id)
    if (context === undefined) return false
    this.#effective = context
    return true
  }

  newContextId(): number {
    return this.#nextContextId++
  }

  /** Number of a callout: unique in the VM, since guests keep the callouts of all their plugins in one table. */
  newCallId(): number {
    const id = this.#nextCallId
    this.#nextCallId = id === 0xffff_ffff ? 1 : id + 1
    return id
  }

  /** True while a callback runs. */
  get isRunning(): boolean {
    return this.#depth > 0
  }

  /**
   * Calls a callback of the guest. Its result, or {@link TRAPPED}; the VM is poisoned then.
   *
   * What the callback asked to happen afterwards (replies, continuing) has happened when this returns, except for
   * what concerns `context` itself: its caller does that.
   */
  invoke(
    context: GuestContext,
    callback: GuestFunction,
    a: number,
    b: number,
    c: number,
    d?: number,
    e?: number,
  ): number {
    const current = this.#current
    const effective = this.#effective
    this.#current = context
    this.#effective = undefined
    this.#depth++
    this.lastError = ''
    let result: number
    try {
      result = (d === undefined ? callback(a, b, c) : callback(a, b, c, d, e)) ?? 0
    } catch (error) {
      result = TRAPPED
      this.fail(error)
    }
    this.#depth--
    this.#current = current
    this.#effective = effective
    if (this.#depth === 0) this.#afterCall(context)
    return result
  }

  /** {@link invoke} under the time limit for starting; throws what went wrong. */
  invokeStart(context: GuestContext, callback: GuestFunction, a: number, b: number): number {
    return this.#limited(() => {
      this.lastError = ''
      this.#current = context
      this.#effective = undefined
      this.#depth++
      try {
        return callback(a, b, 0) ?? 0
      } finally {
        this.#depth--
        this.#current = undefined
        this.#effective = undefined
      }
    })
  }

  /** Poisons the VM. */
  fail(thrown: unknown): void {
    if (this.failure !== undefined) return
    for (const action of this.atFailure) action()
    this.failure = this.withLastError(trapReason(thrown))
    this.onFailure?.(this.failure)
  }

  /** Adds what the guest said about it. */
  withLastError(reason: string): string {
    return this.lastError === '' ? reason : `${reason} (it said: ${this.lastError})`
  }

  /** Marks a context for {@link HttpContext.flush} after the running callback. */
  touch(context: HttpContext): void {
    if (!this.#touched.includes(context)) this.#touched.push(context)
  }

  /** Runs something now, or after the running callback. */
  whenIdle(action: () => void): void {
    if (this.#depth === 0) action()
    else this.#queue.push(action)
  }

  /**
   * A callback of a stream is not over before its answer has reached the connection manager: what concerns others, and
   * what arrived meanwhile, waits until then.
   */
  #afterCall(running: GuestContext): void {
    const own = this.#touched.indexOf(running as HttpContext)
    if (own >= 0) this.#touched.splice(own, 1)
    if (this.#touched.length === 0 && this.#queue.length === 0) return
    if (running.root === running) this.#settle()
    else queueMicrotask(() => this.#settle())
  }

  #settle(): void {
    while (this.#touched.length > 0) this.#touched.shift()!.flush()
    while (this.#queue.length > 0) this.#queue.shift()!()
  }

  // ---- memory -------------------------------------------------------------------------------------------------

  /** Refreshes the views when the guest's memory has grown: the old ones have length 0 then. */
  sync(): void {
    if (this.bytes.length === 0) this.#refresh()
  }

  #refresh(): void {
    // A module with a start section calls out before its memory is known: no range is valid then.
    if (this.#memory === undefined) return
    const buffer = this.#memory.buffer
    this.bytes = textBuffer(buffer)
    this.view = new DataView(buffer)
  }

  /** Current size of the guest's memory. */
  get memoryBytes(): number {
    return this.#memory?.buffer.byteLength ?? 0
  }

  /** Whether a range is memory. Call {@link sync} first. */
  has(at: number, size: number): boolean {
    return at + size <= this.bytes.length
  }

  /** Allocates in the guest; 0 when it cannot. The views are fresh afterwards. */
  allocate(size: number): number {
    const current = this.#current
    const effective = this.#effective
    this.#effective = undefined
    const at = (this.exports.malloc(size, 0, 0) ?? 0) >>> 0
    this.#current = current
    this.#effective = effective
    this.sync()
    return at !== 0 && this.has(at, size) ? at : 0
  }

  /** Text of a range that was checked with {@link has}: one code unit a byte. */
  readLatin1(at: number, size: number): string {
    if (size <= 32) return internLatin1(this.bytes, at, size)
    return this.bytes.latin1Slice(at, at + size)
  }

  /** A header name of a range that was checked with {@link has}, in lower case. */
  readName(at: number, size: number): string {
    return size <= 64 ? internName(this.bytes, at, size) : this.bytes.latin1Slice(at, at + size).toLowerCase()
  }

  readUtf8(at: number, size: number): string {
    return this.bytes.utf8Slice(at, at + size)
  }

  /** A copy of a range that was checked with {@link has}. */
  readBytes(at: number, size: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.bytes.subarray(at, at + size))
  }

  /** Copies latin1 text into the guest and writes where it is; false when the guest's memory does not allow it. */
  giveLatin1(text: string, pointerAt: number, sizeAt: number): boolean {
    const size = text.length
    let at = 0
    if (size > 0) {
      at = this.allocate(size)
      if (at === 0) return false
      const bytes = this.bytes
      if (size < 20) for (let i = 0; i < size; i++) bytes[at + i] = text.charCodeAt(i)
      else bytes.latin1Write(text, at, size)
    }
    return this.#giveRange(at, size, pointerAt, sizeAt)
  }

  /** Copies bytes into the guest and writes where they are. */
  giveBytes(source: Uint8Array, pointerAt: number, sizeAt: number): boolean {
    const size = source.length
    let at = 0
    if (size > 0) {
      at = this.allocate(size)
      if (at === 0) return false
      this.bytes.set(source, at)
    }
    return this.#giveRange(at, size, pointerAt, sizeAt)
  }

  #giveRange(at: number, size: number, pointerAt: number, sizeAt: number): boolean {
    if (!this.has(pointerAt, 4) || !this.has(sizeAt, 4)) return false
    this.view.setUint32(pointerAt, at, true)
    this.view.setUint32(sizeAt, size, true)
    return true
  }

  // ---- start --------------------------------------------------------------------------------------------------

  /** `_initialize`, then `main` if there is one; or `_start`. */
  #runStartCode(exports: Readonly<Record<string, unknown>>): void {
    const initialize = exports['_initialize']
    const names =
      initialize === undefined
        ? ['_start']
        : ['_initialize', exports['main'] === undefined ? '__main_void' : 'main']
    for (const name of names) {
      const start = exports[name] as GuestFunction | undefined
      if (start === undefined) continue
      try {
        this.#limited(() => start(0, 0, 0))
      } catch (error) {
        throw this.#startError(`in ${name}`, error)
      }
    }
  }

  #limited<T>(action: () => T): T {
    return runWithTimeLimit(action, this.options.startTimeoutMs)
  }

  #startError(when: string, thrown: unknown): Error {
    this.fail(thrown)
    return wasmError('PROXY_WASM_START', `the module failed ${when}: ${this.failure}`, undefined, thrown)
  }
}
