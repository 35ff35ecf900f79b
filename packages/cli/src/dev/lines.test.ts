import { PassThrough } from 'node:stream'
import { finished } from 'node:stream/promises'
import { expect, it } from 'vitest'
import { MAX_LINE_LENGTH, onLines } from './lines.ts'

it.each([
  [
    ['one\ntw', 'o\r\n', '\nlast'],
    ['one', 'two', '', 'last'],
  ],
  [[Buffer.from('ü\n').subarray(0, 1), Buffer.from('ü\n').subarray(1)], ['ü']],
  [
    ['x'.repeat(MAX_LINE_LENGTH), 'y', '\nz\n'],
    ['x'.repeat(MAX_LINE_LENGTH), 'y', 'z'],
  ],
  [[], []],
])('case %#: hands on the lines of a stream, however it comes', async (chunks, lines) => {
  const stream = new PassThrough()
  const seen: string[] = []
  onLines(stream, (line) => seen.push(line))
  for (const chunk of chunks) stream.write(chunk)
  stream.end()
  await finished(stream)
  await new Promise((resolve) => setImmediate(resolve))
  expect(seen).toEqual(lines)
})
