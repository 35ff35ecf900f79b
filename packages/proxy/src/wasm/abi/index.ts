import { type GuestImports, WebAssembly } from '../engine.ts'
import type { WasmVm } from '../vm.ts'
import { wasiImports } from '../wasi.ts'
import { bufferFunctions } from './buffers.ts'
import { clockFunctions } from './clock.ts'
import { contextFunctions } from './context.ts'
import { foreignFunctions } from './foreign-function.ts'
import { headerFunctions } from './headers.ts'
import type { AbiVersion, HostFunction, HostFunctions } from './host-function.ts'
import { httpCallFunctions } from './http-call.ts'
import { logFunctions } from './log.ts'
import { metricFunctions } from './metrics.ts'
import { propertyFunctions } from './properties.ts'
import { sharedDataFunctions } from './shared-data.ts'
import { sharedQueueFunctions } from './shared-queue.ts'
import { streamFunctions } from './stream.ts'
import { unimplementedFunctions } from './unimplemented.ts'

/**
 * Every function that modules may import from `env`; one file an area. What is not here is refused by name when a
 * module that imports it is loaded.
 */
const FUNCTIONS: HostFunctions = {
  ...logFunctions,
  ...clockFunctions,
  ...contextFunctions,
  ...headerFunctions,
  ...bufferFunctions,
  ...streamFunctions,
  ...propertyFunctions,
  ...metricFunctions,
  ...sharedDataFunctions,
  ...sharedQueueFunctions,
  ...httpCallFunctions,
  ...foreignFunctions,
  ...unimplementedFunctions,
}

/** The function of a name in an ABI version; undefined when that version has none. */
export function hostFunctionFor(name: string, abi: AbiVersion): HostFunction | undefined {
  if (!Object.hasOwn(FUNCTIONS, name)) return undefined
  const found = FUNCTIONS[name]!
  return found.abi === undefined || found.abi.includes(abi) ? found : undefined
}

/** The imports of one VM: only what its module asks for is made. */
export function createImports(vm: WasmVm): GuestImports {
  const env: Record<string, unknown> = {}
  for (const { module, name } of WebAssembly.Module.imports(vm.module.compiled)) {
    if (module !== 'env') continue
    env[name] = hostFunctionFor(name, vm.module.abi)!.bind(vm)
  }
  return { env, ...wasiImports(vm) }
}
