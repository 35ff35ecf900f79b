import { GRPC_STATUS_NAMES } from '@batten/core'
import { grpcStatusOf } from '../../http/local-reply.ts'
import { isGrpc } from '../../http/route/route-match.ts'
import type { LoggedStream } from './logged-stream.ts'
import { invalidOperator, type LogValue, type OperatorFactory, plain } from './operator.ts'

/** The grpc-status of a response, whatever the request was; that of the HTTP status where the host sent none. */
export function grpcStatus(stream: LoggedStream): number | undefined {
  const text = stream.responseTrailers?.get('grpc-status') ?? stream.responseHeaders?.get('grpc-status')
  if (text !== undefined) return /^\d{1,9}$/.test(text) ? Number(text) : -1
  const status = stream.responseHeaders?.status
  return status === undefined ? undefined : grpcStatusOf(status)
}

function snakeName(status: number): string {
  return GRPC_STATUS_NAMES[status] ?? String(status)
}

function camelName(status: number): string {
  // As Envoy spells it.
  if (status === 1) return 'Canceled'
  if (status === 0) return 'OK'
  return snakeName(status)
    .toLowerCase()
    .replace(/(?:^|_)([a-z])/g, (_all, letter: string) => letter.toUpperCase())
}

const FORMS: Readonly<Record<string, (status: number) => LogValue>> = {
  CAMEL_STRING: camelName,
  SNAKE_STRING: snakeName,
  NUMBER: (status) => status,
}

function statusIn(form: (status: number) => LogValue) {
  return (stream: LoggedStream) => {
    // As Envoy: the operators are about gRPC calls only, the filter is not.
    const status = isGrpc(stream.requestHeaders) ? grpcStatus(stream) : undefined
    return status === undefined ? undefined : form(status)
  }
}

/** `%GRPC_STATUS(form)%` and its like. */
export const GRPC_OPERATORS: Readonly<Record<string, OperatorFactory>> = {
  GRPC_STATUS: (parameter) => {
    const form = FORMS[parameter === undefined || parameter === '' ? 'CAMEL_STRING' : parameter]
    if (form === undefined)
      throw invalidOperator(
        `%GRPC_STATUS(${parameter})%: one of ${Object.keys(FORMS).join(', ')} is expected`,
      )
    return statusIn(form)
  },
  GRPC_STATUS_NUMBER: plain(statusIn((status) => status)),
}
