import { expect, it } from 'vitest'
import { StatsStore } from '../telemetry/stats.ts'
import { WasmMetrics } from './metrics.ts'

const COUNTER = 0
const GAUGE = 1
const HISTOGRAM = 2
const OK = 0
const NOT_FOUND = 1
const BAD_ARGUMENT = 2

it('prints metrics under the names that Envoy gives them', () => {
  const stats = new StatsStore()
  const metrics = new WasmMetrics(stats)
  const id = metrics.define(COUNTER, 'auth.denied-by_reason')!
  metrics.increment(id, 3)
  expect(stats.find('wasmcustom.auth.denied-by_reason')?.metric).toMatchObject({ value: 3 })
  expect(stats.toPrometheus()).toContain('auth_denied_by_reason{} 3')
})

it('is one metric by name and type, whoever defines it', () => {
  const metrics = new WasmMetrics(new StatsStore())
  const id = metrics.define(COUNTER, 'a')!
  expect(metrics.define(COUNTER, 'a')).toBe(id)
  expect(metrics.define(GAUGE, 'a')).toBeUndefined()
  expect(metrics.define(GAUGE, 'b')! & 3).toBe(GAUGE)
})

it.each([
  ['a counter goes up', COUNTER, 'increment', 5, OK, 5],
  ['a counter does not stand still', COUNTER, 'increment', 0, BAD_ARGUMENT, 0],
  ['a counter does not go down', COUNTER, 'increment', -1, BAD_ARGUMENT, 0],
  ['recording a counter adds', COUNTER, 'record', 5, OK, 5],
  ['a gauge goes down', GAUGE, 'increment', -2, OK, -2],
  ['a gauge is set', GAUGE, 'record', 9, OK, 9],
  ['a gauge is set below zero', GAUGE, 'record', -9, OK, -9],
  ['a histogram cannot be incremented', HISTOGRAM, 'increment', 1, BAD_ARGUMENT, undefined],
  ['a histogram takes values and has none', HISTOGRAM, 'record', 1, OK, undefined],
] as const)('%s', (_title, type, action, amount, status, value) => {
  const metrics = new WasmMetrics(new StatsStore())
  const id = metrics.define(type, 'm')!
  const act = (which: number) =>
    action === 'record' ? metrics.record(which, BigInt(amount)) : metrics.increment(which, amount)
  expect(act(id)).toBe(status)
  expect(metrics.value(id)).toBe(value)
  expect(act(id + 4)).toBe(NOT_FOUND)
  expect(act(id | 3)).toBe(action === 'record' ? NOT_FOUND : BAD_ARGUMENT)
  expect(id).toBeGreaterThan(3)
})

it('has a limit', () => {
  const metrics = new WasmMetrics(new StatsStore())
  for (let i = 0; i < 10_000; i++) metrics.define(COUNTER, `m${i}`)
  expect(metrics.define(COUNTER, 'one_more')).toBeUndefined()
  expect(metrics.define(COUNTER, 'm5')).toBeDefined()
})
