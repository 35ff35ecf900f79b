import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DevFinding, renderFindings } from './findings.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'batten-findings-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const finding = (more: Partial<DevFinding> = {}): DevFinding => ({
  code: 'CP_SUBSET_UNDEFINED',
  severity: 'error',
  message: 'nobody defines it',
  object: 'VirtualService default/reviews',
  ...more,
})

describe('renderFindings', () => {
  it('shows object, code, place, the lines around it and what to do', () => {
    const file = join(folder, 'a.yaml')
    writeFileSync(file, 'one\ntwo\n  three: x\n')
    expect(renderFindings([finding({ file, line: 3, column: 10, hint: 'write v1' })], folder)).toBe(
      [
        '× VirtualService default/reviews: nobody defines it   [CP_SUBSET_UNDEFINED]',
        '   a.yaml:3:10',
        '   1 | one',
        '   2 | two',
        ' > 3 |   three: x',
        '     |          ^',
        '  hint: write v1',
      ].join('\n'),
    )
  })

  it('keeps what a terminal must not get away from it, and long lines short', () => {
    const file = join(folder, 'b.yaml')
    writeFileSync(file, `\u001b[31mred\u0007${'x'.repeat(500)}\n`)
    const [, , line] = renderFindings([finding({ file, line: 1 })], folder).split('\n')
    expect(line).toBe(` > 1 | \ufffd[31mred\ufffd${'x'.repeat(151)}…`)
  })

  it('prints the errors of a flood and counts the rest', () => {
    const many = Array.from({ length: 30 }, (_, i) =>
      finding({ message: `number ${i}`, severity: i === 29 ? 'error' : 'warning' }),
    )
    const lines = renderFindings(many, folder).split('\n')
    expect(lines.length).toBe(21)
    expect(lines[0]).toContain('number 29')
    expect(lines.at(-1)).toBe('  and 10 more: see /debug/findings of the control plane')
  })
})
