import type { GrpcCallOptions } from './grpc-call.ts'
import type { GrpcChannel } from './grpc-channel.ts'
import { GrpcCode, GrpcError } from './grpc-status.ts'

/**
 * One message there, one back.
 *
 * @throws GrpcError when the call does not end well, or is aborted (CANCELLED)
 * @example const answer = await unaryCall(channel, '/a.Service/Get', request, { timeoutMs: 1000 })
 */
export function unaryCall(
  channel: GrpcChannel,
  path: string,
  request: Uint8Array,
  options: GrpcCallOptions = {},
  signal?: AbortSignal,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let answer: Buffer | undefined
    const fail = (code: number, message: string) => {
      signal?.removeEventListener('abort', cancel)
      call.cancel()
      reject(new GrpcError({ code, message, metadata: [] }))
    }
    const call = channel.start(
      path,
      {
        onMessage(message) {
          if (answer !== undefined) fail(GrpcCode.unimplemented, 'more than one message as the answer')
          answer = message
        },
        onStatus(status) {
          if (status.code !== GrpcCode.ok) fail(status.code, status.message)
          else if (answer === undefined) fail(GrpcCode.unimplemented, 'no message as the answer')
          else {
            signal?.removeEventListener('abort', cancel)
            resolve(answer)
          }
        },
      },
      options,
    )
    const cancel = () => fail(GrpcCode.cancelled, 'the call was given up')
    call.send(request)
    call.end()
    if (signal?.aborted) cancel()
    else signal?.addEventListener('abort', cancel, { once: true })
  })
}
