import { createRequire } from 'node:module'

let library: typeof import('@grpc/grpc-js') | undefined

/**
 * grpc-js, loaded by the first who needs it: with Node's HTTP/2 it takes 10 MB, and a proxy without a management server
 * and an identity has no use for it.
 */
export function grpcLibrary(): typeof import('@grpc/grpc-js') {
  library ??= createRequire(import.meta.url)('@grpc/grpc-js') as typeof import('@grpc/grpc-js')
  return library
}
