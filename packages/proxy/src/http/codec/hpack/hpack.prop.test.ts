import fc from 'fast-check'
import { expect, it } from 'vitest'
import { HpackDecoder, HpackError } from './hpack-decoder.ts'
import { HpackEncoder, type HpackField } from './hpack-encoder.ts'

const latin1 = (maxLength: number) =>
  fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((byte) => String.fromCharCode(byte)), maxLength })

const name = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      ':method',
      ':path',
      ':status',
      'accept',
      'cookie',
      'authorization',
      'set-cookie',
      'x-a',
      'x-b',
      'x-request-id',
    ),
  },
  { weight: 1, arbitrary: latin1(40) },
)
const value = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      '',
      '/',
      'GET',
      '200',
      'a',
      'a long value that is not in any table',
      'x'.repeat(1500),
    ),
  },
  { weight: 1, arbitrary: latin1(300) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 5 }).map(String) },
)
const field = fc
  .tuple(
    name,
    value,
    fc.boolean().map((marked) => marked && 'marked'),
  )
  .map(
    ([fieldName, fieldValue, marked]): HpackField =>
      marked ? [fieldName, fieldValue, true] : [fieldName, fieldValue],
  )
const tableBytes = fc.constantFrom(0, 31, 32, 33, 60, 100, 500, 4096, 65_536)

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ fields: fc.array(field, { maxLength: 20 }) }) },
  { weight: 1, arbitrary: fc.record({ announced: fc.array(tableBytes, { minLength: 1, maxLength: 3 }) }) },
)

it('decodes what it encoded, over many blocks and table sizes', () => {
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 40 }),
      fc.constantFrom(0, 100, 4096, 8192),
      (steps, ownTableBytes) => {
        const encoder = new HpackEncoder({ maxTableBytes: ownTableBytes })
        const decoder = new HpackDecoder({ maxListBytes: 1024 * 1024 })
        for (const each of steps) {
          if ('announced' in each) {
            for (const bytes of each.announced) {
              encoder.setPeerTableBytes(bytes)
              decoder.setMaxTableBytes(bytes)
            }
            continue
          }
          const decoded: HpackField[] = []
          const isWithinLimits = decoder.decode(encoder.encode(each.fields), (fieldName, fieldValue) => {
            decoded.push([fieldName, fieldValue])
          })
          expect(isWithinLimits).toBe(true)
          expect(decoded).toEqual(each.fields.map(([fieldName, fieldValue]) => [fieldName, fieldValue]))
          const { entries, bytes, maxBytes } = decoder.dynamicTable
          expect({ bytes, maxBytes }).toEqual({
            bytes: encoder.dynamicTable.bytes,
            maxBytes: encoder.dynamicTable.maxBytes,
          })
          expect(entries.map((entry) => [entry.name, entry.value])).toEqual(
            encoder.dynamicTable.entries.map((entry) => [entry.name, entry.value]),
          )
          expect(bytes).toBeLessThanOrEqual(maxBytes)
        }
      },
    ),
    { numRuns: 300 },
  )
})

it('keeps the marks of sensitive fields', () => {
  fc.assert(
    fc.property(fc.array(fc.array(field, { maxLength: 20 }), { maxLength: 10 }), (blocks) => {
      const encoder = new HpackEncoder()
      const decoder = new HpackDecoder({ maxListBytes: 1024 * 1024 })
      for (const fields of blocks) {
        const marks: boolean[] = []
        decoder.decode(encoder.encode(fields), (_name, _value, neverIndexed) => marks.push(neverIndexed))
        for (const [at, [fieldName, fieldValue, marked]] of fields.entries()) {
          const isSecret =
            (fieldName === 'authorization' && fieldValue !== '') ||
            (fieldName === 'cookie' && fieldValue !== '' && fieldValue.length < 20)
          expect(marks[at]).toBe(marked === true || isSecret)
        }
      }
    }),
  )
})

/** Bytes that are often close to a valid block. */
const wire = fc
  .array(
    fc.oneof(
      { weight: 4, arbitrary: fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes)) },
      { weight: 2, arbitrary: fc.integer({ min: 0x80, max: 0xff }).map((byte) => Buffer.from([byte])) },
      {
        weight: 2,
        arbitrary: fc
          .constantFrom('400161', '0001610162', '3fe11f', '20', '8184', '7fffffff7f', '0f2f')
          .map((hex) => Buffer.from(hex, 'hex')),
      },
      {
        weight: 3,
        arbitrary: fc.array(field, { maxLength: 6 }).map((fields) => new HpackEncoder().encode(fields)),
      },
      { weight: 1, arbitrary: fc.integer({ min: 0, max: 5000 }).map((count) => Buffer.alloc(count, 0xbe)) },
    ),
    { maxLength: 12 },
  )
  .map((parts) => Buffer.concat(parts))

it('answers any bytes with fields within the limits or with an HpackError', () => {
  fc.assert(
    fc.property(
      fc.array(wire, { maxLength: 6 }),
      fc.record({
        maxTableBytes: tableBytes,
        maxListBytes: fc.integer({ min: 0, max: 3000 }),
        maxFields: fc.integer({ min: 0, max: 12 }),
      }),
      (blocks, limits) => {
        const decoder = new HpackDecoder(limits)
        for (const block of blocks) {
          let fields = 0
          let bytes = 0
          try {
            decoder.decode(block, (fieldName, fieldValue) => {
              fields++
              bytes += fieldName.length + fieldValue.length + 32
            })
          } catch (error) {
            expect(error).toBeInstanceOf(HpackError)
          }
          expect(fields).toBeLessThanOrEqual(limits.maxFields)
          expect(bytes).toBeLessThanOrEqual(limits.maxListBytes)
          const table = decoder.dynamicTable
          expect(table.bytes).toBeLessThanOrEqual(table.maxBytes)
          expect(table.maxBytes).toBeLessThanOrEqual(limits.maxTableBytes)
        }
      },
    ),
    { numRuns: 2000 },
  )
})

it('gives the same table whether or not a limit dropped fields', () => {
  fc.assert(
    fc.property(fc.array(wire, { maxLength: 6 }), (blocks) => {
      const strict = new HpackDecoder({ maxFields: 1, maxListBytes: 60 })
      const lax = new HpackDecoder({ maxFields: 1_000_000, maxListBytes: 1_000_000_000 })
      const isBroken = (decoder: HpackDecoder, block: Uint8Array): boolean => {
        try {
          decoder.decode(block, () => {})
          return false
        } catch {
          return true
        }
      }
      for (const block of blocks) {
        const isLaxBroken = isBroken(lax, block)
        expect(isBroken(strict, block)).toBe(isLaxBroken)
        if (isLaxBroken) return
        expect(strict.dynamicTable).toEqual(lax.dynamicTable)
      }
    }),
    { numRuns: 500 },
  )
})
