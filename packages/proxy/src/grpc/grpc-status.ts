import { GRPC_STATUS_NAMES } from '@batten/core'
import { ErrorCode } from '../http/codec/http2/frame.ts'
import type { GrpcMetadata } from './metadata.ts'

/** @see https://grpc.github.io/grpc/core/md_doc_statuscodes.html */
export const GrpcCode = Object.freeze({
  ok: 0,
  cancelled: 1,
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  alreadyExists: 6,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  aborted: 10,
  outOfRange: 11,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  dataLoss: 15,
  unauthenticated: 16,
})

/** `UNAVAILABLE`; a number that gRPC does not know as itself. */
export function grpcCodeName(code: number): string {
  return GRPC_STATUS_NAMES[code] ?? String(code)
}

/** How a call ended. */
export interface GrpcStatus {
  /** One of {@link GrpcCode}; a server may send others. */
  readonly code: number
  readonly message: string
  /** Trailers, without those of gRPC itself. */
  readonly metadata: GrpcMetadata
}

/** A call that did not end well, for those who wait for its answer. */
export class GrpcError extends Error {
  override readonly name = 'GrpcError'
  readonly status: GrpcStatus

  constructor(status: GrpcStatus) {
    super(`${grpcCodeName(status.code)}: ${status.message}`)
    this.status = status
  }
}

/**
 * The code of an answer that has no `grpc-status`: most likely somebody on the way gave it.
 *
 * @see https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md
 */
export function codeOfHttpStatus(status: number): number {
  switch (status) {
    case 400:
      return GrpcCode.internal
    case 401:
      return GrpcCode.unauthenticated
    case 403:
      return GrpcCode.permissionDenied
    case 404:
      return GrpcCode.unimplemented
    case 429:
    case 502:
    case 503:
    case 504:
      return GrpcCode.unavailable
    default:
      return GrpcCode.unknown
  }
}

/**
 * The code of a stream that the server reset.
 *
 * @see https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#errors
 */
export function codeOfReset(code: number): number {
  switch (code) {
    case ErrorCode.refusedStream:
      return GrpcCode.unavailable
    case ErrorCode.cancel:
      return GrpcCode.cancelled
    case ErrorCode.enhanceYourCalm:
      return GrpcCode.resourceExhausted
    case ErrorCode.inadequateSecurity:
      return GrpcCode.permissionDenied
    default:
      return GrpcCode.internal
  }
}
