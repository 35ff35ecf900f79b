import { describe, expect, it } from 'vitest'
import {
  ErrorCode,
  Flag,
  FrameType,
  Http2Peer,
  REQUEST,
  uint32,
} from '../../../../test/support/http2-peer.ts'
import { Setting } from './frame.ts'

const OK = [[':status', '200']] as const
const REQUEST_TEXT = ':method=POST :scheme=http :path=/ :authority=host'

describe('an HTTP/2 client', () => {
  it('says at once what it takes: no pushes, windows of 256 KiB and 1 MiB, heads of 64 KiB', () => {
    const peer = new Http2Peer({}, false)
    expect(peer.frames()).toEqual([
      `SETTINGS ${Setting.enablePush}=0 ${Setting.initialWindowSize}=262144 ${Setting.maxHeaderListSize}=65536`,
      'WINDOW_UPDATE 0 983041',
    ])
    expect(peer.told).toEqual([])
    peer.writer.settings([])
    expect([peer.told, peer.frames()]).toEqual([['ready'], ['SETTINGS ack']])
    peer.writer.settings([])
    expect([peer.told, peer.frames()]).toEqual([['ready'], ['SETTINGS ack']])
  })

  it('sends requests and tells responses, several at a time', () => {
    const peer = new Http2Peer()
    const first = peer.open()
    const second = peer.open([...REQUEST, ['x-a', 'b']], true)
    expect(peer.frames()).toEqual([`HEADERS 1 ${REQUEST_TEXT}`, `HEADERS 3 END_STREAM ${REQUEST_TEXT} x-a=b`])
    first.stream!.write(Buffer.from('hello'))
    first.stream!.write(Buffer.from(' world'), true)
    expect(peer.frames()).toEqual(['DATA 1 "hello"', 'DATA 1 END_STREAM " world"'])
    peer.headers(3, [[':status', '103']])
    peer.headers(3, [...OK, ['server', 'x']])
    peer.headers(1, [[':status', '204']], true)
    peer.data(3, 'some')
    peer.data(3, ' body')
    peer.headers(3, [['grpc-status', '0']], true)
    expect(first.take()).toEqual(['head 204 (end)', 'end'])
    expect(second.take()).toEqual(['head 200 server=x', 'data some', 'data  body', 'end grpc-status=0'])
    expect(peer.connection.streamCount).toBe(0)
    expect([first.stream!.isClosed, second.stream!.isClosed, peer.connection.isAccepting]).toEqual([
      true,
      true,
      true,
    ])
  })

  it('goes on sending a request whose response is complete', () => {
    const peer = new Http2Peer()
    const { stream, ...noted } = peer.open()
    peer.headers(1, OK, true)
    stream!.write(Buffer.from('late'))
    stream!.end()
    expect([noted.notes, peer.frames().slice(1)]).toEqual([
      ['head 200 (end)', 'end'],
      ['DATA 1 "late"', 'DATA 1 END_STREAM ""'],
    ])
    expect(stream!.isClosed).toBe(true)
  })

  it('splits a head that does not fit in a frame', () => {
    const peer = new Http2Peer()
    peer.open([...REQUEST, ['x-long', '~'.repeat(40_000)]], true)
    expect(peer.frames()[0]).toHaveLength(
      'HEADERS 1 END_STREAM '.length + REQUEST_TEXT.length + ' x-long='.length + 40_000,
    )
  })

  it('answers pings and ignores what it does not know', () => {
    const peer = new Http2Peer()
    peer.raw(FrameType.ping, 0, 0, 'pingping')
    peer.raw(FrameType.ping, Flag.ack, 0, 'nobody..')
    peer.raw(FrameType.priority, 0, 7, '12345')
    peer.raw(0x99, 0xff, 5, 'whatever')
    peer.writer.settings([[0x99, 1]])
    expect([peer.frames(), peer.told]).toEqual([['PING ack 70696e6770696e67', 'SETTINGS ack'], []])
  })

  it('tells a reset by the server, and whether the request may be sent again', () => {
    const peer = new Http2Peer()
    const streams = [peer.open(), peer.open(), peer.open()]
    peer.writer.rstStream(1, ErrorCode.internalError)
    peer.writer.rstStream(3, ErrorCode.refusedStream)
    peer.writer.rstStream(5, 0x2a)
    expect(streams.map((noted) => noted.take())).toEqual([
      ['peer reset INTERNAL_ERROR: the peer reset the stream: INTERNAL_ERROR'],
      ['peer reset REFUSED_STREAM (retryable): the peer reset the stream: REFUSED_STREAM'],
      ['peer reset error code 0x2a: the peer reset the stream: error code 0x2a'],
    ])
    expect(peer.connection.streamCount).toBe(0)
  })

  it('resets a stream that nobody wants, and ignores what the server has sent by then', () => {
    const peer = new Http2Peer()
    const noted = peer.open()
    noted.stream!.reset()
    peer.frames()
    peer.headers(1, OK)
    peer.data(1, 'x'.repeat(5000))
    peer.writer.windowUpdate(1, 5)
    peer.headers(1, [], true)
    peer.writer.rstStream(1, ErrorCode.cancel)
    expect([noted.take(), peer.told, peer.frames()]).toEqual([[], [], []])
    // The table for heads is in step: the next response is understood.
    const next = peer.open()
    peer.headers(3, [...OK, ['a', 'b']], true)
    expect(next.take()).toEqual(['head 200 a=b (end)', 'end'])
  })

  it('closes at once, with a word of good-bye and no callback', () => {
    const peer = new Http2Peer()
    const noted = peer.open()
    peer.frames()
    peer.connection.close()
    peer.connection.close()
    expect([peer.frames(), peer.transport.destroyed]).toEqual([['GOAWAY 0 NO_ERROR'], true])
    peer.transport.receiveClose()
    expect([noted.take(), noted.stream!.isClosed, peer.told, peer.open().stream]).toEqual([
      [],
      true,
      [],
      undefined,
    ])
  })
})

describe('flow control of an HTTP/2 client', () => {
  it('sends no more than the windows of stream and connection allow, one frame of each stream in turn', () => {
    const peer = new Http2Peer()
    const [a, b] = [peer.open(), peer.open()]
    peer.frames()
    a.stream!.write(Buffer.alloc(60_000, 'a'), true)
    b.stream!.write(Buffer.alloc(60_000, 'b'), true)
    expect([a.stream!.queuedBytes, b.stream!.queuedBytes]).toEqual([0, 60_000 - 5535])
    expect(peer.frames()).toEqual([
      'DATA 1 16384 bytes',
      'DATA 1 16384 bytes',
      'DATA 1 16384 bytes',
      'DATA 1 END_STREAM 10848 bytes',
      'DATA 3 5535 bytes',
    ])
    peer.writer.windowUpdate(0, 20_000)
    expect(peer.frames()).toEqual(['DATA 3 16384 bytes', 'DATA 3 3616 bytes'])
    const c = peer.open()
    c.stream!.write(Buffer.alloc(20_000, 'c'))
    peer.frames()
    peer.writer.windowUpdate(0, 40_000)
    expect(peer.frames()).toEqual(['DATA 3 16384 bytes', 'DATA 5 16384 bytes', 'DATA 3 7232 bytes'])
  })

  it('follows a change of the initial window, upwards and below zero', () => {
    const peer = new Http2Peer()
    const { stream } = peer.open()
    stream!.write(Buffer.alloc(50_000))
    peer.frames()
    peer.writer.settings([[Setting.initialWindowSize, 10_000]])
    stream!.write(Buffer.alloc(10_000))
    expect([peer.frames(), stream!.sendWindow.available]).toEqual([['SETTINGS ack'], -40_000])
    peer.writer.windowUpdate(1, 41_000)
    expect(peer.frames()).toEqual(['DATA 1 1000 bytes'])
    peer.writer.settings([[Setting.initialWindowSize, 100_000]])
    expect(peer.frames()).toEqual(['SETTINGS ack', 'DATA 1 9000 bytes'])
  })

  it('says when a request that was too fast can go on', () => {
    const peer = new Http2Peer()
    const noted = peer.open()
    expect(noted.stream!.write(Buffer.alloc(100_000))).toBe(true)
    expect(noted.stream!.write(Buffer.alloc(40_000))).toBe(false)
    peer.writer.windowUpdate(0, 1_000_000)
    expect(noted.take()).toEqual([])
    peer.writer.windowUpdate(1, 30_000)
    expect([noted.take(), noted.stream!.blocked]).toEqual([['drain'], false])
  })

  it('waits for a transport that is blocked', () => {
    const peer = new Http2Peer()
    const { stream } = peer.open()
    peer.transport.blocked = true
    peer.frames()
    stream!.write(Buffer.from('x'), true)
    expect(peer.frames()).toEqual([])
    peer.transport.blocked = false
    peer.connection.onDrain()
    expect(peer.frames()).toEqual(['DATA 1 END_STREAM "x"'])
  })

  it('gives room for what was consumed, once that is half of a window', () => {
    const peer = new Http2Peer()
    const noted = peer.open()
    noted.consumes = false
    peer.headers(1, OK)
    peer.frames()
    for (let i = 0; i < 16; i++) peer.data(1, 'x'.repeat(16_000))
    expect(peer.frames()).toEqual([])
    noted.stream!.consumed(131_000)
    expect(peer.frames()).toEqual([])
    noted.stream!.consumed(125_000)
    expect(peer.frames()).toEqual(['WINDOW_UPDATE 1 256000'])
    for (let i = 0; i < 16; i++) peer.data(1, 'x'.repeat(16_000))
    noted.stream!.consumed(16_000 * 16)
    expect(peer.frames()).toEqual(['WINDOW_UPDATE 1 256000'])
    peer.data(1, 'x'.repeat(16_000))
    noted.stream!.consumed(16_000)
    expect(peer.frames()).toEqual(['WINDOW_UPDATE 0 528000'])
  })

  it('gives back what nobody read of a stream that was reset, padding, and what came too late', () => {
    const peer = new Http2Peer({ connectionWindowBytes: 65_535 })
    const noted = peer.open()
    noted.consumes = false
    peer.headers(1, OK)
    peer.data(1, 'x'.repeat(16_000))
    peer.raw(FrameType.data, Flag.padded, 1, `\xff${'x'.repeat(2)}${'.'.repeat(255)}`)
    noted.stream!.reset()
    peer.frames()
    peer.data(1, 'x'.repeat(16_384))
    peer.data(1, 'x'.repeat(125))
    // 16,000 + 258 + 16,384 + 125 is not half of 65,535; one more byte is.
    expect(peer.frames()).toEqual([])
    peer.data(1, 'x')
    expect(peer.frames()).toEqual(['WINDOW_UPDATE 0 32768'])
  })
})

describe('a server that allows few streams', () => {
  it('gets them one after another', () => {
    const peer = new Http2Peer()
    peer.writer.settings([[Setting.maxConcurrentStreams, 1]])
    peer.frames()
    const [a, b, c] = [peer.open(REQUEST, true), peer.open(), peer.open(REQUEST, true)]
    b.stream!.write(Buffer.from('waits'), true)
    expect([peer.frames(), b.stream!.id, peer.connection.streamCount]).toEqual([
      [`HEADERS 1 END_STREAM ${REQUEST_TEXT}`],
      0,
      3,
    ])
    peer.headers(1, OK, true)
    expect([a.take(), peer.frames()]).toEqual([
      ['head 200 (end)', 'end'],
      [`HEADERS 3 ${REQUEST_TEXT}`, 'DATA 3 END_STREAM "waits"'],
    ])
    b.stream!.reset()
    expect(peer.frames()).toEqual(['RST_STREAM 3 CANCEL', `HEADERS 5 END_STREAM ${REQUEST_TEXT}`])
    const d = peer.open()
    d.stream!.reset()
    peer.writer.settings([[Setting.maxConcurrentStreams, 0]])
    peer.headers(5, OK, true)
    const e = peer.open()
    expect([peer.frames(), c.take(), d.take()]).toEqual([['SETTINGS ack'], ['head 200 (end)', 'end'], []])
    peer.writer.settings([[Setting.maxConcurrentStreams, 5]])
    expect([peer.frames(), e.stream!.id]).toEqual([[`SETTINGS ack`, `HEADERS 7 ${REQUEST_TEXT}`], 7])
  })
})

describe('the end of an HTTP/2 connection', () => {
  const goAway = (last: number, code: number, debug = '') =>
    [FrameType.goAway, 0, 0, Buffer.concat([uint32(last), uint32(code), Buffer.from(debug)])] as const

  it('GOAWAY: what the server has not begun with may be sent again, the rest finishes, then it closes', () => {
    const peer = new Http2Peer()
    const [a, b] = [peer.open(), peer.open()]
    peer.writer.settings([[Setting.maxConcurrentStreams, 2]])
    const c = peer.open()
    peer.raw(...goAway(1, ErrorCode.noError, 'maintenance\n'))
    const refused =
      'connection reset REFUSED_STREAM (retryable): the peer takes no more requests: GOAWAY NO_ERROR (maintenance.)'
    expect([a.take(), b.take(), c.take()]).toEqual([[], [refused], [refused]])
    expect([peer.told, peer.connection.isAccepting, peer.open().stream]).toEqual([
      ['GOAWAY NO_ERROR maintenance.'],
      false,
      undefined,
    ])
    peer.headers(1, OK)
    a.stream!.end()
    peer.headers(1, [], true)
    expect(a.take()).toEqual(['head 200', 'end'])
    expect([peer.told.slice(1), peer.transport.destroyed]).toEqual([
      ['closed: the peer ended the connection: GOAWAY NO_ERROR (maintenance.)'],
      true,
    ])
  })

  it('GOAWAY without streams under way closes at once', () => {
    const peer = new Http2Peer()
    peer.raw(...goAway(0, ErrorCode.enhanceYourCalm, 'too_many_pings'))
    expect(peer.told).toEqual([
      'GOAWAY ENHANCE_YOUR_CALM too_many_pings',
      'closed: the peer ended the connection: GOAWAY ENHANCE_YOUR_CALM (too_many_pings)',
    ])
  })

  it('GOAWAY may name fewer streams the second time, and not more', () => {
    const peer = new Http2Peer()
    const [a, b] = [peer.open(), peer.open()]
    peer.raw(...goAway(0x7fffffff, ErrorCode.noError))
    peer.raw(...goAway(1, ErrorCode.noError))
    expect([a.take(), b.take().length]).toEqual([[], 1])
    peer.raw(...goAway(3, ErrorCode.noError))
    expect(peer.told.at(-1)).toBe('closed: GOAWAY takes back what an earlier one said after GOAWAY NO_ERROR')
  })

  it.each<[string, (peer: Http2Peer) => void, string, string]>([
    ['FIN', (peer) => peer.transport.receiveEnd(), 'NO_ERROR', 'the peer closed the connection'],
    [
      'a broken connection',
      (peer) => peer.transport.receiveClose(Object.assign(new Error('read'), { code: 'ECONNRESET' })),
      'CONNECT_ERROR',
      'the connection broke: ECONNRESET',
    ],
    [
      'the end of the transport',
      (peer) => peer.transport.receiveClose(),
      'CONNECT_ERROR',
      'the connection was closed',
    ],
  ])('%s resets every stream; those that were not sent may be sent again', (_, end, code, message) => {
    const peer = new Http2Peer()
    peer.writer.settings([[Setting.maxConcurrentStreams, 1]])
    const [a, b] = [peer.open(), peer.open()]
    end(peer)
    expect([a.take(), b.take(), peer.told]).toEqual([
      [`connection reset ${code}: ${message}`],
      [`connection reset ${code} (retryable): ${message}`],
      [`closed: ${message}`],
    ])
  })

  it('keepalive: pings, and gives up when nothing at all comes back', () => {
    const peer = new Http2Peer({ keepalive: { intervalMs: 30_000, timeoutMs: 10_000 } })
    const noted = peer.open()
    peer.frames()
    peer.clock.advance(30_000)
    expect(peer.frames()).toEqual(['PING 0000000000000001'])
    peer.raw(FrameType.ping, Flag.ack, 0, '\0\0\0\0\0\0\0\x01')
    peer.clock.advance(10_000)
    peer.clock.advance(30_000)
    expect(peer.frames()).toEqual(['PING 0000000000000001'])
    // Whatever it is, the peer lives.
    peer.headers(1, OK)
    peer.clock.advance(10_000)
    peer.clock.advance(30_000)
    noted.take()
    peer.clock.advance(10_000)
    expect([noted.take(), peer.told, peer.clock.delays]).toEqual([
      ['connection reset NO_ERROR: no answer to a ping within 10 s'],
      ['closed: no answer to a ping within 10 s'],
      [],
    ])
    expect(peer.frames()).toEqual([
      'PING 0000000000000001',
      'GOAWAY 0 NO_ERROR: no answer to a ping within 10 s',
    ])
  })
})

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
