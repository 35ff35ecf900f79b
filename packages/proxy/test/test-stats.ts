import { Counter, Gauge, Histogram } from '@batten/core'
import type { StatRoot, StatScope } from '../src/network/stat-scope.ts'

/** Stats by dotted name, for tests. */
export class TestStats implements StatRoot, StatScope {
  readonly #prefix: string
  readonly #counters: Map<string, Counter>
  readonly #gauges: Map<string, Gauge>
  readonly #histograms: Map<string, Histogram>

  constructor(parent?: TestStats, prefix = '') {
    this.#prefix = prefix
    this.#counters = parent === undefined ? new Map() : parent.#counters
    this.#gauges = parent === undefined ? new Map() : parent.#gauges
    this.#histograms = parent === undefined ? new Map() : parent.#histograms
  }

  counter(name: string): Counter {
    return getOrAdd(this.#counters, this.#prefix + name, () => new Counter())
  }

  gauge(name: string): Gauge {
    return getOrAdd(this.#gauges, this.#prefix + name, () => new Gauge())
  }

  histogram(name: string): Histogram {
    return getOrAdd(this.#histograms, this.#prefix + name, () => new Histogram())
  }

  scope(family: string, name: string): StatScope {
    return new TestStats(this, `${this.#prefix}${family}.${name.replaceAll(':', '_')}.`)
  }

  /** Every counter and gauge that is not zero and whose name starts so; without that beginning. */
  counted(prefix = ''): Record<string, number> {
    const entries = [...this.#counters, ...this.#gauges]
      .filter(([name, metric]) => metric.value !== 0 && name.startsWith(prefix))
      .map(([name, metric]) => [name.slice(prefix.length), metric.value] as const)
    return Object.fromEntries(entries)
  }
}

function getOrAdd<T>(map: Map<string, T>, key: string, create: () => T): T {
  let value = map.get(key)
  if (value === undefined) map.set(key, (value = create()))
  return value
}
