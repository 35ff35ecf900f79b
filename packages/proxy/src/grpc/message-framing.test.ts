import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { frameMessage, MessageReader } from './message-framing.ts'

/** Reads all messages of a byte stream that arrives in pieces. */
function readAll(pieces: readonly Uint8Array[], maxBytes = 1000, encoding = ''): string[] {
  const reader = new MessageReader(maxBytes, () => encoding)
  const messages: string[] = []
  for (const piece of pieces) {
    let p = 0
    while (p < piece.length) {
      const { offset, message } = reader.read(piece, p)
      p = offset
      if (message !== undefined) messages.push(message.toString('latin1'))
    }
  }
  if (reader.isInMessage) messages.push('(incomplete)')
  return messages
}

const framed = (flag: number, length: number, bytes = '') =>
  Buffer.concat([Buffer.from([flag, 0, 0, length >> 8, length & 0xff]), Buffer.from(bytes, 'latin1')])

describe('framed messages', () => {
  it('are read wherever the stream was cut', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 })), fc.array(fc.nat(3000)), (messages, cuts) => {
        const stream = Buffer.concat(messages.map((message) => frameMessage(message)))
        const at = [
          0,
          ...cuts.map((cut) => Math.min(cut, stream.length)).sort((a, b) => a - b),
          stream.length,
        ]
        const pieces = at.slice(1).map((end, i) => stream.subarray(at[i], end))
        expect(readAll(pieces)).toEqual(messages.map((message) => Buffer.from(message).toString('latin1')))
      }),
    )
  })

  it('are told from those that are cut off', () => {
    expect(readAll([framed(0, 3, 'ab')])).toEqual(['(incomplete)'])
    expect(readAll([framed(0, 3, 'abc'), Buffer.from([0])])).toEqual(['abc', '(incomplete)'])
  })

  it('take no memory that only their prefix promises', () => {
    const reader = new MessageReader(0xffff_ffff, () => '')
    expect(reader.read(Buffer.from([0, 0xff, 0xff, 0xff, 0xff, 1]), 0)).toEqual({
      offset: 6,
      message: undefined,
    })
  })

  it('may be marked as compressed by nothing', () => {
    expect(readAll([framed(1, 2, 'ab')], 10, 'identity')).toEqual(['ab'])
  })

  it.each([
    ['too long', framed(0, 1001), '', 8, 'a message of 1001 bytes; at most 1000 are taken'],
    ['compressed', framed(1, 1, 'x'), 'gzip', 12, 'a message is compressed by gzip, which was not offered'],
    [
      'compressed in secret',
      framed(1, 1, 'x'),
      '',
      12,
      'a message is compressed, and the peer does not say how',
    ],
    ['no messages', framed(2, 1, 'x'), '', 13, 'a message begins with 2; only 0 and 1 are allowed'],
  ])('are refused when they are %s', (_, bytes, encoding, code, message) => {
    expect(() => readAll([bytes], 1000, encoding)).toThrow(expect.objectContaining({ code, message }))
  })
})
