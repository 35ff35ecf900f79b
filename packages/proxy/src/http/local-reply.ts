import type { LocalReply } from './filter.ts'
import { ResponseHeaderTable } from './header-table.ts'
import { Header } from './known-headers.ts'

/** grpc-status of an HTTP status, as gRPC maps them. */
const GRPC_STATUS: Readonly<Record<number, number>> = {
  400: 13,
  401: 16,
  403: 7,
  404: 12,
  429: 14,
  502: 14,
  503: 14,
  504: 14,
}
const GRPC_UNKNOWN = 2

/** The grpc-status that an HTTP status stands for. */
export function grpcStatusOf(httpStatus: number): number {
  return GRPC_STATUS[httpStatus] ?? GRPC_UNKNOWN
}

/** A local reply, ready for the wire. */
export interface BuiltReply {
  readonly headers: ResponseHeaderTable
  /** Empty when the reply has no body. */
  readonly body: Buffer
}

/**
 * Turns a local reply into a response: plain text, or for gRPC requests a trailers-only response whose status is in
 * `grpc-status`.
 */
export function buildReply(reply: LocalReply, isGrpc: boolean): BuiltReply {
  const body = typeof reply.body === 'string' ? Buffer.from(reply.body) : Buffer.from(reply.body)
  if (isGrpc) return { headers: grpcHeaders(reply, body), body: Buffer.alloc(0) }
  const headers = new ResponseHeaderTable(reply.status)
  if (body.length > 0) headers.setId(Header.contentLength, String(body.length))
  for (const [name, value] of reply.headers) headers.add(name, value)
  if (body.length > 0 && !headers.hasId(Header.contentType)) headers.setId(Header.contentType, 'text/plain')
  return { headers, body }
}

function grpcHeaders(reply: LocalReply, body: Buffer): ResponseHeaderTable {
  const headers = new ResponseHeaderTable(200)
  for (const [name, value] of reply.headers) headers.add(name, value)
  headers.setId(Header.contentType, 'application/grpc')
  headers.setId(Header.grpcStatus, String(reply.grpcStatus ?? grpcStatusOf(reply.status)))
  if (body.length > 0) headers.setId(Header.grpcMessage, percentEncode(body))
  return headers
}

/** Percent-encodes as gRPC asks: everything but printable ASCII, and `%`. */
function percentEncode(bytes: Buffer): string {
  let text = ''
  for (const byte of bytes)
    text +=
      byte >= 0x20 && byte <= 0x7e && byte !== 0x25
        ? String.fromCharCode(byte)
        : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  return text
}
