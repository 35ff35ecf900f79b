import { latin1Of } from '../../../network/latin1.ts'
import type { Transport } from '../../../network/transport.ts'
import { DEFAULT_MAX_FRAME_BYTES, Flag, FrameType } from './frame.ts'

/**
 * Writes frames to a transport. What is written in one turn of the event loop goes out together, up to the first large
 * payload.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9113#section-6
 */
export class FrameWriter {
  readonly #transport: Transport

  constructor(transport: Transport) {
    this.#transport = transport
  }

  text(text: string): void {
    this.#transport.writeLatin1(text)
  }

  /** @param settings - identifier and value of each */
  settings(settings: readonly (readonly [number, number])[]): void {
    let payload = ''
    for (const [identifier, value] of settings)
      payload += String.fromCharCode(identifier >>> 8, identifier & 0xff) + uint32(value)
    this.text(frameHeader(payload.length, FrameType.settings, Flag.none, 0) + payload)
  }

  settingsAck(): void {
    this.text(frameHeader(0, FrameType.settings, Flag.ack, 0))
  }

  /** @param payload - 8 bytes as latin1 */
  ping(payload: string, isAck: boolean): void {
    this.text(frameHeader(8, FrameType.ping, isAck ? Flag.ack : Flag.none, 0) + payload)
  }

  goAway(lastStreamId: number, code: number, debug: string): void {
    const payload = uint32(lastStreamId) + uint32(code) + debug
    this.text(frameHeader(payload.length, FrameType.goAway, Flag.none, 0) + payload)
  }

  rstStream(streamId: number, code: number): void {
    this.text(frameHeader(4, FrameType.rstStream, Flag.none, streamId) + uint32(code))
  }

  windowUpdate(streamId: number, increment: number): void {
    this.text(frameHeader(4, FrameType.windowUpdate, Flag.none, streamId) + uint32(increment))
  }

  /** HEADERS, and CONTINUATION for what does not fit. */
  headers(streamId: number, block: Buffer, endStream: boolean): void {
    const end = endStream ? Flag.endStream : Flag.none
    let type: number = FrameType.headers
    let flags: number = end
    let offset = 0
    do {
      const next = Math.min(offset + DEFAULT_MAX_FRAME_BYTES, block.length)
      if (next === block.length) flags |= Flag.endHeaders
      this.text(frameHeader(next - offset, type, flags, streamId) + latin1Of(block, offset, next))
      offset = next
      type = FrameType.continuation
      flags = Flag.none
    } while (offset < block.length)
  }

  /** @param payload - no longer than the peer's SETTINGS_MAX_FRAME_SIZE; not to be changed afterwards */
  data(streamId: number, payload: Uint8Array, endStream: boolean): void {
    const flags = endStream ? Flag.endStream : Flag.none
    this.text(frameHeader(payload.length, FrameType.data, flags, streamId))
    if (payload.length > 0) this.#transport.writeBytes(payload)
  }
}

function frameHeader(length: number, type: number, flags: number, streamId: number): string {
  return String.fromCharCode(
    length >>> 16,
    (length >>> 8) & 0xff,
    length & 0xff,
    type,
    flags,
    streamId >>> 24,
    (streamId >>> 16) & 0xff,
    (streamId >>> 8) & 0xff,
    streamId & 0xff,
  )
}

function uint32(value: number): string {
  return String.fromCharCode(value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff)
}
