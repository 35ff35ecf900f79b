import type { GuestContext, MutableGuestMap } from '../guest-context.ts'
import { givePairs, readPairs } from '../pairs.ts'
import type { WasmVm } from '../vm.ts'
import { type HostFunctions, hostFunction } from './host-function.ts'
import { BAD_ARGUMENT, INVALID_MEMORY_ACCESS, NOT_FOUND, OK } from './status.ts'

/** Highest number of a header map. */
const MAX_MAP = 7

export const headerFunctions: HostFunctions = {
  proxy_get_header_map_size: hostFunction('ii', (vm) => (type: number, sizeAt: number) => {
    if (type >>> 0 > MAX_MAP) return BAD_ARGUMENT
    // Only of maps that can be changed, as in Envoy: neither in the access log nor of a callout's response.
    const map = vm.context().mutableMap(type)
    if (map === undefined) return BAD_ARGUMENT
    sizeAt >>>= 0
    vm.sync()
    if (!vm.has(sizeAt, 4)) return INVALID_MEMORY_ACCESS
    vm.view.setUint32(sizeAt, map.byteSize, true)
    return OK
  }),

  // Without a map this is an empty list and no error, as in Envoy.
  proxy_get_header_map_pairs: hostFunction(
    'iii',
    (vm) => (type: number, pointerAt: number, sizeAt: number) => {
      if (type >>> 0 > MAX_MAP) return BAD_ARGUMENT
      const map = vm.context().map(type)
      vm.sync()
      const given =
        map === undefined
          ? vm.giveLatin1('', pointerAt >>> 0, sizeAt >>> 0)
          : givePairs(vm, map, pointerAt >>> 0, sizeAt >>> 0)
      return given ? OK : INVALID_MEMORY_ACCESS
    },
  ),

  proxy_set_header_map_pairs: hostFunction('iii', (vm) => (type: number, at: number, size: number) => {
    if (type >>> 0 > MAX_MAP) return BAD_ARGUMENT
    at >>>= 0
    size >>>= 0
    vm.sync()
    if (!vm.has(at, size)) return INVALID_MEMORY_ACCESS
    const map = vm.context().mutableMap(type)
    if (map === undefined) return BAD_ARGUMENT
    const context = vm.context()
    replaceAll(map, readPairs(vm, at, size))
    routeMayChange(context, type)
    return OK
  }),

  proxy_get_header_map_value: hostFunction(
    'iiiii',
    (vm) => (type: number, keyAt: number, keySize: number, pointerAt: number, sizeAt: number) => {
      if (type >>> 0 > MAX_MAP) return BAD_ARGUMENT
      keyAt >>>= 0
      keySize >>>= 0
      vm.sync()
      if (!vm.has(keyAt, keySize)) return INVALID_MEMORY_ACCESS
      const context = vm.context()
      const map = context.map(type)
      const value = map?.get(vm.readName(keyAt, keySize))
      if (value !== undefined) {
        return vm.giveLatin1(value, pointerAt >>> 0, sizeAt >>> 0) ? OK : INVALID_MEMORY_ACCESS
      }
      if (map === undefined && !context.isLogging) return BAD_ARGUMENT
      // ABI 0.1.0 cannot tell an absent header from an empty one.
      if (vm.module.abi !== '0.1.0') return NOT_FOUND
      return vm.giveLatin1('', pointerAt >>> 0, sizeAt >>> 0) ? OK : INVALID_MEMORY_ACCESS
    },
  ),

  proxy_add_header_map_value: hostFunction(
    'iiiii',
    (vm) => (type: number, keyAt: number, keySize: number, at: number, size: number) =>
      change(vm, type, keyAt >>> 0, keySize >>> 0, at >>> 0, size >>> 0, true),
  ),

  proxy_replace_header_map_value: hostFunction(
    'iiiii',
    (vm) => (type: number, keyAt: number, keySize: number, at: number, size: number) =>
      change(vm, type, keyAt >>> 0, keySize >>> 0, at >>> 0, size >>> 0, false),
  ),

  proxy_remove_header_map_value: hostFunction(
    'iii',
    (vm) => (type: number, keyAt: number, keySize: number) => {
      if (type >>> 0 > MAX_MAP) return BAD_ARGUMENT
      keyAt >>>= 0
      keySize >>>= 0
      vm.sync()
      if (!vm.has(keyAt, keySize)) return INVALID_MEMORY_ACCESS
      const context = vm.context()
      const map = context.mutableMap(type)
      if (map === undefined) return BAD_ARGUMENT
      map.remove(vm.readName(keyAt, keySize))
      routeMayChange(context, type)
      return OK
    },
  ),
}

/** Differs from Envoy: a field without a name is left out; there it is sent. */
function change(
  vm: WasmVm,
  type: number,
  keyAt: number,
  keySize: number,
  at: number,
  size: number,
  append: boolean,
): number {
  if (type >>> 0 > MAX_MAP) return BAD_ARGUMENT
  vm.sync()
  if (!vm.has(keyAt, keySize) || !vm.has(at, size)) return INVALID_MEMORY_ACCESS
  const context = vm.context()
  const map = context.mutableMap(type)
  if (map === undefined) return BAD_ARGUMENT
  const name = vm.readName(keyAt, keySize)
  const value = vm.readLatin1(at, size)
  if (append) map.add(name, value)
  else map.set(name, value)
  routeMayChange(context, type)
  return OK
}

/** A changed request may match another route. */
function routeMayChange(context: GuestContext, type: number): void {
  if (type === 0) context.clearRouteCache()
}

/**
 * Replaces all fields.
 *
 * Differs from Envoy: pseudo-headers that are not given stay as they are. There the message is refused then, with 404,
 * 502 or 503: it cannot be without.
 */
function replaceAll(map: MutableGuestMap, pairs: readonly string[]): void {
  const present: string[] = []
  map.forEach((name) => {
    if (!name.startsWith(':')) present.push(name)
  })
  for (const name of present) map.remove(name)
  for (let i = 0; i < pairs.length; i += 2) {
    const name = pairs[i]!.toLowerCase()
    if (name.startsWith(':')) map.set(name, pairs[i + 1]!)
    else map.add(name, pairs[i + 1]!)
  }
}
