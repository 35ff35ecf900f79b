import { describe, expect, it } from 'vitest'
import { HpackDecoder } from './hpack-decoder.ts'
import { HpackEncoder, type HpackField } from './hpack-encoder.ts'

type Decoded = [name: string, value: string, neverIndexed: boolean]

function hexOf(encoder: HpackEncoder, ...fields: HpackField[]): string {
  return encoder.encode(fields).toString('hex')
}

function decoded(decoder: HpackDecoder, block: Uint8Array): Decoded[] {
  const fields: Decoded[] = []
  decoder.decode(block, (...args) => fields.push(args))
  return fields
}

function tableNames(encoder: HpackEncoder): string[] {
  return encoder.dynamicTable.entries.map(({ name }) => name)
}

describe('the representation of a field', () => {
  it.each<[string, HpackField, string, string]>([
    ['is an index for a field of the static table', [':method', 'POST'], '83', '83'],
    ['is an index for a name of the static table with an empty value', ['accept', ''], '93', '93'],
    ['has no Huffman coding that would be longer', ['x', '\0\0'], '4001780200 00', 'be'],
    ['has no Huffman coding that would be as long', ['x', '0'], '4001780130', 'be'],
    ['enters the table once', ['accept', '00000'], '53840000007f', 'be'],
    ['is never indexed for authorization', ['authorization', '00000'], '1f08840000007f', '1f08840000007f'],
    [
      'is never indexed for proxy-authorization',
      ['proxy-authorization', '00000'],
      '1f22840000007f',
      '1f22840000007f',
    ],
    ['is never indexed for a short cookie', ['cookie', '00000'], '1f11840000007f', '1f11840000007f'],
    ['is indexed for a longer cookie', ['cookie', '0'.repeat(24)], `608f${'00'.repeat(15)}`, 'be'],
    ['is not indexed for set-cookie', ['set-cookie', '00000'], '0f28840000007f', '0f28840000007f'],
    ['is indexed the second time for a path', [':path', '00000'], '04840000007f', '44840000007f'],
    [
      'is never indexed for a field that the caller marks',
      ['accept', '00000', true],
      '1f04840000007f',
      '1f04840000007f',
    ],
    [
      'is never indexed for a marked field of the static table',
      [':method', 'GET', true],
      '1203474554',
      '1203474554',
    ],
  ])('%s', (_title, field, first, second) => {
    const encoder = new HpackEncoder()
    expect(hexOf(encoder, field)).toBe(first.replaceAll(' ', ''))
    expect(hexOf(encoder, field)).toBe(second)
  })

  it('is never indexed for a marked field that is in the table already', () => {
    const encoder = new HpackEncoder()
    hexOf(encoder, ['x-key', 'secret'])
    const decoder = new HpackDecoder()
    decoded(decoder, new HpackEncoder().encode([['x-key', 'secret']]))
    expect(decoded(decoder, encoder.encode([['x-key', 'secret', true]]))).toEqual([['x-key', 'secret', true]])
  })

  it('has question marks for what is not Latin-1, so that no line end comes of it', () => {
    const block = new HpackEncoder().encode([['x-a', 'caf\xe9 \u010d\u010a\u{1f600}']])
    expect(decoded(new HpackDecoder(), block)).toEqual([['x-a', 'caf\xe9 ????', false]])
  })
})

describe('what enters the table', () => {
  it('is the name of a field of one request, not each of its values', () => {
    const encoder = new HpackEncoder()
    const blocks = ['1', '2', '3'].map((id) => encoder.encode([['x-request-id', id]]))
    expect(encoder.dynamicTable.entries.map(({ name, value }) => [name, value])).toEqual([
      ['x-request-id', '1'],
    ])
    expect(blocks.slice(1).map((block) => block.toString('hex'))).toEqual(['0f2f0132', '0f2f0133'])
  })

  it('is no field that would fill most of it', () => {
    const encoder = new HpackEncoder()
    hexOf(encoder, ['x-a', 'b'.repeat(3072 - 32 - 3)])
    hexOf(encoder, ['x-b', 'b'.repeat(3072 - 32 - 2)])
    expect(tableNames(encoder)).toEqual(['x-a'])
  })

  it('is no longer each value of a name that turned out to vary', () => {
    const encoder = new HpackEncoder()
    for (let block = 0; block < 1000; block++) hexOf(encoder, ['x-kept', 'a'], ['x-varies', `value ${block}`])
    // It varied for as long as the table took to fill; since then only x-kept is used, and the table stands still.
    const before = encoder.dynamicTable
    hexOf(encoder, ['x-kept', 'a'], ['x-varies', 'value 1000'])
    expect(encoder.dynamicTable).toEqual(before)
    expect(tableNames(encoder).filter((name) => name === 'x-kept')).toHaveLength(1)
    // A value of such a name that comes again is worth it.
    hexOf(encoder, ['x-varies', 'value 1000'])
    expect(hexOf(encoder, ['x-varies', 'value 1000'])).toBe('be')
  })

  it('is a new value at once for a name whose last value was used', () => {
    const encoder = new HpackEncoder()
    hexOf(encoder, ['x-old', 'a'])
    expect(hexOf(encoder, ['x-old', 'a'])).toBe('be')
    for (let block = 0; block < 20; block++) hexOf(encoder, [`x-${block}`, 'a'.repeat(300)])
    expect(tableNames(encoder)).not.toContain('x-old')
    hexOf(encoder, ['x-old', 'a'], ['x-old', 'b'])
    expect(hexOf(encoder, ['x-old', 'b'])).toBe('be')
  })

  it('stays within its limit, and in step with the peer, whatever names come', () => {
    const encoder = new HpackEncoder()
    const decoder = new HpackDecoder()
    for (let block = 0; block < 2000; block++) {
      const fields: HpackField[] = [
        [`x-${block}`, 'a'],
        [`x-${block % 70}`, `${block}`],
      ]
      expect(decoded(decoder, encoder.encode(fields))).toEqual(fields.map((field) => [...field, false]))
    }
    expect(encoder.dynamicTable.bytes).toBeLessThanOrEqual(4096)
    expect(decoder.dynamicTable.entries.map(({ name, value }) => [name, value])).toEqual(
      encoder.dynamicTable.entries.map(({ name, value }) => [name, value]),
    )
  })
})

describe('the size of the table', () => {
  const fields: HpackField[] = [['accept', '00000']]
  it.each<[string, number, number[], string]>([
    ['is not told when it is 4096', 4096, [], '53840000007f'],
    ['is told first when we use less', 10, [], '2a0f04840000007f'],
    ['is told when the peer allows less', 4096, [0], '200f04840000007f'],
    ['is told once when the peer allows less and less', 4096, [200, 100], '3f4553840000007f'],
    ['is told twice when it was lower in between', 4096, [0, 100], '203f4553840000007f'],
    ['is told twice when it was lower in between and is as before', 4096, [0, 4096], '203fe11f53840000007f'],
    ['is not told when the peer allows more than we use', 4096, [65_536], '53840000007f'],
    ['grows with the peer when we may use more', 8192, [65_536], '3fe13f53840000007f'],
    ['stays when the peer allows more and we use less', 10, [65_536], '2a0f04840000007f'],
  ])('%s', (_title, maxTableBytes, peerTableBytes, hex) => {
    const encoder = new HpackEncoder({ maxTableBytes })
    for (const bytes of peerTableBytes) encoder.setPeerTableBytes(bytes)
    expect(encoder.encode(fields).toString('hex')).toBe(hex)
    // Once only.
    expect(encoder.encode([]).toString('hex')).toBe('')
  })

  it('leaves nothing of the entries that were evicted', () => {
    const encoder = new HpackEncoder()
    hexOf(encoder, ['accept', '00000'], ['accept', '11111'])
    encoder.setPeerTableBytes(0)
    encoder.setPeerTableBytes(4096)
    expect(encoder.encode(fields).toString('hex')).toBe('203fe11f53840000007f')
    expect(encoder.dynamicTable.bytes).toBe(43)
  })
})

it('leaves room before the block for a frame header', () => {
  const encoder = new HpackEncoder()
  expect(
    encoder
      .encode([[':method', 'GET']], 9)
      .subarray(9)
      .toString('hex'),
  ).toBe('82')
  const long: HpackField[] = [['x-long', '\0'.repeat(100_000)]]
  expect(encoder.encode(long, 9)).toHaveLength(9 + new HpackEncoder().encode(long).length)
})

it('has room for blocks of any length', () => {
  for (let length = 4050; length < 4110; length++) {
    // The buffer for a block this long is not kept: the next one starts with a small one.
    new HpackEncoder().encode([['x-long', '\x01'.repeat(100_000)]])
    const fields: HpackField[] = [
      ['x-a', '\x01'.repeat(length)],
      ['x-b', '\x01'.repeat(30)],
    ]
    const block = new HpackEncoder().encode(fields)
    expect(decoded(new HpackDecoder(), block)).toEqual(fields.map((field) => [...field, false]))
  }
})

it('gives each caller a buffer of its own', () => {
  const encoder = new HpackEncoder()
  const first = encoder.encode([['x-a', 'b']])
  const copy = Buffer.from(first)
  encoder.encode([['x-c', 'd'.repeat(1000)]])
  expect(first).toEqual(copy)
})

it('is not put out of step by fields that end with an error', () => {
  const encoder = new HpackEncoder()
  const decoder = new HpackDecoder()
  function* broken(): Generator<HpackField> {
    yield ['x-a', 'b']
    throw new Error('no more fields')
  }
  expect(() => encoder.encode(broken())).toThrow('no more fields')
  expect(decoded(decoder, encoder.encode([['x-a', 'b']]))).toEqual([['x-a', 'b', false]])
})

it('encodes blocks of other connections while fields are read', () => {
  const [one, other] = [new HpackEncoder(), new HpackEncoder()]
  function* nested(): Generator<HpackField> {
    yield ['x-a', 'b']
    other.encode([['x-c', 'd']])
    yield ['x-e', 'f']
  }
  expect(decoded(new HpackDecoder(), one.encode(nested()))).toEqual([
    ['x-a', 'b', false],
    ['x-e', 'f', false],
  ])
})
