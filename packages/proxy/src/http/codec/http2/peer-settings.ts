import {
  DEFAULT_MAX_FRAME_BYTES,
  DEFAULT_WINDOW_BYTES,
  ErrorCode,
  Http2Error,
  MAX_31_BITS,
  MAX_FRAME_SIZE_SETTING,
  Setting,
} from './frame.ts'

/** What a server allows us, as of its latest SETTINGS. */
export class PeerSettings {
  headerTableBytes = 4096
  maxConcurrentStreams: number = Number.POSITIVE_INFINITY
  initialWindowBytes: number = DEFAULT_WINDOW_BYTES
  maxFrameBytes: number = DEFAULT_MAX_FRAME_BYTES

  /**
   * Takes over the payload of a SETTINGS frame of a server.
   *
   * @throws Http2Error when a value is not allowed
   * @see https://www.rfc-editor.org/rfc/rfc9113#section-6.5.2
   */
  apply(payload: Buffer): void {
    for (let i = 0; i + 6 <= payload.length; i += 6) {
      const value = payload.readUInt32BE(i + 2)
      switch (payload.readUInt16BE(i)) {
        case Setting.headerTableSize:
          this.headerTableBytes = value
          break
        case Setting.enablePush:
          if (value !== 0)
            throw new Http2Error(ErrorCode.protocolError, 'the server says that a client may push')
          break
        case Setting.maxConcurrentStreams:
          this.maxConcurrentStreams = value
          break
        case Setting.initialWindowSize:
          if (value > MAX_31_BITS)
            throw new Http2Error(ErrorCode.flowControlError, `an initial window of ${value} bytes`)
          this.initialWindowBytes = value
          break
        case Setting.maxFrameSize:
          if (value < DEFAULT_MAX_FRAME_BYTES || value > MAX_FRAME_SIZE_SETTING)
            throw new Http2Error(ErrorCode.protocolError, `frames of at most ${value} bytes`)
          this.maxFrameBytes = value
          break
      }
    }
  }
}
