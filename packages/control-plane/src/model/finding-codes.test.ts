import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { FINDING_CODES } from './finding-codes.ts'

it('has every code that the sources use, and no other', () => {
  const source = join(import.meta.dirname, '..')
  const files = globSync('{ingest,model,translate,serve}/**/*.ts', { cwd: source }).filter(
    (name) => !name.endsWith('.test.ts') && !name.endsWith('finding-codes.ts'),
  )
  const used = files.flatMap((name) => [
    ...readFileSync(join(source, name), 'utf8').matchAll(/'(CP_[A-Z_]+)'/g),
  ])
  expect([...new Set(used.map(([, code]) => code))].sort()).toEqual(Object.keys(FINDING_CODES).sort())
})
