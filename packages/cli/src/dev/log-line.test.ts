import { describe, expect, it } from 'vitest'
import { readableLog } from './log-line.ts'

describe('readableLog', () => {
  it.each([
    [
      '{"level":"warn","time":"t","scope":"xds","cluster":"xds-grpc","retryInMs":61,"msg":"lost the management server"}',
      'lost the management server (cluster: xds-grpc, retryInMs: 61)',
    ],
    ['{"level":"warn","msg":"alone"}', 'alone'],
    [`{"msg":"long","list":["${'x'.repeat(200)}"]}`, `long (list: ["${'x'.repeat(118)}…)`],
    ['plain text', 'plain text'],
    ['{"no":"entry"}', '{"no":"entry"}'],
    ['null', 'null'],
  ])('%s', (line, expected) => {
    expect(readableLog(line)).toBe(expected)
  })
})
