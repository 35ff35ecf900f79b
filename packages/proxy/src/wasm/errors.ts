import { BattenError, errorMessage } from '@batten/core'

/** Every code that loading or starting a module can fail with. */
export type WasmErrorCode =
  /** Not WebAssembly, truncated, or refused by the validator. */
  | 'PROXY_WASM_MALFORMED'
  /** No `proxy_abi_version_*` export that we know. */
  | 'PROXY_WASM_ABI'
  /** Imports a function that this host does not have, or with another signature. */
  | 'PROXY_WASM_IMPORTS'
  /** Lacks an export that every module needs, or has one with another signature. */
  | 'PROXY_WASM_EXPORTS'
  /** Wants more memory than it may have. */
  | 'PROXY_WASM_MEMORY'
  /** Trapped, ran too long or said no while it started or read its configuration. */
  | 'PROXY_WASM_START'
  /** Configuration of the plugin that this host does not support. */
  | 'PROXY_WASM_CONFIG'

export function wasmError(code: WasmErrorCode, message: string, hint?: string, cause?: unknown): BattenError {
  return new BattenError(code, { message, hint, cause })
}

/** Thrown by host functions through the guest's frames: the module did what no module may do. */
export class GuestFault extends Error {}

/** The reason of a trap in one line: what V8 says, and the guest's function that it happened in. */
export function trapReason(thrown: unknown): string {
  const message = errorMessage(thrown)
  if (!(thrown instanceof Error) || thrown.stack === undefined) return message
  const frames = [...thrown.stack.matchAll(/at (?:async )?([^\n]*?)(?: \[as [^\]]+\])? \(wasm:[^)]*\)/g)]
  const names = frames.map((frame) => frame[1]!).filter((name) => !/^wasm-function\[\d+\]$/.test(name))
  const shown = names.slice(0, 3).join(' < ')
  return shown === '' ? message : `${message} in ${shown}`
}
