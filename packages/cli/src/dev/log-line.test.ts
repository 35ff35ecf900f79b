import { describe, expect, it } from 'vitest'
import { isWorthALook, readableLog } from './log-line.ts'

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

it.each([
  [true, '{"level":"warn","scope":"xds","msg":"lost the management server"}'],
  [false, '{"level":"info","scope":"","msg":"proxy started"}'],
  [false, '{"level":"warn","scope":"xds","msg":"resource rejected"}'],
  [false, '{"level":"warn","scope":"xds","msg":"CDS: ACK ERROR"}'],
  [true, '× the control plane cannot listen on 127.0.0.1:1   [SERVER_BIND_FAILED]'],
  [true, '  hint: choose another port'],
  [true, 'TypeError: x is not a function'],
  [false, '    at Object.<anonymous> (x.ts:1:1)'],
  [false, '[2026-01-01 00:00:00.000][7][info][main] starting main dispatch loop'],
  [true, '[2026-01-01 00:00:00.000][7][critical][main] error initializing config'],
  [false, '(node:7) ExperimentalWarning: something is experimental'],
])('%s: %s is worth a look', (expected, line) => {
  expect(isWorthALook(line)).toBe(expected)
})
