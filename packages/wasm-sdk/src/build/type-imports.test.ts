import { describe, expect, it } from 'vitest'
import { blankTypeImports } from './type-imports.ts'

describe('blankTypeImports', () => {
  it.each([
    ["import { type A, b } from './x'", "import {      A, b } from './x'"],
    ["import type { A } from './x'", "import      { A } from './x'"],
    ["export { type A } from './x'", "export {      A } from './x'"],
    ["import {\n  Action,\n  type Headers,\n} from 'x'", "import {\n  Action,\n       Headers,\n} from 'x'"],
    ["import { type } from 'x'", "import { type } from 'x'"],
    ['const type = 1', 'const type = 1'],
  ])('keeps every offset of %j', (text, expected) => {
    expect(blankTypeImports(text)).toBe(expected)
    expect(expected).toHaveLength(text.length)
  })
})
