import { type HostFunctions, hostFunction } from './host-function.ts'
import { EMPTY, INVALID_MEMORY_ACCESS, NOT_FOUND, OK } from './status.ts'

export const sharedQueueFunctions: HostFunctions = {
  proxy_register_shared_queue: hostFunction('iii', (vm) => (at: number, size: number, idAt: number) => {
    const root = vm.context().root
    at >>>= 0
    size >>>= 0
    idAt >>>= 0
    vm.sync()
    if (!vm.has(at, size) || !vm.has(idAt, 4)) return INVALID_MEMORY_ACCESS
    const id = vm.services.sharedData.registerQueue(vm.options.vmId, vm.readLatin1(at, size), (queue) =>
      root.queueReady(queue),
    )
    vm.view.setUint32(idAt, id, true)
    return OK
  }),

  proxy_resolve_shared_queue: hostFunction(
    'iiiii',
    (vm) => (vmAt: number, vmSize: number, at: number, size: number, idAt: number) => {
      vm.context()
      vmAt >>>= 0
      vmSize >>>= 0
      at >>>= 0
      size >>>= 0
      idAt >>>= 0
      vm.sync()
      if (!vm.has(vmAt, vmSize) || !vm.has(at, size) || !vm.has(idAt, 4)) return INVALID_MEMORY_ACCESS
      const vmId = vmSize === 0 ? vm.options.vmId : vm.readLatin1(vmAt, vmSize)
      const id = vm.services.sharedData.resolveQueue(vmId, vm.readLatin1(at, size))
      if (id === undefined) return NOT_FOUND
      vm.view.setUint32(idAt, id, true)
      return OK
    },
  ),

  proxy_enqueue_shared_queue: hostFunction('iii', (vm) => (id: number, at: number, size: number) => {
    vm.context()
    at >>>= 0
    size >>>= 0
    vm.sync()
    if (!vm.has(at, size)) return INVALID_MEMORY_ACCESS
    return vm.services.sharedData.enqueue(id >>> 0, vm.readBytes(at, size)) ? OK : NOT_FOUND
  }),

  proxy_dequeue_shared_queue: hostFunction('iii', (vm) => (id: number, pointerAt: number, sizeAt: number) => {
    vm.context()
    vm.sync()
    const item = vm.services.sharedData.dequeue(id >>> 0)
    if (item === undefined) return NOT_FOUND
    if (item === 'empty') return EMPTY
    return vm.giveBytes(item, pointerAt >>> 0, sizeAt >>> 0) ? OK : INVALID_MEMORY_ACCESS
  }),
}
