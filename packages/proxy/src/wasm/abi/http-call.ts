import { readPairs } from '../pairs.ts'
import { type HostFunctions, hostFunction } from './host-function.ts'
import { BAD_ARGUMENT, INVALID_MEMORY_ACCESS, OK } from './status.ts'

export const httpCallFunctions: HostFunctions = {
  proxy_http_call: hostFunction(
    'iiiiiiiiii',
    (vm) =>
      (
        clusterAt: number,
        clusterSize: number,
        headersAt: number,
        headersSize: number,
        bodyAt: number,
        bodySize: number,
        trailersAt: number,
        trailersSize: number,
        timeoutMs: number,
        idAt: number,
      ) => {
        clusterAt >>>= 0
        clusterSize >>>= 0
        headersAt >>>= 0
        headersSize >>>= 0
        bodyAt >>>= 0
        bodySize >>>= 0
        idAt >>>= 0
        vm.sync()
        const readable =
          vm.has(clusterAt, clusterSize) &&
          vm.has(headersAt, headersSize) &&
          vm.has(bodyAt, bodySize) &&
          vm.has(trailersAt >>> 0, trailersSize >>> 0) &&
          vm.has(idAt, 4)
        if (!readable) return INVALID_MEMORY_ACCESS
        if (timeoutMs < 0) return BAD_ARGUMENT
        const root = vm.context().root
        const result = root.httpCall({
          cluster: vm.readUtf8(clusterAt, clusterSize),
          headers: readPairs(vm, headersAt, headersSize),
          body: vm.readBytes(bodyAt, bodySize),
          timeoutMs,
        })
        if (typeof result !== 'number') return result.status
        vm.view.setUint32(idAt, result, true)
        return OK
      },
  ),

  proxy_get_status: hostFunction('iii', (vm) => (codeAt: number, pointerAt: number, sizeAt: number) => {
    const { code, message } = vm.context().root.callStatus
    codeAt >>>= 0
    vm.sync()
    if (!vm.has(codeAt, 4)) return INVALID_MEMORY_ACCESS
    vm.view.setUint32(codeAt, code, true)
    return vm.giveLatin1(message, pointerAt >>> 0, sizeAt >>> 0) ? OK : INVALID_MEMORY_ACCESS
  }),
}
