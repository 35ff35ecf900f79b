import { Counter, Gauge } from './counter.ts'
import { DEFAULT_BUCKETS, Histogram } from './histogram.ts'

/** Label names and values, in the order in which they are printed. */
export type Labels = Readonly<Record<string, string>>

export type MetricKind = 'counter' | 'gauge' | 'histogram'

/** All series of one name. */
export interface MetricFamily {
  readonly name: string
  readonly kind: MetricKind
  readonly help: string
  readonly series: Map<string, Series>
}

export interface Series {
  readonly labels: Labels
  readonly metric: Counter | Gauge | Histogram
}

/**
 * The metrics of one process part (a proxy, a control plane). Asking twice for the same name and labels gives the
 * same object, so callers resolve metrics when configuration arrives and only count on the request path.
 *
 * Names are Prometheus names (`envoy_cluster_upstream_rq_total`); the kind of a name is fixed by its first use.
 *
 * @example
 * const requests = registry.counter('batten_requests_total', { cluster: 'reviews' }, 'Requests sent upstream.')
 * requests.inc()
 */
export class MetricRegistry {
  readonly families = new Map<string, MetricFamily>()

  counter(name: string, labels: Labels = {}, help = ''): Counter {
    return this.#series(name, 'counter', labels, help, () => new Counter()) as Counter
  }

  gauge(name: string, labels: Labels = {}, help = ''): Gauge {
    return this.#series(name, 'gauge', labels, help, () => new Gauge()) as Gauge
  }

  histogram(name: string, labels: Labels = {}, help = '', bounds = DEFAULT_BUCKETS): Histogram {
    return this.#series(name, 'histogram', labels, help, () => new Histogram(bounds)) as Histogram
  }

  /** Forgets one series. Whoever holds its metric goes on counting, unseen. */
  remove(name: string, labels: Labels = {}): void {
    this.families.get(name)?.series.delete(seriesKey(labels))
  }

  #series(name: string, kind: MetricKind, labels: Labels, help: string, create: () => Series['metric']) {
    let family = this.families.get(name)
    if (family === undefined) {
      family = { name, kind, help, series: new Map() }
      this.families.set(name, family)
    }
    if (family.kind !== kind) throw new TypeError(`metric ${name} is a ${family.kind}, not a ${kind}`)
    const key = seriesKey(labels)
    let series = family.series.get(key)
    if (series === undefined) {
      series = { labels, metric: create() }
      family.series.set(key, series)
    }
    return series.metric
  }
}

function seriesKey(labels: Labels): string {
  let key = ''
  for (const name in labels) key += `${name}\u0000${labels[name]}\u0001`
  return key
}
