import { readPairs } from '../pairs.ts'
import { type HostFunctions, hostFunction } from './host-function.ts'
import { BAD_ARGUMENT, INVALID_MEMORY_ACCESS, OK, UNIMPLEMENTED } from './status.ts'

export const REQUEST_STREAM = 0
export const RESPONSE_STREAM = 1
const UPSTREAM = 3
const MAX_STREAM = 3
/**
 * Statuses that end a request.
 *
 * Differs from Envoy: a local reply of a filter with a status outside of 200 to 999 is refused. There anything is
 * written as it came, 0 and 65535 included.
 */
const MIN_STATUS = 200
const MAX_STATUS = 999

/** What happens to a stream after the callback: go on, end, or be answered. */
export const streamFunctions: HostFunctions = {
  proxy_continue_stream: hostFunction(
    'i',
    (vm) => (type: number) => {
      if (type >>> 0 > MAX_STREAM) return BAD_ARGUMENT
      if (type === UPSTREAM) return UNIMPLEMENTED
      vm.context().continueStream(type)
      return OK
    },
    ['0.2.0', '0.2.1'],
  ),

  proxy_close_stream: hostFunction(
    'i',
    (vm) => (type: number) => {
      if (type >>> 0 > MAX_STREAM) return BAD_ARGUMENT
      vm.context().closeStream(type)
      return OK
    },
    ['0.2.0', '0.2.1'],
  ),

  proxy_continue_request: hostFunction(
    '',
    (vm) => () => {
      vm.context().continueStream(REQUEST_STREAM)
      return OK
    },
    ['0.1.0'],
  ),

  proxy_continue_response: hostFunction(
    '',
    (vm) => () => {
      vm.context().continueStream(RESPONSE_STREAM)
      return OK
    },
    ['0.1.0'],
  ),

  proxy_clear_route_cache: hostFunction(
    '',
    (vm) => () => {
      vm.context().clearRouteCache()
      return OK
    },
    ['0.1.0'],
  ),

  proxy_send_local_response: hostFunction(
    'iiiiiiii',
    (vm) =>
      (
        status: number,
        detailsAt: number,
        detailsSize: number,
        bodyAt: number,
        bodySize: number,
        headersAt: number,
        headersSize: number,
        grpcStatus: number,
      ) => {
        detailsAt >>>= 0
        detailsSize >>>= 0
        bodyAt >>>= 0
        bodySize >>>= 0
        headersAt >>>= 0
        headersSize >>>= 0
        status >>>= 0
        if (status < MIN_STATUS || status > MAX_STATUS) return BAD_ARGUMENT
        vm.sync()
        if (!vm.has(detailsAt, detailsSize) || !vm.has(bodyAt, bodySize) || !vm.has(headersAt, headersSize)) {
          return INVALID_MEMORY_ACCESS
        }
        vm.context().localReply(
          status,
          vm.readBytes(bodyAt, bodySize),
          readPairs(vm, headersAt, headersSize),
          vm.readUtf8(detailsAt, detailsSize),
          grpcStatus,
        )
        return OK
      },
  ),
}
