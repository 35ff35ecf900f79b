import { HpackDecoder } from '../../src/http/codec/hpack/hpack-decoder.ts'
import { HpackEncoder } from '../../src/http/codec/hpack/hpack-encoder.ts'
import { errorCodeName, Flag, FrameType, PREFACE } from '../../src/http/codec/http2/frame.ts'
import { FrameReader, type FrameSink } from '../../src/http/codec/http2/frame-reader.ts'
import { FrameWriter } from '../../src/http/codec/http2/frame-writer.ts'
import type { HeaderField } from '../../src/http/codec/http2/header-fields.ts'
import { Http2ClientConnection, type Http2ClientOptions } from '../../src/http/codec/http2/http2-client.ts'
import type { Http2Reset, Http2Stream, Http2StreamSink } from '../../src/http/codec/http2/http2-stream.ts'
import { ManualClock } from '../manual-clock.ts'
import { MemoryTransport } from './memory-transport.ts'

/** The head of a request, without END_STREAM. */
export const REQUEST: readonly HeaderField[] = [
  [':method', 'POST'],
  [':scheme', 'http'],
  [':path', '/'],
  [':authority', 'host'],
]

/** A client connection, and its server: what a test says byte by byte. Frames of the client are told in words. */
export class Http2Peer implements FrameSink {
  readonly clock = new ManualClock(0)
  readonly transport = new MemoryTransport()
  readonly connection: Http2ClientConnection
  /** What the owner of the connection was told. */
  readonly told: string[] = []
  readonly writer: FrameWriter
  readonly #encoder = new HpackEncoder()
  readonly #decoder = new HpackDecoder()
  readonly #reader = new FrameReader(this)
  #isPrefaceSeen = false
  #sent: string[] = []

  /** @param greet - send empty SETTINGS, acknowledge those of the client, and forget what was said so far */
  constructor(options: Partial<Http2ClientOptions> = {}, greet = true) {
    this.connection = new Http2ClientConnection(
      this.transport,
      {
        onReady: () => this.told.push('ready'),
        onGoAway: (code, debug) => this.told.push(`GOAWAY ${errorCodeName(code)} ${debug}`),
        onClose: (reason) => this.told.push(`closed: ${reason}`),
      },
      { clock: this.clock, ...options },
    )
    const { transport } = this
    this.writer = new FrameWriter({
      writeLatin1: (text: string) => void transport.receive(text),
      writeBytes: (bytes: Uint8Array) => void transport.receive(Buffer.from(bytes)),
    } as never)
    if (!greet) return
    this.writer.settings([])
    this.writer.settingsAck()
    this.frames()
    this.told.length = 0
  }

  /** Opens a stream whose sink takes notes. */
  open(fields: readonly HeaderField[] = REQUEST, endStream = false): NotedStream {
    return new NotedStream(this.connection, fields, endStream)
  }

  /** Frames of the client since the last call. */
  frames(): string[] {
    let written = this.transport.takeWritten()
    if (!this.#isPrefaceSeen) {
      if (!written.startsWith(PREFACE)) throw new Error(`no preface: ${written}`)
      written = written.slice(PREFACE.length)
      this.#isPrefaceSeen = true
    }
    this.#reader.read(Buffer.from(written, 'latin1'))
    const sent = this.#sent
    this.#sent = []
    return sent
  }

  /** Sends a frame as it is. */
  raw(type: number, flags: number, streamId: number, payload: string | Buffer = ''): void {
    this.transport.receive(rawFrame(type, flags, streamId, payload))
  }

  headers(streamId: number, fields: readonly HeaderField[], endStream = false): void {
    this.writer.headers(streamId, this.#encoder.encode(fields), endStream)
  }

  data(streamId: number, text: string, endStream = false): void {
    this.raw(FrameType.data, endStream ? Flag.endStream : 0, streamId, text)
  }

  // ---- what the client sends ----

  onHeaderBlock(streamId: number, endStream: boolean, block: Buffer): void {
    const fields: string[] = []
    this.#decoder.decode(block, (name, value) => fields.push(`${name}=${value}`))
    this.#note(`HEADERS ${streamId}${endStream ? ' END_STREAM' : ''} ${fields.join(' ')}`)
  }

  onDataFrame(): void {
    this.#data = ''
  }

  #data = ''

  onDataBytes(_streamId: number, chunk: Buffer): void {
    this.#data += chunk.toString('latin1')
  }

  onDataFrameEnd(streamId: number, endStream: boolean): void {
    const data = this.#data.length > 20 ? `${this.#data.length} bytes` : JSON.stringify(this.#data)
    this.#note(`DATA ${streamId}${endStream ? ' END_STREAM' : ''} ${data}`)
  }

  onRstStream(streamId: number, code: number): void {
    this.#note(`RST_STREAM ${streamId} ${errorCodeName(code)}`)
  }

  onSettings(payload: Buffer): void {
    const settings: string[] = []
    for (let i = 0; i < payload.length; i += 6)
      settings.push(`${payload.readUInt16BE(i)}=${payload.readUInt32BE(i + 2)}`)
    this.#note(`SETTINGS ${settings.join(' ')}`)
  }

  onSettingsAck(): void {
    this.#note('SETTINGS ack')
  }

  onPing(payload: Buffer, isAck: boolean): void {
    this.#note(`PING ${isAck ? 'ack ' : ''}${payload.toString('hex')}`)
  }

  onGoAway(lastStreamId: number, code: number, debug: Buffer): void {
    this.#note(`GOAWAY ${lastStreamId} ${errorCodeName(code)}${debug.length > 0 ? `: ${debug}` : ''}`)
  }

  onWindowUpdate(streamId: number, increment: number): void {
    this.#note(`WINDOW_UPDATE ${streamId} ${increment}`)
  }

  onIgnoredFrame(type: number): void {
    this.#note(`frame of type ${type}`)
  }

  #note(text: string): void {
    this.#sent.push(text)
  }
}

/** A stream of the client that writes down what it is told. */
export class NotedStream implements Http2StreamSink {
  readonly stream: Http2Stream | undefined
  notes: string[] = []
  /** Gives the peer room for what arrives at once. */
  consumes = true

  constructor(connection: Http2ClientConnection, fields: readonly HeaderField[], endStream: boolean) {
    this.stream = connection.openStream(fields, endStream, this)
  }

  /** What was told since the last call. */
  take(): string[] {
    const { notes } = this
    this.notes = []
    return notes
  }

  onHeaders(status: number, fields: readonly HeaderField[], endStream: boolean): void {
    const text = fields.map(([name, value]) => ` ${name}=${value}`).join('')
    this.notes.push(`head ${status}${text}${endStream ? ' (end)' : ''}`)
  }

  onData(chunk: Buffer): void {
    this.notes.push(chunk.length > 20 ? `${chunk.length} bytes` : `data ${chunk.toString('latin1')}`)
    if (this.consumes) this.stream!.consumed(chunk.length)
  }

  onEnd(trailers: readonly HeaderField[]): void {
    this.notes.push(`end${trailers.map(([name, value]) => ` ${name}=${value}`).join('')}`)
  }

  onReset({ origin, code, message, isRetryable }: Http2Reset): void {
    this.notes.push(`${origin} reset ${errorCodeName(code)}${isRetryable ? ' (retryable)' : ''}: ${message}`)
  }

  onDrain(): void {
    this.notes.push('drain')
  }
}

export function rawFrame(
  type: number,
  flags: number,
  streamId: number,
  payload: string | Buffer = '',
): Buffer {
  const body = Buffer.from(payload as string, 'latin1')
  const header = Buffer.alloc(9)
  header.writeUIntBE(body.length, 0, 3)
  header[3] = type
  header[4] = flags
  header.writeUInt32BE(streamId, 5)
  return Buffer.concat([header, body])
}

/** 32 bits as they are on the wire. */
export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value >>> 0)
  return bytes
}
