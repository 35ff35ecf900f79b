import { globSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { pruneOutputs } from './package-prune.ts'

it('removes outputs of deleted sources and of tests, and nothing else', () => {
  const folder = mkdtempSync(join(tmpdir(), 'batten-prune-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const stale = [
    'dist/gone.js',
    'dist/gone.d.ts',
    'dist/sub/gone.js.map',
    'dist/kept.test.js',
    'dist/kept.test-d.d.ts',
  ]
  const kept = [
    'src/kept.ts',
    'src/kept.test.ts',
    'src/kept.test-d.ts',
    'dist/kept.js',
    'dist/kept.js.map',
    'dist/kept.d.ts',
    'dist/kept.d.ts.map',
    'dist/data.json',
    'dist/bundle/all.js',
  ]
  for (const path of [...stale, ...kept]) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), '')
  }
  expect(pruneOutputs(folder).sort()).toEqual(stale.sort())
  expect(globSync('**/*.*', { cwd: folder }).sort()).toEqual(kept.sort())
})
