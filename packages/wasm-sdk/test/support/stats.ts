import { Counter, Gauge, Histogram } from '@batten/core'
import type { WasmStats } from '@batten/proxy/wasm'

/** Metrics by name, for a host without a proxy around it. */
export class MapStats implements WasmStats {
  readonly metrics = new Map<string, Counter | Gauge | Histogram>()

  counter(name: string): Counter {
    return this.#get(name, () => new Counter())
  }

  gauge(name: string): Gauge {
    return this.#get(name, () => new Gauge())
  }

  histogram(name: string, bounds?: readonly number[]): Histogram {
    return this.#get(name, () => new Histogram(bounds))
  }

  /** The value of a counter or a gauge, the number of values of a histogram; NaN when there is no such metric. */
  value(name: string): number {
    const metric = this.metrics.get(name)
    if (metric === undefined) return Number.NaN
    return metric instanceof Histogram ? metric.count : metric.value
  }

  #get<M extends Counter | Gauge | Histogram>(name: string, create: () => M): M {
    const metric = this.metrics.get(name) ?? create()
    this.metrics.set(name, metric)
    return metric as M
  }
}
