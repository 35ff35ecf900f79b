import { type HostFunctions, hostFunction } from './host-function.ts'
import { INVALID_MEMORY_ACCESS, NOT_FOUND, OK, SERIALIZATION_FAILURE } from './status.ts'

/** Paths by their text: guests ask for the same few again and again. */
const paths = new Map<string, readonly string[]>()
const MAX_PATHS = 1000

export const propertyFunctions: HostFunctions = {
  proxy_get_property: hostFunction(
    'iiii',
    (vm) => (at: number, size: number, pointerAt: number, sizeAt: number) => {
      at >>>= 0
      size >>>= 0
      vm.sync()
      if (!vm.has(at, size)) return INVALID_MEMORY_ACCESS
      const value = vm.context().property(splitPath(vm.readLatin1(at, size)))
      if (value === undefined) return NOT_FOUND
      if (value === null) return SERIALIZATION_FAILURE
      const given =
        typeof value === 'string'
          ? vm.giveLatin1(value, pointerAt >>> 0, sizeAt >>> 0)
          : vm.giveBytes(value, pointerAt >>> 0, sizeAt >>> 0)
      return given ? OK : INVALID_MEMORY_ACCESS
    },
  ),

  proxy_set_property: hostFunction(
    'iiii',
    (vm) => (at: number, size: number, valueAt: number, valueSize: number) => {
      at >>>= 0
      size >>>= 0
      valueAt >>>= 0
      valueSize >>>= 0
      vm.sync()
      if (!vm.has(at, size) || !vm.has(valueAt, valueSize)) return INVALID_MEMORY_ACCESS
      const stored = vm.context().setProperty(vm.readLatin1(at, size), vm.readBytes(valueAt, valueSize))
      return stored ? OK : NOT_FOUND
    },
  ),
}

/** Segments of a path; one `\0` at its end is tolerated. */
function splitPath(text: string): readonly string[] {
  let path = paths.get(text)
  if (path !== undefined) return path
  path = (text.endsWith('\0') ? text.slice(0, -1) : text).split('\0')
  if (paths.size >= MAX_PATHS) paths.clear()
  paths.set(text, path)
  return path
}
