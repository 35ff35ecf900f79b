import { type HostFunctions, hostFunction } from './host-function.ts'
import { BAD_ARGUMENT, INVALID_MEMORY_ACCESS, OK } from './status.ts'

const MAX_METRIC = 2

export const metricFunctions: HostFunctions = {
  proxy_define_metric: hostFunction(
    'iiii',
    (vm) => (type: number, nameAt: number, nameSize: number, idAt: number) => {
      vm.context()
      if (type >>> 0 > MAX_METRIC) return BAD_ARGUMENT
      nameAt >>>= 0
      nameSize >>>= 0
      idAt >>>= 0
      vm.sync()
      if (!vm.has(nameAt, nameSize) || !vm.has(idAt, 4)) return INVALID_MEMORY_ACCESS
      const id = vm.services.metrics.define(type, vm.readUtf8(nameAt, nameSize))
      if (id === undefined) return BAD_ARGUMENT
      vm.view.setUint32(idAt, id, true)
      return OK
    },
  ),

  proxy_increment_metric: hostFunction('iI', (vm) => (id: number, delta: bigint) => {
    vm.context()
    return vm.services.metrics.increment(id >>> 0, Number(delta))
  }),

  proxy_record_metric: hostFunction('iI', (vm) => (id: number, value: bigint) => {
    vm.context()
    return vm.services.metrics.record(id >>> 0, value)
  }),

  proxy_get_metric: hostFunction('ii', (vm) => (id: number, valueAt: number) => {
    vm.context()
    valueAt >>>= 0
    vm.sync()
    if (!vm.has(valueAt, 8)) return INVALID_MEMORY_ACCESS
    const value = vm.services.metrics.value(id >>> 0)
    if (value === undefined) return BAD_ARGUMENT
    vm.view.setBigUint64(valueAt, BigInt.asUintN(64, BigInt(Math.trunc(value))), true)
    return OK
  }),
}
