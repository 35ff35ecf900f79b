import type { WasmVm } from '../vm.ts'

/** Released versions of the Proxy-Wasm ABI, oldest first. */
export type AbiVersion = '0.1.0' | '0.2.0' | '0.2.1'

/** A function that guests import: its type, the ABI versions that have it, and how to make it for one VM. */
export interface HostFunction {
  /** Parameters: `i` i32, `I` i64. The result is an i32. */
  readonly params: string
  /** Undefined: in every version. */
  readonly abi: readonly AbiVersion[] | undefined
  /** Made once for each VM, so that the functions are closures over it and nothing is looked up in a call. */
  bind(vm: WasmVm): GuestImport
}

/** Pointers and sizes arrive as signed 32-bit numbers; `>>> 0` makes them what they mean. */
export type GuestImport = (...args: never[]) => number | bigint | undefined

/** Imports of one area by name: the content of one file of this folder. */
export type HostFunctions = Readonly<Record<string, HostFunction>>

export function hostFunction(
  params: string,
  bind: (vm: WasmVm) => GuestImport,
  abi?: readonly AbiVersion[],
): HostFunction {
  return { params, abi, bind }
}
