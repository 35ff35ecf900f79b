/**
 * What the frames of HTTP/2 consist of: types, flags, settings, error codes and limits.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9113#section-4
 */

/** @see https://www.rfc-editor.org/rfc/rfc9113#section-6 */
export const FrameType = Object.freeze({
  data: 0x0,
  headers: 0x1,
  priority: 0x2,
  rstStream: 0x3,
  settings: 0x4,
  pushPromise: 0x5,
  ping: 0x6,
  goAway: 0x7,
  windowUpdate: 0x8,
  continuation: 0x9,
})

export const Flag = Object.freeze({
  none: 0,
  /** DATA and HEADERS. */
  endStream: 0x1,
  /** SETTINGS and PING. */
  ack: 0x1,
  endHeaders: 0x4,
  padded: 0x8,
  priority: 0x20,
})

/** @see https://www.rfc-editor.org/rfc/rfc9113#section-6.5.2 */
export const Setting = Object.freeze({
  headerTableSize: 0x1,
  enablePush: 0x2,
  maxConcurrentStreams: 0x3,
  initialWindowSize: 0x4,
  maxFrameSize: 0x5,
  maxHeaderListSize: 0x6,
})

/** @see https://www.rfc-editor.org/rfc/rfc9113#section-7 */
export const ErrorCode = Object.freeze({
  noError: 0x0,
  protocolError: 0x1,
  internalError: 0x2,
  flowControlError: 0x3,
  settingsTimeout: 0x4,
  streamClosed: 0x5,
  frameSizeError: 0x6,
  refusedStream: 0x7,
  cancel: 0x8,
  compressionError: 0x9,
  connectError: 0xa,
  enhanceYourCalm: 0xb,
  inadequateSecurity: 0xc,
  http11Required: 0xd,
})

const ERROR_NAMES: readonly string[] = [
  'NO_ERROR',
  'PROTOCOL_ERROR',
  'INTERNAL_ERROR',
  'FLOW_CONTROL_ERROR',
  'SETTINGS_TIMEOUT',
  'STREAM_CLOSED',
  'FRAME_SIZE_ERROR',
  'REFUSED_STREAM',
  'CANCEL',
  'COMPRESSION_ERROR',
  'CONNECT_ERROR',
  'ENHANCE_YOUR_CALM',
  'INADEQUATE_SECURITY',
  'HTTP_1_1_REQUIRED',
]

/** `CANCEL`; a code that the RFC does not know as `error code 0x2a`. */
export function errorCodeName(code: number): string {
  return ERROR_NAMES[code] ?? `error code 0x${code.toString(16)}`
}

/** What a client sends before its first frame. */
export const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'

export const FRAME_HEADER_BYTES = 9

/** Payload of a frame that everybody takes. We announce no other, and never send a longer one. */
export const DEFAULT_MAX_FRAME_BYTES = 16_384

/** The largest value of SETTINGS_MAX_FRAME_SIZE. */
export const MAX_FRAME_SIZE_SETTING = 16_777_215

/** Flow-control window of streams and of the connection before anybody says otherwise. */
export const DEFAULT_WINDOW_BYTES = 65_535

/** No window may grow beyond this, nor a stream identifier. */
export const MAX_31_BITS = 2_147_483_647

/** The peer broke the protocol in a way that ends the connection. Thrown while frames are read, caught there. */
export class Http2Error extends Error {
  override readonly name = 'Http2Error'
  /** For GOAWAY. */
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}
