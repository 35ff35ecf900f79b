import { type HostFunctions, hostFunction } from './host-function.ts'
import { INVALID_MEMORY_ACCESS, OK } from './status.ts'

/** Milliseconds to a nanosecond count; the fraction of `now()` is kept to the microsecond. */
export function toNanoseconds(milliseconds: number): bigint {
  return BigInt(Math.round(milliseconds * 1000)) * 1000n
}

export const clockFunctions: HostFunctions = {
  proxy_get_current_time_nanoseconds: hostFunction('i', (vm) => (resultAt: number) => {
    vm.context()
    resultAt >>>= 0
    vm.sync()
    if (!vm.has(resultAt, 8)) return INVALID_MEMORY_ACCESS
    vm.view.setBigUint64(resultAt, toNanoseconds(vm.services.clock.now()), true)
    return OK
  }),

  proxy_set_tick_period_milliseconds: hostFunction('i', (vm) => (period: number) => {
    vm.context().root.setTickPeriod(period >>> 0)
    return OK
  }),
}
