import { type HostFunctions, hostFunction } from './host-function.ts'
import { BAD_ARGUMENT, INVALID_MEMORY_ACCESS, OK } from './status.ts'

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'error'] as const
const ERROR = 4
const CRITICAL = 5
/** What `proxy_get_log_level` says for each level of the proxy's logger; `off` is beyond critical. */
const NUMBERS = { trace: 0, debug: 1, info: 2, warn: 3, error: 4, off: 6 } as const

/** Longest message that is logged; the rest is cut. */
const MAX_MESSAGE_BYTES = 64 * 1024

export const logFunctions: HostFunctions = {
  proxy_log: hostFunction('iii', (vm) => (level: number, at: number, size: number) => {
    if (level >>> 0 > CRITICAL) return BAD_ARGUMENT
    at >>>= 0
    size >>>= 0
    vm.sync()
    if (!vm.has(at, size)) return INVALID_MEMORY_ACCESS
    const log = vm.services.log
    const message = vm.readUtf8(at, Math.min(size, MAX_MESSAGE_BYTES))
    if (level >= ERROR) vm.lastError = message
    if (level === CRITICAL) log.error(message, { plugin: vm.pluginName, critical: true })
    else log[LEVELS[level]!](message, { plugin: vm.pluginName })
    return OK
  }),

  proxy_get_log_level: hostFunction(
    'i',
    (vm) => (resultAt: number) => {
      vm.context()
      resultAt >>>= 0
      vm.sync()
      if (!vm.has(resultAt, 4)) return INVALID_MEMORY_ACCESS
      vm.view.setUint32(resultAt, NUMBERS[vm.services.log.level], true)
      return OK
    },
    ['0.2.1'],
  ),
}
