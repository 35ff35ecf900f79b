import { type HostFunction, type HostFunctions, hostFunction } from './host-function.ts'
import { UNIMPLEMENTED } from './status.ts'

/** A function that says that it is not there, and the log says so once for each VM that calls it. */
function unimplemented(name: string, params: string): HostFunction {
  return hostFunction(params, (vm) => {
    let isSaid = false
    return () => {
      const { name: plugin } = vm.context().root
      if (!isSaid)
        vm.services.log.error(`the module called ${name}, which this proxy does not have`, { plugin })
      isSaid = true
      return UNIMPLEMENTED
    }
  })
}

/**
 * What toolchains link in although most filters never call it.
 *
 * Differs from Envoy: gRPC calls and DNS of filters are `UNIMPLEMENTED`. A module that only imports them runs.
 */
export const unimplementedFunctions: HostFunctions = {
  proxy_grpc_call: unimplemented('proxy_grpc_call', 'iiiiiiiiiiii'),
  proxy_grpc_stream: unimplemented('proxy_grpc_stream', 'iiiiiiiii'),
  proxy_grpc_send: unimplemented('proxy_grpc_send', 'iiii'),
  proxy_grpc_cancel: unimplemented('proxy_grpc_cancel', 'i'),
  proxy_grpc_close: unimplemented('proxy_grpc_close', 'i'),
  envoy_resolve_dns: unimplemented('envoy_resolve_dns', 'iii'),
}
