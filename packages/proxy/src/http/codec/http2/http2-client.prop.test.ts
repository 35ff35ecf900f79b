import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Http2Peer, type NotedStream, REQUEST, rawFrame } from '../../../../test/support/http2-peer.ts'
import { Flag, FrameType } from './frame.ts'

type Step =
  | {
      readonly kind: 'frame'
      readonly type: number
      readonly flags: number
      readonly stream: number
      readonly payload: Uint8Array
    }
  | { readonly kind: 'head'; readonly stream: number; readonly status: string; readonly end: boolean }
  | {
      readonly kind: 'data'
      readonly stream: number
      readonly length: number
      readonly padding: number
      readonly end: boolean
    }
  | { readonly kind: 'open' | 'reset' | 'write' | 'consume'; readonly stream: number }
  | { readonly kind: 'time' }

const stream = fc.nat(4)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('frame' as const),
      type: fc.nat(10),
      flags: fc.nat(255),
      stream: fc.nat(9),
      payload: fc.oneof(fc.uint8Array({ maxLength: 12 }), fc.constant(Uint8Array.of(0, 0, 0, 7))),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('head' as const),
      stream,
      status: fc.constantFrom('200', '103', '404', 'x'),
      end: fc.boolean(),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('data' as const),
      stream,
      length: fc.constantFrom(0, 1, 100, 16_000),
      padding: fc.constantFrom(0, 0, 0, 1, 255),
      end: fc.boolean(),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom('open' as const, 'reset' as const, 'write' as const, 'consume' as const),
      stream,
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('time' as const) }) },
)

function act(peer: Http2Peer, streams: NotedStream[], entry: Step): void {
  if (entry.kind === 'time') {
    peer.clock.advance(1000)
    return
  }
  const noted = streams[entry.stream % streams.length]
  const id = (entry.stream % streams.length) * 2 + 1
  switch (entry.kind) {
    case 'frame':
      peer.raw(entry.type, entry.flags, entry.stream, Buffer.from(entry.payload))
      break
    case 'head':
      peer.headers(id, [[':status', entry.status]], entry.end)
      break
    case 'data': {
      const flags = (entry.end ? Flag.endStream : 0) | (entry.padding > 0 ? Flag.padded : 0)
      const padding = entry.padding > 0 ? String.fromCharCode(entry.padding) : ''
      const payload = `${padding}${'d'.repeat(entry.length)}${'.'.repeat(entry.padding)}`
      // In two pieces, as a connection may bring it.
      const bytes = rawFrame(FrameType.data, flags, id, payload)
      const cut = Math.min(bytes.length, 9 + (entry.length >> 1))
      peer.transport.receive(bytes.subarray(0, cut))
      peer.transport.receive(bytes.subarray(cut))
      break
    }
    case 'open':
      streams.push(peer.open(REQUEST, entry.stream % 2 === 0))
      break
    case 'reset':
      noted?.stream?.reset()
      break
    case 'write':
      noted?.stream?.write(Buffer.alloc(10_000), entry.stream === 3)
      break
    case 'consume':
      noted?.stream?.consumed(noted.stream.receiveWindow.unconsumed)
  }
}

/** A head, then DATA, then the end; or a reset at any time. Nothing after that. */
const ORDER = /^( head \(end\) end| head( data)*( end)?)?( reset)?$/

function eventOf(note: string): string {
  if (note.startsWith('head ')) return note.endsWith(' (end)') ? 'head (end)' : 'head'
  if (note.startsWith('end')) return 'end'
  return /^(peer|local|connection) reset /.test(note) ? 'reset' : 'data'
}

describe('an HTTP/2 client', () => {
  it('keeps the order of events, and never throws, whatever a server sends', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.boolean(), (steps, consumes) => {
        const peer = new Http2Peer()
        const streams: NotedStream[] = [peer.open(), peer.open(REQUEST, true)]
        for (const entry of steps) {
          for (const noted of streams) noted.consumes = consumes
          act(peer, streams, entry)
        }
        for (const { notes } of streams) {
          const events = notes.filter((note) => note !== 'drain').map((note) => ` ${eventOf(note)}`)
          expect(events.join('')).toMatch(ORDER)
        }
        const isClosed = peer.told.some((text) => text.startsWith('closed: '))
        expect([isClosed, peer.connection.streamCount > 0 && isClosed]).toEqual([
          peer.transport.destroyed,
          false,
        ])
        // What the client wrote can be read: no frame was cut.
        peer.frames()
        if (isClosed) return
        for (const { stream } of streams) stream?.reset()
        // Nobody holds anything any more, so that all of it was given back.
        expect([peer.connection.streamCount, peer.connection.unconsumedBytes]).toEqual([0, 0])
      }),
      { numRuns: 2000 },
    )
  })
})
