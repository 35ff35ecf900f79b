import { describe, expect, it } from 'vitest'
import { HpackDecoder } from './hpack-decoder.ts'
import { HpackEncoder } from './hpack-encoder.ts'

type Field = [name: string, value: string]

interface Step {
  /** Blocks of the same list: first without, then with Huffman coding. */
  readonly blocks: readonly string[]
  readonly fields: readonly Field[]
  /** Newest first. */
  readonly table: readonly Field[]
  readonly tableBytes: number
}

const authority: Field = [':authority', 'www.example.com']
const noCache: Field = ['cache-control', 'no-cache']
const custom: Field = ['custom-key', 'custom-value']

const requests: readonly Step[] = [
  {
    blocks: [
      '8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d',
      '8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff',
    ],
    fields: [[':method', 'GET'], [':scheme', 'http'], [':path', '/'], authority],
    table: [authority],
    tableBytes: 57,
  },
  {
    blocks: ['8286 84be 5808 6e6f 2d63 6163 6865', '8286 84be 5886 a8eb 1064 9cbf'],
    fields: [[':method', 'GET'], [':scheme', 'http'], [':path', '/'], authority, noCache],
    table: [noCache, authority],
    tableBytes: 110,
  },
  {
    blocks: [
      '8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65',
      '8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf',
    ],
    fields: [[':method', 'GET'], [':scheme', 'https'], [':path', '/index.html'], authority, custom],
    table: [custom, noCache, authority],
    tableBytes: 164,
  },
]

const isPrivate: Field = ['cache-control', 'private']
const date21: Field = ['date', 'Mon, 21 Oct 2013 20:13:21 GMT']
const date22: Field = ['date', 'Mon, 21 Oct 2013 20:13:22 GMT']
const location: Field = ['location', 'https://www.example.com']
const gzip: Field = ['content-encoding', 'gzip']
const setCookie: Field = ['set-cookie', 'foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1']

const responses: readonly Step[] = [
  {
    blocks: [
      `4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133
       2032 303a 3133 3a32 3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d`,
      `4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6
       2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3`,
    ],
    fields: [[':status', '302'], isPrivate, date21, location],
    table: [location, date21, isPrivate, [':status', '302']],
    tableBytes: 222,
  },
  {
    blocks: ['4803 3330 37c1 c0bf', '4883 640e ffc1 c0bf'],
    fields: [[':status', '307'], isPrivate, date21, location],
    table: [[':status', '307'], location, date21, isPrivate],
    tableBytes: 222,
  },
  {
    blocks: [
      `88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d
       54c0 5a04 677a 6970 7738 666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049
       5541 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33 3630 303b 2076 6572 7369 6f6e 3d31`,
      `88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab
       77ad 94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f
       9587 3160 65c0 03ed 4ee5 b106 3d50 07`,
    ],
    fields: [[':status', '200'], isPrivate, date22, location, gzip, setCookie],
    table: [setCookie, gzip, date22],
    tableBytes: 215,
  },
]

function bytesOf(hex: string): Buffer {
  return Buffer.from(hex.replace(/\s/g, ''), 'hex')
}

function tableOf(codec: HpackDecoder | HpackEncoder): { fields: Field[]; bytes: number } {
  const { entries, bytes } = codec.dynamicTable
  return { fields: entries.map(({ name, value }) => [name, value]), bytes }
}

describe('the single fields of appendix C.2', () => {
  it.each<[string, string, [string, string, boolean], Field[], number]>([
    [
      'C.2.1, with indexing',
      '400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572',
      ['custom-key', 'custom-header', false],
      [['custom-key', 'custom-header']],
      55,
    ],
    [
      'C.2.2, without indexing',
      '040c 2f73 616d 706c 652f 7061 7468',
      [':path', '/sample/path', false],
      [],
      0,
    ],
    [
      'C.2.3, never indexed',
      '1008 7061 7373 776f 7264 0673 6563 7265 74',
      ['password', 'secret', true],
      [],
      0,
    ],
    ['C.2.4, indexed', '82', [':method', 'GET', false], [], 0],
  ])('%s', (_title, hex, field, table, tableBytes) => {
    const decoder = new HpackDecoder()
    const fields: [string, string, boolean][] = []
    expect(decoder.decode(bytesOf(hex), (...args) => fields.push(args))).toBe(true)
    expect(fields).toEqual([field])
    expect(tableOf(decoder)).toEqual({ fields: table, bytes: tableBytes })
  })
})

describe.each([
  ['C.3, requests', requests, 0, 4096],
  ['C.4, requests with Huffman coding', requests, 1, 4096],
  ['C.5, responses with evictions', responses, 0, 256],
  ['C.6, responses with Huffman coding and evictions', responses, 1, 256],
] as const)('appendix %s', (_title, steps, coding, maxTableBytes) => {
  it('has the fields and the dynamic table of the document after each block', () => {
    const decoder = new HpackDecoder({ maxTableBytes })
    for (const step of steps) {
      const fields: Field[] = []
      expect(decoder.decode(bytesOf(step.blocks[coding]!), (name, value) => fields.push([name, value]))).toBe(
        true,
      )
      expect(fields).toEqual(step.fields)
      expect(tableOf(decoder)).toEqual({ fields: step.table, bytes: step.tableBytes })
    }
  })
})

it('encodes the requests of appendix C.4 byte for byte', () => {
  const encoder = new HpackEncoder()
  for (const step of requests) {
    expect(encoder.encode(step.fields)).toEqual(bytesOf(step.blocks[1]!))
    expect(tableOf(encoder)).toEqual({ fields: step.table, bytes: step.tableBytes })
  }
})

it('encodes the responses of appendix C.6 with the same bytes for each string, but keeps cookies out of the table', () => {
  const encoder = new HpackEncoder()
  encoder.setPeerTableBytes(256)
  const blocks = responses.map(({ fields }) => encoder.encode(fields).toString('hex'))
  // 3fe101: the table has 256 bytes from now on. The location is not in the table before it comes a second time.
  expect(blocks[0]).toBe(
    '3fe101488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff0f1f919d29ad171863c78f0b97c8e9ae82ae43d3',
  )
  expect(
    blocks[2]!.endsWith(
      '0f28ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007',
    ),
  ).toBe(true)
  const decoder = new HpackDecoder()
  for (const [step, block] of blocks.entries()) {
    const fields: Field[] = []
    decoder.decode(bytesOf(block), (name, value) => fields.push([name, value]))
    expect(fields).toEqual(responses[step]!.fields)
  }
  expect(tableOf(decoder)).toEqual(tableOf(encoder))
})

describe('the integers of appendix C.1', () => {
  it.each([
    ['C.1.1, 10 in 5 bits', '2a', 10],
    ['C.1.2, 1337 in 5 bits', '3f9a0a', 1337],
  ])('%s', (_title, hex, size) => {
    const decoder = new HpackDecoder()
    decoder.decode(bytesOf(hex), () => {})
    expect(decoder.dynamicTable.maxBytes).toBe(size)
    const encoder = new HpackEncoder({ maxTableBytes: size })
    expect(encoder.encode([])).toEqual(bytesOf(hex))
  })
})
