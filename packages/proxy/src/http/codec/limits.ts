/** Limits of one message head. */
export interface HeadLimits {
  /** Bytes of the whole head, request line included. */
  readonly maxHeadersBytes: number
  /** Number of fields. */
  readonly maxHeaders: number
}

/** Envoy's default for request heads: 60 KiB, 100 fields. */
export const DEFAULT_HEAD_LIMITS: HeadLimits = { maxHeadersBytes: 60 * 1024, maxHeaders: 100 }
/** Envoy's default for response heads: 80 KiB, 100 fields. */
export const DEFAULT_RESPONSE_HEAD_LIMITS: HeadLimits = { maxHeadersBytes: 80 * 1024, maxHeaders: 100 }

/** Bytes of one chunk-size line, extension included. */
export const MAX_CHUNK_LINE_BYTES = 4096
/** Empty lines that are skipped before a request line; robust clients send one. */
export const MAX_LEADING_CRLF = 4
/** Bytes of further requests that a connection may hold while one is being answered; reading pauses above it. */
export const MAX_PIPELINED_BYTES = 64 * 1024
