import { describe, expect, it } from 'vitest'
import { HpackDecoder, HpackError, type HpackLimits } from './hpack-decoder.ts'

type Field = [name: string, value: string]

function bytesOf(hex: string): Buffer {
  return Buffer.from(hex.replace(/\s/g, ''), 'hex')
}

function decodeAll(decoder: HpackDecoder, ...blocks: string[]): Field[] {
  const fields: Field[] = []
  for (const block of blocks) decoder.decode(bytesOf(block), (name, value) => fields.push([name, value]))
  return fields
}

describe('a block that breaks RFC 7541 is an error', () => {
  const coded = (bytes: string) => `00 0161 8${bytes.replace(/\s/g, '').length / 2} ${bytes}`
  it.each<[string, string, string]>([
    ['index 0', '80', 'a field has index 0'],
    ['an index beyond the static table when the dynamic one is empty', 'be', 'an index is beyond the tables'],
    ['an index beyond the dynamic table', '40 0161 0162 bf', 'an index is beyond the tables'],
    ['a name index beyond the tables, with indexing', '7e 0162', 'an index is beyond the tables'],
    ['a name index beyond the tables, without indexing', '0f2f 0162', 'an index is beyond the tables'],
    ['an index that fits 32 bits and no table', 'ff ffffff7f', 'an index is beyond the tables'],
    ['an integer of six bytes', 'ff 8080808000', 'an integer takes more than 5 bytes'],
    ['an integer that would be negative in 32 bits', 'ff ffffffff0f', 'an integer takes more than 5 bytes'],
    ['an integer without end', `ff ${'80'.repeat(1000)}`, 'an integer takes more than 5 bytes'],
    ['a size update of six bytes', '3f 8080808000', 'an integer takes more than 5 bytes'],
    ['an integer that is cut off', 'ff', 'the block ends within a field'],
    ['an integer that is cut off after a byte', 'ff 80', 'the block ends within a field'],
    ['a field without a value', '40 0161', 'the block ends within a field'],
    ['a field without name and value', '40', 'the block ends within a field'],
    ['an indexed name without a value', '44', 'the block ends within a field'],
    ['a name that is longer than the block', '00 0561', 'a string is longer than the rest of the block'],
    ['a value that is longer than the block', '04 0561', 'a string is longer than the rest of the block'],
    ['a length of 256 MiB', '04 7f81ffff7f 61', 'a string is longer than the rest of the block'],
    ['EOS in a string', coded('fffffffc'), 'a Huffman-coded string holds EOS'],
    ['EOS after a character', coded('1fffffffff'), 'a Huffman-coded string holds EOS'],
    ['a byte of padding', coded('ff'), 'a Huffman-coded string ends within a code'],
    ['a byte of padding too many', coded('1fff'), 'a Huffman-coded string ends within a code'],
    ['zeros as padding', coded('18'), 'the padding of a Huffman-coded string is not all ones'],
    ['a zero in the padding', coded('1e'), 'the padding of a Huffman-coded string is not all ones'],
    ['a long code that is cut off', coded('fffffe'), 'a Huffman-coded string ends within a code'],
    ['a size update after a field', '82 20', 'a table size update follows a field'],
    ['a size update above 4096', '3fe21f', 'a table size update is above the size that we announced'],
    ['a size update of 2^28', '3f ffffff7f', 'a table size update is above the size that we announced'],
  ])('%s', (_title, hex, message) => {
    expect(() => new HpackDecoder().decode(bytesOf(hex), () => {})).toThrow(new HpackError(message))
  })

  it('and so is every block after it', () => {
    const decoder = new HpackDecoder()
    expect(() => decodeAll(decoder, '80')).toThrow(HpackError)
    expect(() => decodeAll(decoder, '82')).toThrow(new HpackError('an earlier block was broken'))
  })

  it('and so is a broken string in a field that a limit drops', () => {
    const decoder = new HpackDecoder({ maxFields: 1 })
    expect(() => decodeAll(decoder, '82 82 00 0161 81ff')).toThrow(HpackError)
  })

  it('and so is a name index beyond the tables in a field that a limit drops', () => {
    const decoder = new HpackDecoder({ maxFields: 1 })
    expect(() => decodeAll(decoder, '82 82 0f2f 0161')).toThrow(
      new HpackError('an index is beyond the tables'),
    )
  })
})

describe('what is unusual and allowed', () => {
  it.each<[string, string, Field[]]>([
    ['an empty block', '', []],
    ['an empty value', '00 0161 00', [['a', '']]],
    ['an empty value with the Huffman bit', '00 0161 80', [['a', '']]],
    ['an empty name', '00 00 0162', [['', 'b']]],
    ['an integer with zeros at its end', `04 7f 80808000 ${'61'.repeat(127)}`, [[':path', 'a'.repeat(127)]]],
    ['a name that the static table has as well', '00 066163636570 74 0162', [['accept', 'b']]],
    ['any byte', '00 0161 0500 0d 0a 80 ff', [['a', '\0\r\n\x80\xff']]],
    ['seven bits of padding', '00 0161 84 0000007f', [['a', '00000']]],
  ])('%s', (_title, hex, fields) => {
    expect(decodeAll(new HpackDecoder(), hex)).toEqual(fields)
  })

  it('a block in a Uint8Array that is a part of a bigger buffer', () => {
    const whole = new Uint8Array([0x80, 0x82, 0x04, 0x01, 0x61, 0x80])
    const fields: Field[] = []
    new HpackDecoder().decode(whole.subarray(1, 5), (name, value) => fields.push([name, value]))
    expect(fields).toEqual([
      [':method', 'GET'],
      [':path', 'a'],
    ])
  })
})

describe('limits', () => {
  const over = (limits: HpackLimits, block: string, after = '') => {
    const decoder = new HpackDecoder(limits)
    const fields: Field[] = []
    const isWithin = decoder.decode(bytesOf(block), (name, value) => fields.push([name, value]))
    return { isWithin, fields, after: decodeAll(decoder, after) }
  }

  it('reports as many fields as allowed, and drops the others', () => {
    expect(over({ maxFields: 2 }, '82 84')).toEqual({
      isWithin: true,
      fields: [
        [':method', 'GET'],
        [':path', '/'],
      ],
      after: [],
    })
    expect(over({ maxFields: 1 }, '82 84')).toEqual({
      isWithin: false,
      fields: [[':method', 'GET']],
      after: [],
    })
  })

  it('counts name, value and 32 bytes for each field, and drops all fields from the first that is too much', () => {
    // :method GET counts 42, :path / counts 38; the field between them counts 36.
    expect(over({ maxListBytes: 42 + 36 + 38 }, '82 00 0161 03626263 84').isWithin).toBe(true)
    expect(over({ maxListBytes: 42 + 36 }, '82 00 0161 03626263 84')).toEqual({
      isWithin: false,
      fields: [
        [':method', 'GET'],
        ['a', 'bbc'],
      ],
      after: [],
    })
    expect(over({ maxListBytes: 42 + 38 }, '82 00 0161 0a62626262626262626262 84').fields).toEqual([
      [':method', 'GET'],
    ])
  })

  it('keeps the dynamic table in step with fields that it drops', () => {
    expect(over({ maxFields: 1 }, '82 40 0161 0162 00 0163 0164 40 0165 0166', 'be')).toEqual({
      isWithin: false,
      fields: [[':method', 'GET']],
      after: [['e', 'f']],
    })
    expect(over({ maxFields: 1 }, '82 40 0161 0162 00 0163 84 0000007f 0f2f 0164', 'be').after).toEqual([
      ['a', 'b'],
    ])
  })

  it('has the limits of Envoy by default', () => {
    const fieldsOf = (count: number) => over({}, '82'.repeat(count))
    expect(fieldsOf(100).isWithin).toBe(true)
    expect(fieldsOf(101)).toMatchObject({ isWithin: false, fields: { length: 100 } })
    const listOf = (bytes: number) =>
      new HpackDecoder().decode(
        Buffer.concat([bytesOf('000161'), lengthBytes(bytes - 33), Buffer.alloc(bytes - 33)]),
        () => {},
      )
    expect(listOf(60 * 1024)).toBe(true)
    expect(listOf(60 * 1024 + 1)).toBe(false)
  })

  it('does not make a small block into many bytes', () => {
    // One entry of 4000 bytes, then 100000 references to it.
    const block = Buffer.concat([
      bytesOf('40 0161'),
      lengthBytes(4000),
      Buffer.alloc(4000, 'x'),
      Buffer.alloc(100_000, 0xbe),
    ])
    let bytes = 0
    const isWithin = new HpackDecoder({ maxFields: 1000 }).decode(block, (name, value) => {
      bytes += name.length + value.length + 32
    })
    expect({ isWithin, bytes }).toEqual({ isWithin: false, bytes: 15 * (4000 + 1 + 32) })
  })
})

describe('the dynamic table', () => {
  it('evicts the oldest entries for a new one, also when the new one takes its name from them', () => {
    const decoder = new HpackDecoder({ maxTableBytes: 80 })
    expect(decodeAll(decoder, '40 0161 0162', '40 0163 0164', '7f00 0165', 'be', 'bf')).toEqual([
      ['a', 'b'],
      ['c', 'd'],
      ['a', 'e'],
      ['a', 'e'],
      ['c', 'd'],
    ])
    expect(() => decodeAll(decoder, 'c0')).toThrow(HpackError)
  })

  it('is empty after an entry that is bigger than it', () => {
    const decoder = new HpackDecoder({ maxTableBytes: 40 })
    expect(decodeAll(decoder, '40 0161 0162 40 0163 0864646464 64646464')).toEqual([
      ['a', 'b'],
      ['c', 'dddddddd'],
    ])
    expect(decoder.dynamicTable).toEqual({ entries: [], bytes: 0, maxBytes: 40 })
  })

  it('has room for an entry that is as big as it', () => {
    const decoder = new HpackDecoder({ maxTableBytes: 40 })
    decodeAll(decoder, '40 0161 0162 40 0163 0764646464 646464')
    expect(decoder.dynamicTable).toEqual({
      entries: [{ name: 'c', value: 'ddddddd', bytes: 40 }],
      bytes: 40,
      maxBytes: 40,
    })
  })

  it('goes around its ring many times without losing the order', () => {
    const decoder = new HpackDecoder({ maxTableBytes: 40 * 34 })
    for (let round = 0; round < 1000; round++) {
      const text = String.fromCharCode(0x61 + (round % 26))
      decoder.decode(Buffer.from(`\x40\x01${text}\x01${text}`, 'latin1'), () => {})
    }
    const { entries, bytes } = decoder.dynamicTable
    expect(bytes).toBe(40 * 34)
    expect(entries.map(({ name }) => name)).toEqual(
      Array.from({ length: 40 }, (_, age) => String.fromCharCode(0x61 + ((999 - age) % 26))),
    )
  })
})

describe('table size updates', () => {
  const update0 = '20'
  const update100 = '3f45'
  const update200 = '3fa901'
  const update4096 = '3fe11f'

  it('empty the table and give it another limit', () => {
    const decoder = new HpackDecoder()
    decodeAll(decoder, '40 0161 0162')
    expect(decoder.dynamicTable.bytes).toBe(34)
    decodeAll(decoder, `${update0}${update100} 82`)
    expect(decoder.dynamicTable).toEqual({ entries: [], bytes: 0, maxBytes: 100 })
  })

  it('may raise the table up to what we announced', () => {
    const decoder = new HpackDecoder({ maxTableBytes: 8192 })
    expect(decoder.dynamicTable.maxBytes).toBe(4096)
    decodeAll(decoder, '3fe13f 82')
    expect(decoder.dynamicTable.maxBytes).toBe(8192)
    expect(() => decodeAll(decoder, '3fe23f 82')).toThrow(HpackError)
  })

  it.each<[string, number[], string, string | undefined]>([
    ['a field without the update', [100], '82', 'the table size update that our settings ask for is missing'],
    ['an empty block', [100], '', 'the table size update that our settings ask for is missing'],
    [
      'an update to more',
      [100],
      `${update200} 82`,
      'a table size update is above the size that we announced',
    ],
    ['the update', [100], `${update100} 82`, undefined],
    ['an update to less', [100], `${update0} 82`, undefined],
    ['the update alone', [100], update100, undefined],
    [
      'the last value only, when it was lower before',
      [100, 4096],
      `${update4096} 82`,
      'the table size update that our settings ask for is missing',
    ],
    ['the lowest value and the last one', [100, 4096], `${update100}${update4096} 82`, undefined],
    ['no update when the limit did not go down', [8192, 4096], '82', undefined],
  ])('after a reduction that the peer acknowledged: %s', (_title, announced, block, message) => {
    const decoder = new HpackDecoder()
    for (const bytes of announced) decoder.setMaxTableBytes(bytes)
    if (message === undefined) expect(() => decodeAll(decoder, block, '82')).not.toThrow()
    else expect(() => decodeAll(decoder, block)).toThrow(new HpackError(message))
  })

  it('are not needed again after the first block', () => {
    const decoder = new HpackDecoder()
    decoder.setMaxTableBytes(100)
    expect(decodeAll(decoder, `${update100} 82`, '82')).toHaveLength(2)
  })
})

/** The length of a string that is not Huffman-coded. */
function lengthBytes(length: number): Buffer {
  const bytes = [0x7f]
  let rest = length - 0x7f
  for (; rest >= 0x80; rest >>= 7) bytes.push((rest & 0x7f) | 0x80)
  return Buffer.from([...bytes, rest])
}
