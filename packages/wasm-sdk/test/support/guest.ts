import { type Clock, type LogLevel, silentLogger, systemClock } from '@batten/core'
import {
  compileWasmModule,
  createWasmPlugin,
  WasmHost,
  type WasmPlugin,
  type WasmPluginOptions,
} from '@batten/proxy/wasm'
import binaryen from 'assemblyscript/binaryen'
import { MapStats } from './stats.ts'

/** WebAssembly text to bytes. */
export function assemble(text: string): Uint8Array<ArrayBuffer> {
  const module = binaryen.parseText(text)
  try {
    return new Uint8Array(module.emitBinary())
  } finally {
    module.dispose()
  }
}

export interface GuestParts {
  /** Default: `0_2_1`. */
  readonly abi?: string
  /** `(import …)` forms. */
  readonly imports?: string
  /** Functions and data. Memory below 4096 is free for data. */
  readonly body?: string
  /** Default: one page, exported. */
  readonly memory?: string
}

/** A module by hand with what every module needs: a memory, an allocator, the mark of its ABI. */
export function guest({
  abi = '0_2_1',
  imports = '',
  body = '',
  memory,
}: GuestParts = {}): Uint8Array<ArrayBuffer> {
  return assemble(`(module
    ${imports}
    ${memory ?? '(memory (export "memory") 1)'}
    (global $top (mut i32) (i32.const 4096))
    (func (export "malloc") (param $size i32) (result i32)
      (local $at i32)
      (local.set $at (global.get $top))
      (global.set $top (i32.add (global.get $top) (local.get $size)))
      (local.get $at))
    (func (export "proxy_abi_version_${abi}"))
    ${body})`)
}

/** Callbacks that log their name, in the order in which they are called. Values are their results. */
export function loggingGuest(
  results: Readonly<Record<string, number | undefined>>,
  extra = '',
): Uint8Array<ArrayBuffer> {
  let at = 16
  let body = ''
  for (const [name, result] of Object.entries(results)) {
    const params = PARAMS[name]!
    body += `(data (i32.const ${at}) "${name}")
      (func (export "proxy_${name}") ${'(param i32)'.repeat(params)} ${result === undefined ? '' : '(result i32)'}
        (drop (call $log (i32.const 2) (i32.const ${at}) (i32.const ${name.length})))
        ${result === undefined ? '' : `(i32.const ${result})`})`
    at += name.length
  }
  return guest({ imports: LOG, body: body + extra })
}

export const LOG = '(import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))'

const PARAMS: Readonly<Record<string, number>> = {
  on_context_create: 2,
  on_vm_start: 2,
  on_configure: 2,
  on_tick: 1,
  on_request_headers: 3,
  on_request_body: 3,
  on_response_headers: 3,
  on_done: 1,
  on_log: 1,
  on_delete: 1,
}

/** A host that keeps what its modules log. */
export class TestHost {
  readonly stats = new MapStats()
  readonly lines: string[] = []
  readonly host: WasmHost

  constructor(clock: Clock = systemClock, level: LogLevel = 'info') {
    const write = (message: string) => this.lines.push(message)
    const log = { ...silentLogger, level, info: write, warn: write, error: write, child: () => log }
    this.host = new WasmHost({ clock, log, stats: this.stats, random: () => 0.5 })
  }

  plugin(wasm: Uint8Array, options: Partial<WasmPluginOptions> = {}): WasmPlugin {
    return createWasmPlugin({ host: this.host, module: compileWasmModule(wasm), name: 'test', ...options })
  }

  /** What was logged since the last call. */
  takeLines(): string[] {
    return this.lines.splice(0)
  }
}
