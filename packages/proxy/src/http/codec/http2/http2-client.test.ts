import { describe, expect, it } from 'vitest'
import { Http2Peer, REQUEST, uint32 } from '../../../../test/support/http2-peer.ts'
import { ErrorCode, Flag, FrameType, Setting } from './frame.ts'

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

  it('gives room for padding by itself', () => {
    const peer = new Http2Peer()
    const noted = peer.open()
    peer.headers(1, OK)
    // More than a window, of which one byte in 256 is data.
    for (let i = 0; i < 1100; i++) peer.raw(FrameType.data, Flag.padded, 1, `\xffx${'.'.repeat(255)}`)
    expect([noted.take().length, peer.told]).toEqual([1101, []])
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
