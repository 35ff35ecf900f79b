import { describe, expect, it } from 'vitest'
import { MetricRegistry } from './registry.ts'
import { formatPrometheus } from './text-format.ts'

describe('formatPrometheus', () => {
  it('prints families by name, with help, type, labels and values', () => {
    const registry = new MetricRegistry()
    registry.counter('z_total', { path: '/a"b\\c\nd', code: '200' }, 'Requests.\nAll of them.').add(3)
    registry.counter('z_total', { path: '/', code: '500' }).inc()
    registry.gauge('a_connections', {}, 'Open \\ now.').set(-1.5)
    registry.gauge('b', { kind: 'inf' }).set(Number.POSITIVE_INFINITY)
    registry.gauge('b', { kind: 'nan' }).set(Number.NaN)
    expect(formatPrometheus(registry)).toBe(`# HELP a_connections Open \\\\ now.
# TYPE a_connections gauge
a_connections -1.5
# TYPE b gauge
b{kind="inf"} +Inf
b{kind="nan"} NaN
# HELP z_total Requests.\\nAll of them.
# TYPE z_total counter
z_total{path="/a\\"b\\\\c\\nd",code="200"} 3
z_total{path="/",code="500"} 1
`)
  })

  it('prints histograms as cumulative buckets', () => {
    const registry = new MetricRegistry()
    const histogram = registry.histogram('latency_ms', { c: 'x' }, 'Time.', [1, 2.5, 10])
    for (const value of [0.5, 1, 2, 3, 100]) histogram.observe(value)
    expect(formatPrometheus(registry)).toBe(`# HELP latency_ms Time.
# TYPE latency_ms histogram
latency_ms_bucket{c="x",le="1"} 2
latency_ms_bucket{c="x",le="2.5"} 3
latency_ms_bucket{c="x",le="10"} 4
latency_ms_bucket{c="x",le="+Inf"} 5
latency_ms_sum{c="x"} 106.5
latency_ms_count{c="x"} 5
`)
  })

  it('leaves out families whose series are gone, and is empty for an empty registry', () => {
    const registry = new MetricRegistry()
    registry.counter('requests_total', { cluster: 'a' }).inc()
    registry.remove('requests_total', { cluster: 'a' })
    expect(formatPrometheus(registry)).toBe('')
  })
})

describe('MetricRegistry', () => {
  it('gives the same metric for the same name and labels, and refuses another kind', () => {
    const registry = new MetricRegistry()
    expect(registry.counter('a', { x: '1' })).toBe(registry.counter('a', { x: '1' }))
    expect(registry.counter('a', { x: '1' })).not.toBe(registry.counter('a', { x: '2' }))
    expect(() => registry.gauge('a')).toThrow('metric a is a counter, not a gauge')
  })

  it('writes the empty braces of Envoy when asked', () => {
    const registry = new MetricRegistry()
    registry.gauge('live').set(1)
    registry.histogram('latency_ms', {}, '', [1]).observe(2)
    expect(formatPrometheus(registry, { emptyBraces: true })).toBe(`# TYPE latency_ms histogram
latency_ms_bucket{le="1"} 0
latency_ms_bucket{le="+Inf"} 1
latency_ms_sum{} 2
latency_ms_count{} 1
# TYPE live gauge
live{} 1
`)
  })
})
