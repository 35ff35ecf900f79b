import { describe, expect, it } from 'vitest'
import { Http2Peer, REQUEST } from '../../../../test/support/http2-peer.ts'
import { Flag, FrameType, Setting } from './frame.ts'

const OK = [[':status', '200']] as const

type Act = (peer: Http2Peer) => void
const many =
  (count: number, act: (peer: Http2Peer, i: number) => void): Act =>
  (peer) => {
    for (let i = 0; i < count; i++) act(peer, i)
  }

describe('a hostile server ends the connection with', () => {
  it.each<[string, string, string, Act]>([
    [
      'PING without end',
      'ENHANCE_YOUR_CALM',
      'too many frames to no purpose, the last one PING',
      many(1100, (peer) => peer.raw(FrameType.ping, 0, 0, '12345678')),
    ],
    [
      'SETTINGS without end',
      'ENHANCE_YOUR_CALM',
      'too many frames to no purpose, the last one SETTINGS',
      many(1100, (peer) => peer.writer.settings([])),
    ],
    [
      'empty DATA without end',
      'ENHANCE_YOUR_CALM',
      'too many frames to no purpose, the last one empty DATA',
      (peer) => {
        peer.headers(1, OK)
        many(1100, () => peer.data(1, ''))(peer)
      },
    ],
    [
      'padding without end',
      'ENHANCE_YOUR_CALM',
      'too many frames to no purpose, the last one empty DATA',
      (peer) => {
        peer.headers(1, OK)
        many(1100, () => peer.raw(FrameType.data, Flag.padded, 1, '\x02..'))(peer)
      },
    ],
    [
      'empty DATA on a stream that was reset',
      'ENHANCE_YOUR_CALM',
      'too many frames to no purpose, the last one empty DATA',
      (peer) => {
        peer.open().stream!.reset()
        many(1100, () => peer.data(3, ''))(peer)
      },
    ],
    [
      'RST_STREAM on a closed stream without end',
      'ENHANCE_YOUR_CALM',
      'too many frames to no purpose, the last one RST_STREAM on a closed stream',
      many(1100, (peer) => peer.writer.rstStream(1, 8)),
    ],
    [
      'unknown frames without end',
      'ENHANCE_YOUR_CALM',
      'too many frames to no purpose, the last one PRIORITY or unknown frame',
      many(1100, (peer) => peer.raw(0x42, 0, 0)),
    ],
    [
      'PRIORITY without end',
      'ENHANCE_YOUR_CALM',
      'too many frames to no purpose, the last one PRIORITY or unknown frame',
      many(1100, (peer) => peer.raw(FrameType.priority, 0, 1, '12345')),
    ],
    [
      'informational responses without end',
      'ENHANCE_YOUR_CALM',
      'too many frames to no purpose, the last one informational response',
      many(1100, (peer) => peer.headers(1, [[':status', '103']])),
    ],
    [
      'WINDOW_UPDATE without end',
      'ENHANCE_YOUR_CALM',
      'too many WINDOW_UPDATE frames',
      many(1100, (peer) => peer.writer.windowUpdate(1, 1)),
    ],
    [
      'GOAWAY without end',
      'ENHANCE_YOUR_CALM',
      'too many frames to no purpose, the last one GOAWAY',
      many(1100, (peer) => peer.writer.goAway(1, 0, '')),
    ],
    [
      'WINDOW_UPDATE of 0 for the connection',
      'PROTOCOL_ERROR',
      'WINDOW_UPDATE of 0 bytes',
      (peer) => peer.writer.windowUpdate(0, 0),
    ],
    [
      'a window of the connection above 2^31-1',
      'FLOW_CONTROL_ERROR',
      'the window of the connection is too large',
      (peer) => peer.writer.windowUpdate(0, 0x7fffffff),
    ],
    [
      'SETTINGS that make a window too large',
      'FLOW_CONTROL_ERROR',
      'SETTINGS make the window of a stream too large',
      (peer) => {
        peer.writer.windowUpdate(1, 100_000)
        peer.writer.settings([[Setting.initialWindowSize, 0x7fffffff]])
      },
    ],
    [
      'an initial window above 2^31-1',
      'FLOW_CONTROL_ERROR',
      'an initial window of 2147483648 bytes',
      (peer) => peer.writer.settings([[Setting.initialWindowSize, 0x80000000]]),
    ],
    [
      'the permission to push',
      'PROTOCOL_ERROR',
      'the server says that a client may push',
      (peer) => peer.writer.settings([[Setting.enablePush, 1]]),
    ],
    [
      'frames that are too small',
      'PROTOCOL_ERROR',
      'frames of at most 16383 bytes',
      (peer) => peer.writer.settings([[Setting.maxFrameSize, 16_383]]),
    ],
    [
      'frames that are too large',
      'PROTOCOL_ERROR',
      'frames of at most 16777216 bytes',
      (peer) => peer.writer.settings([[Setting.maxFrameSize, 16_777_216]]),
    ],
    [
      'an acknowledgement of nothing',
      'PROTOCOL_ERROR',
      'SETTINGS were acknowledged that nobody sent',
      (peer) => peer.writer.settingsAck(),
    ],
    [
      'a push',
      'PROTOCOL_ERROR',
      'PUSH_PROMISE, which was not allowed',
      (peer) => peer.raw(FrameType.pushPromise, 4, 1, '1234'),
    ],
    [
      'HEADERS on a stream of its own',
      'PROTOCOL_ERROR',
      'HEADERS on stream 2, which nobody opened',
      (peer) => peer.headers(2, OK),
    ],
    [
      'HEADERS on an idle stream',
      'PROTOCOL_ERROR',
      'HEADERS on stream 3, which nobody opened',
      (peer) => peer.headers(3, OK),
    ],
    [
      'DATA on an idle stream',
      'PROTOCOL_ERROR',
      'DATA on stream 9, which nobody opened',
      (peer) => peer.data(9, 'x'),
    ],
    [
      'RST_STREAM on an idle stream',
      'PROTOCOL_ERROR',
      'RST_STREAM on stream 3, which nobody opened',
      (peer) => peer.writer.rstStream(3, 0),
    ],
    [
      'WINDOW_UPDATE on an idle stream',
      'PROTOCOL_ERROR',
      'WINDOW_UPDATE on stream 3, which nobody opened',
      (peer) => peer.writer.windowUpdate(3, 1),
    ],
    [
      'DATA on a closed stream',
      'STREAM_CLOSED',
      'DATA on stream 3, which is closed',
      (peer) => {
        peer.open(REQUEST, true)
        peer.headers(3, OK, true)
        peer.data(3, 'x')
      },
    ],
    [
      'HEADERS on a closed stream',
      'STREAM_CLOSED',
      'HEADERS on stream 3, which is closed',
      (peer) => {
        peer.open()
        peer.writer.rstStream(3, 0)
        peer.headers(3, OK)
      },
    ],
    [
      'a broken header block',
      'COMPRESSION_ERROR',
      'an integer takes more than 5 bytes',
      (peer) => peer.raw(FrameType.headers, Flag.endHeaders, 1, '\xff\xff\xff\xff\xff\xff'),
    ],
    [
      'more DATA than the connection allows',
      'FLOW_CONTROL_ERROR',
      'more DATA than the window of the connection allows',
      (peer) => {
        for (let i = 0; i < 4; i++) peer.open().consumes = false
        for (const id of [1, 3, 5, 7, 9]) {
          peer.headers(id, OK)
          many(13, () => peer.data(id, 'x'.repeat(16_384)))(peer)
        }
      },
    ],
    [
      'a frame above 16 KiB',
      'FRAME_SIZE_ERROR',
      'a frame of 16385 bytes; 16384 are allowed',
      (peer) => peer.data(1, 'x'.repeat(16_385)),
    ],
  ])('%s: %s', (_title, code, message, act) => {
    const peer = new Http2Peer()
    const noted = peer.open()
    noted.consumes = false
    peer.frames()
    act(peer)
    const goAway = peer.frames().at(-1)!
    expect(goAway).toBe(`GOAWAY 0 ${code}: ${message}`)
    expect(peer.transport.destroyed).toBe(true)
    expect(noted.stream!.isClosed).toBe(true)
    expect(peer.told.at(-1)).toMatch(/^closed: /)
  })

  it('a pace that a good one keeps: pings and window updates over hours', () => {
    const peer = new Http2Peer()
    peer.open()
    for (let i = 0; i < 5000; i++) {
      peer.clock.advance(1000)
      peer.raw(FrameType.ping, 0, 0, '12345678')
      peer.writer.windowUpdate(1, 1)
    }
    expect(peer.told).toEqual([])
  })
})

describe('a malformed response ends its stream and not the connection:', () => {
  const fields =
    (...list: [string, string][]): Act =>
    (peer) =>
      peer.headers(1, list)
  it.each<[string, string, string, Act]>([
    [
      'DATA before the head',
      'PROTOCOL_ERROR',
      'DATA before the head of the response',
      (peer) => peer.data(1, 'x'),
    ],
    ['no status', 'PROTOCOL_ERROR', 'a response without :status', fields(['a', 'b'])],
    ['two of them', 'PROTOCOL_ERROR', ':status twice', fields([':status', '200'], [':status', '200'])],
    ['a status that is no number', 'PROTOCOL_ERROR', 'the status "2000"', fields([':status', '2000'])],
    [
      'a status after other fields',
      'PROTOCOL_ERROR',
      ':status after other fields',
      fields(['a', 'b'], [':status', '200']),
    ],
    [
      'a pseudo-header field of requests',
      'PROTOCOL_ERROR',
      'the pseudo-header field ":path" in a response',
      fields([':status', '200'], [':path', '/']),
    ],
    [
      'a name in upper case',
      'PROTOCOL_ERROR',
      'the field name "A" is not allowed',
      fields([':status', '200'], ['A', 'b']),
    ],
    [
      'a name with a space',
      'PROTOCOL_ERROR',
      'the field name "a b" is not allowed',
      fields([':status', '200'], ['a b', 'b']),
    ],
    [
      'an empty name',
      'PROTOCOL_ERROR',
      'the field name "" is not allowed',
      fields([':status', '200'], ['', 'b']),
    ],
    [
      'a line break in a value',
      'PROTOCOL_ERROR',
      'the value of a has a control character',
      fields([':status', '200'], ['a', 'b\r\nc: d']),
    ],
    [
      'a field of HTTP/1.1',
      'PROTOCOL_ERROR',
      'the field connection does not exist in HTTP/2',
      fields([':status', '200'], ['connection', 'close']),
    ],
    [
      'transfer-encoding',
      'PROTOCOL_ERROR',
      'the field transfer-encoding does not exist in HTTP/2',
      fields([':status', '200'], ['transfer-encoding', 'chunked']),
    ],
    [
      'an informational status at the end',
      'PROTOCOL_ERROR',
      'the informational status 100 as a response',
      (peer) => peer.headers(1, [[':status', '100']], true),
    ],
    [
      'a switch of protocols',
      'PROTOCOL_ERROR',
      'the informational status 101 as a response',
      fields([':status', '101']),
    ],
    [
      'a second head',
      'PROTOCOL_ERROR',
      'trailers that do not end the response',
      (peer) => {
        peer.headers(1, OK)
        peer.headers(1, [['a', 'b']])
      },
    ],
    [
      'a status in trailers',
      'PROTOCOL_ERROR',
      ':status in trailers',
      (peer) => {
        peer.headers(1, OK)
        peer.headers(1, OK, true)
      },
    ],
    [
      'two lengths',
      'PROTOCOL_ERROR',
      'content-length is no number',
      fields([':status', '200'], ['content-length', '1'], ['content-length', '1']),
    ],
    [
      'a length that is no number',
      'PROTOCOL_ERROR',
      'content-length is no number',
      fields([':status', '200'], ['content-length', '+1']),
    ],
    [
      'more than its length',
      'PROTOCOL_ERROR',
      'the response is longer than its content-length',
      (peer) => {
        fields([':status', '200'], ['content-length', '1'])(peer)
        peer.data(1, 'xx')
      },
    ],
    [
      'less than its length',
      'PROTOCOL_ERROR',
      'the response is shorter than its content-length',
      (peer) => {
        fields([':status', '200'], ['content-length', '2'])(peer)
        peer.data(1, 'x', true)
      },
    ],
    [
      'a head that is too large',
      'ENHANCE_YOUR_CALM',
      'the header list of the response is too large',
      fields([':status', '200'], ['a', 'x'.repeat(65_536)]),
    ],
    [
      'a head with too many fields',
      'ENHANCE_YOUR_CALM',
      'the header list of the response is too large',
      fields([':status', '200'], ...Array.from({ length: 500 }, (_, i) => [`f${i}`, ''] as [string, string])),
    ],
    [
      'a window that is too large',
      'FLOW_CONTROL_ERROR',
      'the window of the stream is too large',
      (peer) => peer.writer.windowUpdate(1, 0x7fffffff),
    ],
    [
      'WINDOW_UPDATE of 0',
      'PROTOCOL_ERROR',
      'WINDOW_UPDATE of 0 bytes',
      (peer) => peer.writer.windowUpdate(1, 0),
    ],
    [
      'more DATA than the window',
      'FLOW_CONTROL_ERROR',
      'more DATA than the window of the stream allows',
      (peer) => {
        peer.headers(1, OK)
        many(17, () => peer.data(1, 'x'.repeat(16_384)))(peer)
      },
    ],
  ])('%s', (_title, code, message, act) => {
    const peer = new Http2Peer()
    const noted = peer.open()
    noted.consumes = false
    peer.frames()
    act(peer)
    expect(noted.take().at(-1)).toBe(`local reset ${code}: ${message}`)
    expect(peer.frames()[0]).toBe(`RST_STREAM 1 ${code}`)
    expect([peer.told, noted.stream!.isClosed]).toEqual([[], true])
    const next = peer.open()
    peer.headers(3, [...OK, ['a', 'b']], true)
    expect(next.take()).toEqual(['head 200 a=b (end)', 'end'])
  })

  it.each([
    ['DATA', (peer: Http2Peer) => peer.data(1, 'x')],
    ['HEADERS', (peer: Http2Peer) => peer.headers(1, [['a', 'b']], true)],
  ])('%s after its end, while the request goes on', (frame, act) => {
    const peer = new Http2Peer()
    const noted = peer.open()
    peer.headers(1, OK, true)
    act(peer)
    expect(noted.take().at(-1)).toBe(`local reset STREAM_CLOSED: ${frame} after the end of the response`)
    expect(peer.told).toEqual([])
  })

  it('takes white space around values for what it is, and a length without a body where there is none', () => {
    const peer = new Http2Peer()
    const get = peer.open(REQUEST, true)
    peer.headers(1, [...OK, ['grpc-message', ' it broke \t']], true)
    const head = peer.open([[':method', 'HEAD'], ...REQUEST.slice(1)], true)
    peer.headers(3, [...OK, ['content-length', '12']])
    peer.data(3, '', true)
    const unchanged = peer.open(REQUEST, true)
    peer.headers(5, [
      [':status', '304'],
      ['content-length', '12'],
    ])
    peer.data(5, '', true)
    expect([get.take()[0], head.take().at(-1), unchanged.take().at(-1)]).toEqual([
      'head 200 grpc-message=it broke (end)',
      'end',
      'end',
    ])
  })
})
