import { NO_BYTES } from '../body-window.ts'
import type { WasmVm } from '../vm.ts'
import { type HostFunctions, hostFunction } from './host-function.ts'
import { BAD_ARGUMENT, INVALID_MEMORY_ACCESS, NOT_FOUND, OK } from './status.ts'

/** Highest number of a buffer. */
const MAX_BUFFER = 8
/** Bodies and what a connection carries, and messages of gRPC: without any they are empty, not absent. */
const MAX_BODY = 3
const GRPC_MESSAGE = 5

/** What can be read; undefined when there is no such buffer. */
function readable(vm: WasmVm, type: number): Uint8Array | undefined {
  const bytes = vm.context().buffer(type)
  return bytes ?? (type <= MAX_BODY || type === GRPC_MESSAGE ? NO_BYTES : undefined)
}

export const bufferFunctions: HostFunctions = {
  proxy_get_buffer_bytes: hostFunction(
    'iiiii',
    (vm) => (type: number, start: number, max: number, pointerAt: number, sizeAt: number) => {
      if (type >>> 0 > MAX_BUFFER) return BAD_ARGUMENT
      start >>>= 0
      max >>>= 0
      const bytes = readable(vm, type)
      if (bytes === undefined) return NOT_FOUND
      vm.sync()
      const part = bytes.subarray(Math.min(start, bytes.length), Math.min(start + max, bytes.length))
      return vm.giveBytes(part, pointerAt >>> 0, sizeAt >>> 0) ? OK : INVALID_MEMORY_ACCESS
    },
  ),

  proxy_get_buffer_status: hostFunction('iii', (vm) => (type: number, sizeAt: number, flagsAt: number) => {
    if (type >>> 0 > MAX_BUFFER) return BAD_ARGUMENT
    const bytes = readable(vm, type)
    if (bytes === undefined) return NOT_FOUND
    sizeAt >>>= 0
    flagsAt >>>= 0
    vm.sync()
    if (!vm.has(sizeAt, 4) || !vm.has(flagsAt, 4)) return INVALID_MEMORY_ACCESS
    vm.view.setUint32(sizeAt, bytes.length, true)
    vm.view.setUint32(flagsAt, 0, true)
    return OK
  }),

  /**
   * Differs from spec: as in Envoy, only the beginning (start 0: its first `length` bytes are replaced) and the end
   * (start not less than what there is) can be written; other slices are BAD_ARGUMENT.
   */
  proxy_set_buffer_bytes: hostFunction(
    'iiiii',
    (vm) => (type: number, start: number, length: number, at: number, size: number) => {
      if (type >>> 0 > MAX_BUFFER) return BAD_ARGUMENT
      start >>>= 0
      length >>>= 0
      at >>>= 0
      size >>>= 0
      const context = vm.context()
      const old = context.buffer(type)
      if (old === undefined) return readable(vm, type) === undefined ? NOT_FOUND : BAD_ARGUMENT
      vm.sync()
      if (!vm.has(at, size)) return INVALID_MEMORY_ACCESS
      const data = vm.readBytes(at, size)
      let next: Uint8Array
      if (start === 0) next = length < old.length ? joined(data, old.subarray(length)) : data
      else if (start >= old.length) next = joined(old, data)
      else return BAD_ARGUMENT
      return context.setBuffer(type, next) ? OK : BAD_ARGUMENT
    },
  ),
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const both = new Uint8Array(first.length + second.length)
  both.set(first)
  both.set(second, first.length)
  return both
}
