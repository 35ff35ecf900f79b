import { describe, expect, it } from 'vitest'
import { Http2Peer, uint32 } from '../../test/support/http2-peer.ts'
import { ErrorCode, FrameType } from '../http/codec/http2/frame.ts'
import type { TransportFactory } from '../upstream/transport-factory.ts'
import type { GrpcCallOptions } from './grpc-call.ts'
import { GrpcChannel } from './grpc-channel.ts'
import { grpcCodeName } from './grpc-status.ts'
import { frameMessage } from './message-framing.ts'

const NO_TRANSPORTS: TransportFactory = {
  connect: () => {
    throw new Error('is connected')
  },
  close() {},
}

const HEAD = [
  [':status', '200'],
  ['content-type', 'application/grpc'],
] as const

/** A call on a connection whose server is the test. */
function start(options: GrpcCallOptions = {}, maxMessageBytes = 1000) {
  const peer = new Http2Peer()
  const channel = new GrpcChannel(
    peer.connection,
    { target: { host: '10.0.0.1', port: 15010 }, transports: NO_TRANSPORTS, isTls: false },
    { clock: peer.clock, connectTimeoutMs: 1000, maxMessageBytes },
  )
  const notes: string[] = []
  /** Resolves what `onMessage` has promised. */
  const handled: (() => void)[] = []
  let isSlow = false
  const call = channel.start(
    '/a.B/C',
    {
      onMetadata: (metadata) => notes.push(`metadata ${JSON.stringify(metadata)}`),
      onMessage(message) {
        notes.push(`message ${message.length > 20 ? message.length : message.toString('latin1')}`)
        return isSlow ? new Promise<void>((resolve) => handled.push(resolve)) : undefined
      },
      onStatus: ({ code, message, metadata }) =>
        notes.push(
          `${grpcCodeName(code)}: ${message}${metadata.map(([name, value]) => ` ${name}=${value}`).join('')}`,
        ),
    },
    options,
  )
  return {
    peer,
    channel,
    call,
    take: () => notes.splice(0),
    beSlow: () => (isSlow = true),
    /** The handler is done with its message. */
    async done() {
      handled.shift()!()
      await new Promise((resolve) => setImmediate(resolve))
    },
    send: (...messages: string[]) =>
      peer.data(1, messages.map((message) => frameMessage(Buffer.from(message)).toString('latin1')).join('')),
  }
}

describe('a gRPC call', () => {
  it('is a POST with the fields of the protocol, in their order', () => {
    const { peer, call } = start({
      timeoutMs: 1500.2,
      metadata: [
        ['X-A', 'b'],
        ['c-bin', Uint8Array.of(1)],
      ],
    })
    call.send(Buffer.from('abc'))
    call.send(Buffer.from(''))
    call.end()
    expect(peer.frames()).toEqual([
      expect.stringMatching(
        /^HEADERS 1 :method=POST :scheme=http :path=\/a.B\/C :authority=10.0.0.1:15010 te=trailers content-type=application\/grpc user-agent=batten-proxy\/\d+\.\d+\.\S+ grpc-accept-encoding=identity grpc-timeout=1501m x-a=b c-bin=AQ$/,
      ),
      'DATA 1 "\\u0000\\u0000\\u0000\\u0000\\u0003abc"',
      'DATA 1 "\\u0000\\u0000\\u0000\\u0000\\u0000"',
      'DATA 1 END_STREAM ""',
    ])
  })

  it.each([
    [0.1, '1m'],
    [10_000, '10000m'],
    [99_999_999, '99999999m'],
    [100_000_000, '100000S'],
    [1e15, '99999999S'],
  ])('says a time limit of %d ms as %s', (timeoutMs, text) => {
    expect(start({ timeoutMs }).peer.frames()[0]).toContain(`grpc-timeout=${text}`)
  })

  it('tells metadata, messages and the status, and takes back what is left of its own stream', () => {
    const { peer, take, send } = start()
    peer.frames()
    peer.headers(1, [...HEAD, ['server', 'x']])
    send('one', '', 'three')
    peer.headers(
      1,
      [
        ['grpc-status', '0'],
        ['trailer', 'y'],
      ],
      true,
    )
    expect([take(), peer.frames()]).toEqual([
      ['metadata [["server","x"]]', 'message one', 'message ', 'message three', 'OK:  trailer=y'],
      ['RST_STREAM 1 NO_ERROR'],
    ])
    peer.writer.rstStream(1, ErrorCode.noError)
    expect([take(), peer.told]).toEqual([[], []])
  })

  it('takes a status alone', () => {
    const { peer, take } = start()
    peer.headers(1, [...HEAD, ['grpc-status', '16'], ['grpc-message', 'who are%20you?'], ['x', 'y']], true)
    expect(take()).toEqual(['UNAUTHENTICATED: who are you? x=y'])
  })

  it('takes one message at a time, and gives room for more when one was handled', async () => {
    const { peer, take, send, beSlow, done } = start({}, 200_000)
    beSlow()
    peer.headers(1, HEAD)
    peer.frames()
    send('one', 'two', 'thr')
    for (let i = 0; i < 10; i++)
      peer.data(
        1,
        i === 0 ? `${frameMessage(Buffer.alloc(160_000)).toString('latin1', 0, 16_000)}` : 'x'.repeat(16_000),
      )
    peer.data(1, 'x'.repeat(5))
    peer.headers(1, [['grpc-status', '0']], true)
    expect([take().slice(1), peer.frames()]).toEqual([['message one'], []])
    await done()
    expect([take(), peer.frames()]).toEqual([['message two'], []])
    await done()
    expect(take()).toEqual(['message thr'])
    await done()
    expect([take(), peer.frames()]).toEqual([['message 160000'], []])
    await done()
    expect(take()).toEqual(['OK: '])
  })

  it('gives room while a message is longer than the window', () => {
    const { peer, take } = start({}, 1_000_000)
    peer.headers(1, HEAD)
    peer.frames()
    const message = frameMessage(Buffer.alloc(1_000_000)).toString('latin1')
    for (let i = 0; i < message.length; i += 16_000) peer.data(1, message.slice(i, i + 16_000))
    expect(take().slice(1)).toEqual(['message 1000000'])
    const increments = peer.frames().filter((frame) => frame.startsWith('WINDOW_UPDATE 1 '))
    expect(increments).toEqual([...Array(6).fill('WINDOW_UPDATE 1 144000'), 'WINDOW_UPDATE 1 136005'])
  })

  it('ends at its time limit', () => {
    const { peer, take } = start({ timeoutMs: 2000 })
    peer.frames()
    peer.clock.advance(2000)
    expect([take(), peer.frames()]).toEqual([
      ['DEADLINE_EXCEEDED: no answer within 2 s'],
      ['RST_STREAM 1 CANCEL'],
    ])
  })

  it('is given up without another word', () => {
    const { peer, call, take, send } = start({ timeoutMs: 2000 })
    peer.frames()
    call.cancel()
    call.cancel()
    call.send(Buffer.from('x'))
    call.end()
    peer.headers(1, HEAD)
    send('late')
    expect([take(), peer.frames(), peer.clock.delays]).toEqual([[], ['RST_STREAM 1 CANCEL'], []])
  })

  it('ends when the handler of a message fails', async () => {
    const { peer, channel } = start()
    const status = await new Promise((resolve) => {
      channel.start('/a.B/C', { onMessage: async () => Promise.reject(new Error('boom')), onStatus: resolve })
      peer.headers(3, HEAD)
      peer.data(3, frameMessage(Buffer.from('x')).toString('latin1'))
    })
    expect(status).toEqual({ code: 13, message: 'boom', metadata: [] })
  })

  it('is unavailable on a connection that takes no more calls', async () => {
    const { peer, channel } = start()
    peer.connection.close()
    const status = await new Promise((resolve) => {
      channel.start('/a.B/C', { onMessage() {}, onStatus: resolve })
    })
    expect(status).toEqual({ code: 14, message: 'the connection takes no more calls', metadata: [] })
  })

  it('is not started with metadata that cannot be sent', () => {
    expect(() => start({ metadata: [['grpc-x', 'y']] })).toThrow('metadata: grpc-x belongs to the protocol')
  })
})

describe('the status of an answer that is not as it should be', () => {
  type Act = (peer: Http2Peer) => void
  const answer =
    (status: string, ...fields: [string, string][]): Act =>
    (peer) =>
      peer.headers(1, [[':status', status], ...fields], true)
  const trailers =
    (...fields: [string, string][]): Act =>
    (peer) => {
      peer.headers(1, HEAD)
      peer.headers(1, fields, true)
    }

  it.each<[string, Act, string]>([
    ['HTTP 400', answer('400'), 'INTERNAL: the peer answers with HTTP status 400'],
    ['HTTP 401', answer('401'), 'UNAUTHENTICATED: the peer answers with HTTP status 401'],
    ['HTTP 403', answer('403'), 'PERMISSION_DENIED: the peer answers with HTTP status 403'],
    ['HTTP 404', answer('404'), 'UNIMPLEMENTED: the peer answers with HTTP status 404'],
    ['HTTP 429', answer('429'), 'UNAVAILABLE: the peer answers with HTTP status 429'],
    ['HTTP 502', answer('502'), 'UNAVAILABLE: the peer answers with HTTP status 502'],
    ['HTTP 503', answer('503'), 'UNAVAILABLE: the peer answers with HTTP status 503'],
    ['HTTP 504', answer('504'), 'UNAVAILABLE: the peer answers with HTTP status 504'],
    ['HTTP 500', answer('500'), 'UNKNOWN: the peer answers with HTTP status 500'],
    [
      'HTTP 503 with a body',
      (peer) =>
        peer.headers(1, [
          [':status', '503'],
          ['content-type', 'text/html'],
        ]),
      'UNAVAILABLE: the peer answers with HTTP status 503',
    ],
    [
      'HTTP 503 with a status of its own',
      answer('503', ['grpc-status', '8'], ['grpc-message', 'full']),
      'RESOURCE_EXHAUSTED: full',
    ],
    [
      'a web page',
      (peer) =>
        peer.headers(1, [
          [':status', '200'],
          ['content-type', 'text/html'],
        ]),
      'UNKNOWN: the peer does not answer with gRPC: content-type "text/html"',
    ],
    [
      'no content-type',
      (peer) => peer.headers(1, [[':status', '200']]),
      'UNKNOWN: the peer does not answer with gRPC: content-type ""',
    ],
    [
      'gRPC-Web',
      (peer) =>
        peer.headers(1, [
          [':status', '200'],
          ['content-type', 'application/grpc-web'],
        ]),
      'UNKNOWN: the peer does not answer with gRPC: content-type "application/grpc-web"',
    ],
    ['no status', trailers(['a', 'b']), 'UNKNOWN: the peer ends the stream without grpc-status a=b'],
    [
      'DATA at the end',
      (peer) => {
        peer.headers(1, HEAD)
        peer.data(1, '', true)
      },
      'UNKNOWN: the peer ends the stream without grpc-status',
    ],
    [
      'a status that is no number',
      trailers(['grpc-status', 'OK']),
      'UNKNOWN: the peer sends grpc-status "OK"',
    ],
    ['a status that nobody knows', trailers(['grpc-status', '99'], ['grpc-message', 'x']), '99: x'],
    [
      'half a message',
      (peer) => {
        peer.headers(1, HEAD)
        peer.data(1, '\0\0\0')
        peer.headers(1, [['grpc-status', '0']], true)
      },
      'INTERNAL: the answer ends inside of a message',
    ],
    [
      'half a message and an error',
      (peer) => {
        peer.headers(1, HEAD)
        peer.data(1, '\0\0\0')
        peer.headers(
          1,
          [
            ['grpc-status', '14'],
            ['grpc-message', 'x'],
          ],
          true,
        )
      },
      'UNAVAILABLE: x',
    ],
    [
      'a message that is too long',
      (peer) => {
        peer.headers(1, HEAD)
        peer.data(1, '\0\0\0\x10\0')
      },
      'RESOURCE_EXHAUSTED: a message of 4096 bytes; at most 1000 are taken',
    ],
    [
      'a compressed message',
      (peer) => {
        peer.headers(1, [...HEAD, ['grpc-encoding', 'gzip']])
        peer.data(1, '\x01\0\0\0\x01x')
      },
      'UNIMPLEMENTED: a message is compressed by gzip, which was not offered',
    ],
    ['malformed fields', (peer) => peer.headers(1, [['a', 'b']]), 'INTERNAL: a response without :status'],
    [
      'fields that are too large',
      (peer) =>
        peer.headers(1, [
          [':status', '200'],
          ['a', 'x'.repeat(70_000)],
        ]),
      'RESOURCE_EXHAUSTED: the header list of the response is too large',
    ],
    [
      'the end of the connection',
      (peer) => peer.transport.receiveEnd(),
      'UNAVAILABLE: the peer closed the connection',
    ],
    [
      'GOAWAY',
      (peer) =>
        peer.raw(
          FrameType.goAway,
          0,
          0,
          Buffer.concat([uint32(0), uint32(ErrorCode.enhanceYourCalm), Buffer.from('too_many_pings')]),
        ),
      'UNAVAILABLE: the peer takes no more requests: GOAWAY ENHANCE_YOUR_CALM (too_many_pings)',
    ],
    [
      'a connection error',
      (peer) => peer.raw(FrameType.settings, 0, 0, 'x'),
      'UNAVAILABLE: SETTINGS of 1 bytes',
    ],
  ])('%s', (_, act, text) => {
    const { peer, take } = start()
    act(peer)
    expect(take().at(-1)).toBe(text)
    expect(peer.connection.streamCount).toBe(0)
  })

  it.each<[keyof typeof ErrorCode, string]>([
    ['noError', 'INTERNAL'],
    ['protocolError', 'INTERNAL'],
    ['internalError', 'INTERNAL'],
    ['flowControlError', 'INTERNAL'],
    ['settingsTimeout', 'INTERNAL'],
    ['frameSizeError', 'INTERNAL'],
    ['refusedStream', 'UNAVAILABLE'],
    ['cancel', 'CANCELLED'],
    ['compressionError', 'INTERNAL'],
    ['connectError', 'INTERNAL'],
    ['enhanceYourCalm', 'RESOURCE_EXHAUSTED'],
    ['inadequateSecurity', 'PERMISSION_DENIED'],
  ])('a reset with %s is %s', (code, name) => {
    const { peer, take } = start()
    peer.writer.rstStream(1, ErrorCode[code])
    expect(take()[0]).toMatch(new RegExp(`^${name}: the peer reset the stream: [A-Z_]+$`))
  })

  it('is told at once when the connection breaks, though a message is being handled', async () => {
    const { peer, take, send, beSlow, done } = start()
    beSlow()
    peer.headers(1, HEAD)
    send('one', 'two')
    peer.transport.receiveEnd()
    expect(take().slice(1)).toEqual(['message one', 'UNAVAILABLE: the peer closed the connection'])
    await done()
    expect(take()).toEqual([])
  })
})
