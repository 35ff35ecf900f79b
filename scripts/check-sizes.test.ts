import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { sourceFiles } from './source-files.ts'

const LIMIT = 600

it(`no source file is longer than ${LIMIT} lines`, () => {
  const files = ['packages', 'scripts', 'examples', 'benchmarks', 'test'].flatMap((folder) =>
    sourceFiles(folder),
  )
  const long = files
    .map((file) => ({ file, lines: readFileSync(file, 'utf8').split('\n').length - 1 }))
    .filter(({ lines }) => lines > LIMIT)
  expect(long).toEqual([])
})
