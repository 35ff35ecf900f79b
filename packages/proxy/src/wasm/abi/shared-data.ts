import { type HostFunctions, hostFunction } from './host-function.ts'
import { CAS_MISMATCH, INVALID_MEMORY_ACCESS, NOT_FOUND, OK } from './status.ts'

export const sharedDataFunctions: HostFunctions = {
  proxy_get_shared_data: hostFunction(
    'iiiii',
    (vm) => (keyAt: number, keySize: number, pointerAt: number, sizeAt: number, casAt: number) => {
      vm.context()
      keyAt >>>= 0
      keySize >>>= 0
      casAt >>>= 0
      vm.sync()
      if (!vm.has(keyAt, keySize) || !vm.has(casAt, 4)) return INVALID_MEMORY_ACCESS
      const entry = vm.services.sharedData.get(vm.options.vmId, vm.readLatin1(keyAt, keySize))
      if (entry === undefined) return NOT_FOUND
      if (!vm.giveBytes(entry.value, pointerAt >>> 0, sizeAt >>> 0)) return INVALID_MEMORY_ACCESS
      vm.view.setUint32(casAt, entry.cas, true)
      return OK
    },
  ),

  proxy_set_shared_data: hostFunction(
    'iiiii',
    (vm) => (keyAt: number, keySize: number, at: number, size: number, cas: number) => {
      vm.context()
      keyAt >>>= 0
      keySize >>>= 0
      at >>>= 0
      size >>>= 0
      vm.sync()
      if (!vm.has(keyAt, keySize) || !vm.has(at, size)) return INVALID_MEMORY_ACCESS
      const key = vm.readLatin1(keyAt, keySize)
      const stored = vm.services.sharedData.set(vm.options.vmId, key, vm.readBytes(at, size), cas >>> 0)
      return stored ? OK : CAS_MISMATCH
    },
  ),
}
