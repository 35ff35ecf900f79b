import fc from 'fast-check'
import { expect, it } from 'vitest'
import { textBuffer } from './engine.ts'
import { internLatin1, internName } from './text-cache.ts'

it('gives the text of any bytes, whatever was asked before', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 50 }), (texts) => {
      for (const bytes of texts) {
        const buffer = textBuffer(new Uint8Array([...bytes, 1, 2, 3]).buffer)
        const expected = Buffer.from(bytes).toString('latin1')
        expect(internLatin1(buffer, 0, bytes.length)).toBe(expected)
        expect(internName(buffer, 0, bytes.length)).toBe(expected.toLowerCase())
      }
    }),
  )
})
