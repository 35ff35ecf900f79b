import { type HostFunctions, hostFunction } from './host-function.ts'
import { BAD_ARGUMENT, INVALID_MEMORY_ACCESS, NOT_FOUND, OK } from './status.ts'

/** `proxy_get_configuration` hands over the VM's configuration, except while the plugin is configured. */
export const contextFunctions: HostFunctions = {
  proxy_set_effective_context: hostFunction('i', (vm) => (id: number) => {
    vm.context()
    return vm.setEffective(id >>> 0) ? OK : BAD_ARGUMENT
  }),

  proxy_done: hostFunction('', (vm) => () => {
    const context = vm.context()
    if (!context.isDonePending) return NOT_FOUND
    vm.whenIdle(() => context.onGuestDone())
    return OK
  }),

  proxy_get_configuration: hostFunction(
    'ii',
    (vm) => (pointerAt: number, sizeAt: number) => {
      const root = vm.context().root
      vm.sync()
      const bytes = root.isConfiguring ? root.configuration : vm.options.configuration
      return vm.giveBytes(bytes, pointerAt >>> 0, sizeAt >>> 0) ? OK : INVALID_MEMORY_ACCESS
    },
    ['0.1.0'],
  ),

  pthread_equal: hostFunction('ii', () => (a: number, b: number) => (a === b ? 1 : 0)),

  emscripten_notify_memory_growth: hostFunction('i', () => () => undefined),
}
