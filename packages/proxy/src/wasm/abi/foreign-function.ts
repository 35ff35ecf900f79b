import { deflateSync, inflateSync } from 'node:zlib'
import type { GuestContext } from '../guest-context.ts'
import { type HostFunctions, hostFunction } from './host-function.ts'
import { INVALID_MEMORY_ACCESS, NOT_FOUND, OK, SERIALIZATION_FAILURE } from './status.ts'

/** Largest result of `uncompress`. */
const MAX_INFLATED_BYTES = 16 * 1024 * 1024

type ForeignFunction = (args: Uint8Array, context: GuestContext) => Uint8Array

/** Envoy's functions that are called by name. The result is handed over when the guest wants it. */
const FOREIGN: Readonly<Record<string, ForeignFunction>> = {
  clear_route_cache: (_args, context) => {
    context.clearRouteCache()
    return new Uint8Array(0)
  },
  compress: (args) => deflateSync(args),
  uncompress: (args) => inflateSync(args, { maxOutputLength: MAX_INFLATED_BYTES }),
}

export const foreignFunctions: HostFunctions = {
  proxy_call_foreign_function: hostFunction(
    'iiiiii',
    (vm) =>
      (
        nameAt: number,
        nameSize: number,
        argsAt: number,
        argsSize: number,
        pointerAt: number,
        sizeAt: number,
      ) => {
        nameAt >>>= 0
        nameSize >>>= 0
        argsAt >>>= 0
        argsSize >>>= 0
        pointerAt >>>= 0
        sizeAt >>>= 0
        const context = vm.context()
        vm.sync()
        if (!vm.has(nameAt, nameSize) || !vm.has(argsAt, argsSize)) return INVALID_MEMORY_ACCESS
        const name = vm.readLatin1(nameAt, nameSize)
        if (!Object.hasOwn(FOREIGN, name)) {
          vm.services.log.warn('the module called a foreign function that this proxy does not have', { name })
          return NOT_FOUND
        }
        let result: Uint8Array
        try {
          result = FOREIGN[name]!(vm.readBytes(argsAt, argsSize), context)
        } catch {
          return SERIALIZATION_FAILURE
        }
        // Pointers of 0: the guest does not want the result.
        if (pointerAt === 0 || sizeAt === 0) return OK
        return vm.giveBytes(result, pointerAt, sizeAt) ? OK : INVALID_MEMORY_ACCESS
      },
  ),
}
