import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rawFrame, uint32 } from '../../../../test/support/http2-peer.ts'
import { ErrorCode, Flag, FrameType, Http2Error } from './frame.ts'
import { FrameReader, type FrameSink } from './frame-reader.ts'

/** Writes down every event; DATA that arrives in pieces is put together. */
class Notes implements FrameSink {
  readonly list: string[] = []
  #data = ''
  onHeaderBlock(streamId: number, endStream: boolean, block: Buffer): void {
    this.list.push(`headers ${streamId} ${endStream} ${block.toString('latin1')}`)
  }
  onDataFrame(streamId: number, length: number): void {
    this.list.push(`data ${streamId} of ${length}`)
    this.#data = ''
  }
  onDataBytes(_streamId: number, chunk: Buffer): void {
    this.#data += chunk.toString('latin1')
  }
  onDataFrameEnd(streamId: number, endStream: boolean, paddingBytes: number): void {
    this.list.push(`data ${streamId} ${endStream} ${this.#data} +${paddingBytes}`)
  }
  onRstStream(streamId: number, code: number): void {
    this.list.push(`rst ${streamId} ${code}`)
  }
  onSettings(payload: Buffer): void {
    this.list.push(`settings ${payload.toString('hex')}`)
  }
  onSettingsAck(): void {
    this.list.push('settings ack')
  }
  onPing(payload: Buffer, isAck: boolean): void {
    this.list.push(`ping ${isAck} ${payload.toString('latin1')}`)
  }
  onGoAway(lastStreamId: number, code: number, debug: Buffer): void {
    this.list.push(`goaway ${lastStreamId} ${code} ${debug.toString('latin1')}`)
  }
  onWindowUpdate(streamId: number, increment: number): void {
    this.list.push(`window ${streamId} ${increment}`)
  }
  onIgnoredFrame(type: number): void {
    this.list.push(`ignored ${type}`)
  }
}

const SETTINGS = rawFrame(FrameType.settings, 0, 0)

/** Reads pieces, each in memory that is overwritten afterwards. */
function readAll(pieces: readonly Uint8Array[]): string[] {
  const notes = new Notes()
  const reader = new FrameReader(notes)
  for (const piece of pieces) {
    const chunk = Buffer.from(piece)
    reader.read(chunk)
    chunk.fill(0x58)
  }
  return notes.list
}

const EVERYTHING = Buffer.concat([
  rawFrame(FrameType.settings, 0, 0, Buffer.from('000400010000', 'hex')),
  rawFrame(FrameType.settings, Flag.ack, 0),
  rawFrame(FrameType.headers, Flag.endHeaders, 1, 'block'),
  rawFrame(FrameType.headers, Flag.endHeaders | Flag.endStream | Flag.padded, 3, '\x03padded...'),
  rawFrame(FrameType.headers, Flag.endHeaders | Flag.priority, 5, 'PRIO!weighted'),
  rawFrame(FrameType.headers, Flag.endHeaders | Flag.priority | Flag.padded, 5, '\x02PRIO!both..'),
  rawFrame(FrameType.headers, Flag.endStream, 7, 'one '),
  rawFrame(FrameType.continuation, 0, 7, 'two '),
  rawFrame(FrameType.continuation, Flag.endHeaders, 7, 'three'),
  rawFrame(FrameType.data, 0, 1, 'hello'),
  rawFrame(FrameType.data, 0, 1),
  rawFrame(FrameType.data, Flag.endStream, 1),
  rawFrame(FrameType.data, Flag.padded, 1, '\x04data....'),
  rawFrame(FrameType.data, Flag.padded | Flag.endStream, 1, '\x00'),
  rawFrame(FrameType.priority, 0, 9, 'PRIO!'),
  rawFrame(FrameType.rstStream, 0, 1, uint32(8)),
  rawFrame(FrameType.ping, 0, 0, '12345678'),
  rawFrame(FrameType.ping, Flag.ack, 0, '12345678'),
  rawFrame(FrameType.goAway, 0, 0, Buffer.concat([uint32(5), uint32(11), Buffer.from('why')])),
  rawFrame(FrameType.windowUpdate, 0, 0, uint32(1000)),
  // The reserved bit means nothing.
  rawFrame(FrameType.windowUpdate, 0, 0x80000003, uint32(0x80000000 + 7)),
  rawFrame(0x2a, 0xff, 12, 'unknown'),
])

const EVENTS = [
  'settings 000400010000',
  'settings ack',
  'headers 1 false block',
  'headers 3 true padded',
  'headers 5 false weighted',
  'headers 5 false both',
  'headers 7 true one two three',
  'data 1 of 5',
  'data 1 false hello +0',
  'data 1 of 0',
  'data 1 false  +0',
  'data 1 of 0',
  'data 1 true  +0',
  'data 1 of 9',
  'data 1 false data +5',
  'data 1 of 1',
  'data 1 true  +1',
  'ignored 2',
  'rst 1 8',
  'ping false 12345678',
  'ping true 12345678',
  'goaway 5 11 why',
  'window 0 1000',
  'window 3 7',
  'ignored 42',
]

describe('reading frames', () => {
  it('tells every frame', () => {
    expect(readAll([EVERYTHING])).toEqual(EVENTS)
  })

  it('does not depend on where the bytes are cut', () => {
    expect(readAll(Array.from(EVERYTHING, (byte) => Uint8Array.of(byte)))).toEqual(EVENTS)
    fc.assert(
      fc.property(fc.array(fc.nat(EVERYTHING.length)), (cuts) => {
        const at = [0, ...cuts.toSorted((a, b) => a - b), EVERYTHING.length]
        const pieces = at.slice(1).map((end, i) => EVERYTHING.subarray(at[i], end))
        expect(readAll(pieces)).toEqual(EVENTS)
      }),
    )
  })

  it('stops in the middle of a chunk when it is told to', () => {
    const notes = new Notes()
    const reader = new FrameReader(notes)
    notes.onSettingsAck = () => reader.stop()
    reader.read(EVERYTHING)
    reader.read(EVERYTHING)
    expect(notes.list).toEqual(EVENTS.slice(0, 1))
  })

  it('takes any bytes without any error but its own', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 60 })), (pieces) => {
        try {
          readAll([SETTINGS, ...pieces])
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(Http2Error)
        }
      }),
    )
  })
})

describe('a peer that breaks the framing', () => {
  const { protocolError, frameSizeError, enhanceYourCalm } = ErrorCode
  const block = (...frames: Buffer[]) => Buffer.concat([rawFrame(FrameType.headers, 0, 1, 'x'), ...frames])

  it.each<[string, Buffer, number, string]>([
    [
      'a frame above 16 KiB',
      rawFrame(FrameType.data, 0, 1, Buffer.alloc(16_385)),
      frameSizeError,
      'a frame of 16385 bytes; 16384 are allowed',
    ],
    ['DATA on the connection', rawFrame(FrameType.data, 0, 0), protocolError, 'DATA on the connection'],
    [
      'HEADERS on the connection',
      rawFrame(FrameType.headers, Flag.endHeaders, 0),
      protocolError,
      'HEADERS on the connection',
    ],
    ['SETTINGS on a stream', rawFrame(FrameType.settings, 0, 1), protocolError, 'SETTINGS on stream 1'],
    ['PING on a stream', rawFrame(FrameType.ping, 0, 3, '12345678'), protocolError, 'PING on stream 3'],
    ['GOAWAY on a stream', rawFrame(FrameType.goAway, 0, 1, '12345678'), protocolError, 'GOAWAY on stream 1'],
    [
      'RST_STREAM on the connection',
      rawFrame(FrameType.rstStream, 0, 0, '1234'),
      protocolError,
      'RST_STREAM on the connection',
    ],
    [
      'PRIORITY on the connection',
      rawFrame(FrameType.priority, 0, 0, '12345'),
      protocolError,
      'PRIORITY on the connection',
    ],
    [
      'a push',
      rawFrame(FrameType.pushPromise, Flag.endHeaders, 1, '1234'),
      protocolError,
      'PUSH_PROMISE, which was not allowed',
    ],
    [
      'SETTINGS of 5 bytes',
      rawFrame(FrameType.settings, 0, 0, '12345'),
      frameSizeError,
      'SETTINGS of 5 bytes',
    ],
    [
      'an acknowledgement with settings',
      rawFrame(FrameType.settings, Flag.ack, 0, '123456'),
      frameSizeError,
      'SETTINGS of 6 bytes',
    ],
    ['a short PING', rawFrame(FrameType.ping, 0, 0, '1234567'), frameSizeError, 'PING of 7 bytes'],
    [
      'a long RST_STREAM',
      rawFrame(FrameType.rstStream, 0, 1, '12345'),
      frameSizeError,
      'RST_STREAM of 5 bytes',
    ],
    [
      'a long WINDOW_UPDATE',
      rawFrame(FrameType.windowUpdate, 0, 1, '12345'),
      frameSizeError,
      'WINDOW_UPDATE of 5 bytes',
    ],
    ['a short GOAWAY', rawFrame(FrameType.goAway, 0, 0, '1234567'), frameSizeError, 'GOAWAY of 7 bytes'],
    ['a short PRIORITY', rawFrame(FrameType.priority, 0, 1, '1234'), frameSizeError, 'PRIORITY of 4 bytes'],
    [
      'padding as long as its DATA frame',
      rawFrame(FrameType.data, Flag.padded, 1, '\x04abc'),
      protocolError,
      'the padding of DATA is longer than the frame',
    ],
    [
      'padded DATA without padding',
      rawFrame(FrameType.data, Flag.padded, 1),
      frameSizeError,
      'padded DATA without the length of its padding',
    ],
    [
      'padding longer than its HEADERS',
      rawFrame(FrameType.headers, Flag.padded | Flag.endHeaders, 1, '\x04abc'),
      protocolError,
      'the padding of HEADERS is longer than the frame',
    ],
    [
      'HEADERS too short for their priority',
      rawFrame(FrameType.headers, Flag.priority | Flag.endHeaders, 1, '1234'),
      frameSizeError,
      'HEADERS of 4 bytes',
    ],
    [
      'padded HEADERS without padding',
      rawFrame(FrameType.headers, Flag.padded | Flag.endHeaders, 1),
      frameSizeError,
      'HEADERS of 0 bytes',
    ],
    [
      'CONTINUATION alone',
      rawFrame(FrameType.continuation, 0, 1),
      protocolError,
      'CONTINUATION without a header block',
    ],
    [
      'another frame inside of a header block',
      block(rawFrame(FrameType.ping, 0, 0, '12345678')),
      protocolError,
      'a header block is interrupted by another frame',
    ],
    [
      'CONTINUATION of another stream',
      block(rawFrame(FrameType.continuation, 0, 3)),
      protocolError,
      'a header block is interrupted by another frame',
    ],
    [
      'empty CONTINUATIONs without end',
      block(...Array.from({ length: 33 }, () => rawFrame(FrameType.continuation, 0, 1))),
      enhanceYourCalm,
      'a header block of more than 131072 bytes or 32 CONTINUATION frames',
    ],
    [
      'a header block without end',
      block(...Array.from({ length: 8 }, () => rawFrame(FrameType.continuation, 0, 1, Buffer.alloc(16_384)))),
      enhanceYourCalm,
      'a header block of more than 131072 bytes or 32 CONTINUATION frames',
    ],
  ])('is refused: %s', (_, bytes, code, message) => {
    expect(() => readAll([SETTINGS, bytes])).toThrow(expect.objectContaining({ code, message }))
  })

  it.each<[string, readonly string[], string]>([
    ['HTTP/1.1', ['HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n'], 'HTTP/1.1 400 Bad Request'],
    ['HTTP/1.1 byte by byte', [...'HTTP/1.1 400 Bad'], 'HTTP'],
    ['SSH', ['SSH-2.0-OpenSSH_9.6\r\n'], 'SSH-2.0-OpenSSH_9.6'],
    ['a TLS alert', ['\x15\x03\x01\x00\x02\x02\x46'], '......F'],
    ['an acknowledgement first', [rawFrame(FrameType.settings, Flag.ack, 0).toString('latin1')], '.........'],
    [
      'another frame first',
      [rawFrame(FrameType.ping, 0, 0, 'pingping').toString('latin1')],
      '.........pingping',
    ],
  ])('is told apart from one that speaks something else: %s', (_, pieces, begins) => {
    expect(() => readAll(pieces.map((piece) => Buffer.from(piece, 'latin1')))).toThrow(
      expect.objectContaining({
        code: protocolError,
        message: `the peer does not speak HTTP/2: it begins with ${JSON.stringify(begins)}`,
      }),
    )
  })
})
