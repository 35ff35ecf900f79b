import { createHash } from 'node:crypto'
import type { AbiVersion } from './abi/host-function.ts'
import { hostFunctionFor } from './abi/index.ts'
import { type ModuleImport, type ModuleLayout, readLayout, withMemoryLimit } from './binary.ts'
import { type CompiledModule, WebAssembly } from './engine.ts'
import { wasmError } from './errors.ts'
import { CALLBACKS } from './guest-exports.ts'
import { isWasiFunction } from './wasi.ts'

/** Bytes of a WebAssembly page. */
export const PAGE_BYTES = 65_536

/**
 * Memory that one VM may have unless configured otherwise.
 *
 * Differs from Envoy: a Wasm VM may have 256 MiB, where it has 1 GiB. A module that leaks is stopped before it takes
 * the proxy down with it.
 */
export const DEFAULT_MAX_MEMORY_BYTES = 256 * 1024 * 1024

/** A checked and compiled module. Immutable; any number of VMs are made of it. */
export interface WasmModule {
  readonly abi: AbiVersion
  /** sha256 of the bytes as they came, hexadecimal. */
  readonly sha256: string
  readonly compiled: CompiledModule
  /** Names of the exported functions. */
  readonly exports: ReadonlySet<string>
  /** Size of the bytes as they came. */
  readonly byteLength: number
  readonly maxMemoryBytes: number
}

export interface CompileWasmOptions {
  /** Limit of the memory of one VM; rounded down to pages of 64 KiB. Default: 256 MiB. */
  readonly maxMemoryBytes?: number
}

/** Compiled modules by digest and limit, as long as somebody holds them: the same filter comes once a listener. */
const cache = new Map<string, WeakRef<WasmModule>>()

/**
 * Checks and compiles a Proxy-Wasm module (ABI 0.1.0, 0.2.0 or 0.2.1). Synchronous: a filter of a few KiB takes well
 * under a millisecond, and the same bytes are compiled once.
 *
 * What the module imports is compared with what the host has, by name and by signature, so that a filter that cannot
 * work is refused when its configuration arrives, with the names of what is missing.
 *
 * @throws BattenError with code PROXY_WASM_MALFORMED, PROXY_WASM_ABI, PROXY_WASM_IMPORTS, PROXY_WASM_EXPORTS or
 *   PROXY_WASM_MEMORY.
 *
 * @example
 * const module = compileWasmModule(await readFile('auth.wasm'))
 */
export function compileWasmModule(bytes: Uint8Array, options: CompileWasmOptions = {}): WasmModule {
  const maxMemoryBytes = options.maxMemoryBytes ?? DEFAULT_MAX_MEMORY_BYTES
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  const key = `${sha256}/${maxMemoryBytes}`
  const known = cache.get(key)?.deref()
  if (known !== undefined) return known
  const layout = readLayout(bytes)
  const abi = detectAbi(layout)
  checkImports(layout.imports, abi)
  checkExports(layout, abi)
  const compiled = compile(limitMemory(bytes, layout, maxMemoryBytes))
  const module: WasmModule = Object.freeze({
    abi,
    sha256,
    compiled,
    exports: new Set(layout.functions.keys()),
    byteLength: bytes.length,
    maxMemoryBytes,
  })
  for (const [other, reference] of cache) if (reference.deref() === undefined) cache.delete(other)
  cache.set(key, new WeakRef(module))
  return module
}

const ABI_EXPORTS: readonly (readonly [string, AbiVersion])[] = [
  ['proxy_abi_version_0_1_0', '0.1.0'],
  ['proxy_abi_version_0_2_0', '0.2.0'],
  ['proxy_abi_version_0_2_1', '0.2.1'],
]

function detectAbi(layout: ModuleLayout): AbiVersion {
  const found = ABI_EXPORTS.find(([name]) => layout.functions.has(name))
  if (found !== undefined) return found[1]
  const other = [...layout.functions.keys()].find((name) => name.startsWith('proxy_abi_version_'))
  const message =
    other === undefined
      ? 'the module does not say which Proxy-Wasm ABI it is for (it exports no proxy_abi_version_*)'
      : `the module is for a Proxy-Wasm ABI that is not supported (${other})`
  throw wasmError('PROXY_WASM_ABI', message, 'supported are the versions 0.1.0, 0.2.0 and 0.2.1')
}

function checkImports(imports: readonly ModuleImport[], abi: AbiVersion): void {
  const missing: string[] = []
  const mistyped: string[] = []
  for (const wanted of imports) {
    const label = `${wanted.module}.${wanted.name}`
    if (wanted.kind !== 'function') {
      missing.push(`${label} (a ${wanted.kind})`)
      continue
    }
    const known = knownParams(wanted, abi)
    if (known === undefined) {
      missing.push(label)
      continue
    }
    // Some SDKs declare functions without a result: nothing reads the status then.
    if (![`${known}:i`, `${known}:`].includes(wanted.signature ?? '')) mistyped.push(label)
  }
  if (missing.length > 0) {
    throw wasmError(
      'PROXY_WASM_IMPORTS',
      `the module needs functions that this proxy does not have in ABI ${abi}: ${missing.join(', ')}`,
      'remove what uses them, or run the filter in a proxy that has them',
    )
  }
  if (mistyped.length > 0) {
    throw wasmError(
      'PROXY_WASM_IMPORTS',
      `the module imports functions with a wrong signature: ${mistyped.join(', ')}`,
      'build it with an SDK for the ABI that it exports',
    )
  }
}

function knownParams(wanted: ModuleImport, abi: AbiVersion): string | undefined {
  if (wanted.module === 'env') return hostFunctionFor(wanted.name, abi)?.params
  return isWasiFunction(wanted.module, wanted.name)
}

function checkExports(layout: ModuleLayout, abi: AbiVersion): void {
  if (!layout.memories.includes('memory')) {
    throw wasmError('PROXY_WASM_EXPORTS', 'the module does not export its memory', 'export it as `memory`')
  }
  if (!layout.functions.has('malloc') && !layout.functions.has('proxy_on_memory_allocate')) {
    throw wasmError(
      'PROXY_WASM_EXPORTS',
      'the module exports neither malloc nor proxy_on_memory_allocate',
      'the host needs one of them to hand values over',
    )
  }
  for (const [name, allowed] of CALLBACKS) {
    const signature = layout.functions.get(name)
    if (signature === undefined) continue
    const expected = typeof allowed === 'string' ? allowed : abi === '0.1.0' ? allowed.old : allowed.current
    if (signature !== expected) {
      throw wasmError(
        'PROXY_WASM_EXPORTS',
        `the module exports ${name} with the signature (${signature}), ABI ${abi} has (${expected})`,
        'i is a 32-bit integer; parameters stand before the colon, the result after it',
      )
    }
  }
}

function limitMemory(bytes: Uint8Array, layout: ModuleLayout, maxBytes: number): Uint8Array<ArrayBuffer> {
  const memory = layout.memory
  if (memory === undefined) {
    throw wasmError('PROXY_WASM_EXPORTS', 'the module has no memory of its own', 'export it as `memory`')
  }
  if (memory.isShared) {
    throw wasmError('PROXY_WASM_MEMORY', 'the module has shared memory', 'build it without threads')
  }
  const maxPages = Math.floor(maxBytes / PAGE_BYTES)
  if (memory.minPages > maxPages) {
    throw wasmError(
      'PROXY_WASM_MEMORY',
      `the module starts with ${memory.minPages * PAGE_BYTES} bytes of memory, ${maxBytes} are allowed`,
      'raise the limit or build the filter with less initial memory',
    )
  }
  if (memory.maxPages !== undefined && memory.maxPages <= maxPages) return new Uint8Array(bytes)
  return withMemoryLimit(bytes, memory, maxPages)
}

function compile(bytes: Uint8Array<ArrayBuffer>): CompiledModule {
  try {
    return new WebAssembly.Module(bytes)
  } catch (error) {
    const reason =
      error instanceof Error ? error.message.replace(/^WebAssembly\.Module\(\): /, '') : String(error)
    throw wasmError('PROXY_WASM_MALFORMED', `the module is not valid: ${reason}`, undefined, error)
  }
}
