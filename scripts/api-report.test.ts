import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { apiReports, outdatedReports } from './api-report.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'batten-reported-'))
  mkdirSync(join(folder, 'dist'))
  mkdirSync(join(folder, 'etc'))
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({
      name: 'reported',
      version: '1.0.0',
      type: 'module',
      exports: {
        '.': { types: './dist/index.d.ts', default: './dist/index.js' },
        './sub': { types: './dist/sub.d.ts', default: './dist/sub.js' },
        './package.json': './package.json',
      },
    }),
  )
  writeFileSync(join(folder, 'dist/hidden.d.ts'), 'export interface Hidden { readonly a: string }\n')
  writeFileSync(
    join(folder, 'dist/index.d.ts'),
    "import type { Hidden } from './hidden.ts'\nexport * from './sub.ts'\nexport declare function hide(): Hidden\n",
  )
  writeFileSync(join(folder, 'dist/sub.d.ts'), '/** Words. */\nexport declare const word: "a"\n')
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

const files = () => outdatedReports(folder).map(({ file }) => file.slice(folder.length))
const commit = () => {
  for (const [name, text] of apiReports(folder)) writeFileSync(join(folder, 'etc', name), text)
}

it('reports every entry that has types, and names what can be seen but not imported', () => {
  const reports = apiReports(folder)
  expect([...reports.keys()]).toEqual(['index.api.md', 'sub.api.md'])
  expect(reports.get('sub.api.md')).toContain('export const word: "a";')
  expect(reports.get('index.api.md')).toContain('export const word: "a";')
  expect(reports.get('index.api.md')).toMatch(/ae-forgotten-export\) The symbol "Hidden"/)
})

it('a report is up to date until the API changes, and comments are not the API', () => {
  expect(files()).toEqual(['/etc/index.api.md', '/etc/sub.api.md'])
  commit()
  expect(files()).toEqual([])
  writeFileSync(join(folder, 'dist/sub.d.ts'), '/** Other words. */\nexport declare const word: "a"\n')
  expect(files()).toEqual([])
  writeFileSync(join(folder, 'dist/sub.d.ts'), '/** Other words. */\nexport declare const word: "b"\n')
  expect(files()).toEqual(['/etc/index.api.md', '/etc/sub.api.md'])
})

it('the report of an entry that is gone is out of date', () => {
  commit()
  writeFileSync(join(folder, 'etc/old.api.md'), 'old')
  expect(outdatedReports(folder)).toEqual([{ file: join(folder, 'etc/old.api.md'), text: undefined }])
})

it('types that do not compile are an error, not a report', () => {
  writeFileSync(join(folder, 'dist/sub.d.ts'), "export * from './missing.ts'\n")
  expect(() => apiReports(folder)).toThrow(/missing\.ts/)
  expect(readFileSync(join(folder, 'dist/index.d.ts'), 'utf8')).toContain('hide')
})
