import { type Counter, formatPrometheus, type Gauge, type Histogram, MetricRegistry } from '@batten/core'
import { tagStatName } from './stat-tags.ts'

/** One stat: what the admin page `/stats` prints in a line. */
export type Stat =
  | { readonly kind: 'counter'; readonly name: string; readonly metric: Counter }
  | { readonly kind: 'gauge'; readonly name: string; readonly metric: Gauge }
  | { readonly kind: 'histogram'; readonly name: string; readonly metric: Histogram }

/**
 * The proxy's stats under Envoy's dotted names (`cluster.reviews.upstream_rq_total`), backed by a Prometheus registry
 * (`envoy_cluster_upstream_rq_total{envoy_cluster_name="reviews"}`): one number, two names.
 *
 * Resolve stats when configuration arrives and keep the objects: the request path only counts.
 *
 * @example
 * const stats = new StatsStore()
 * const total = stats.scope('cluster', 'reviews').counter('upstream_rq_total')
 * total.inc()
 * stats.counter('cluster.reviews.upstream_rq_total').value // 1
 */
export class StatsStore {
  /** For metrics that are not Envoy stats, e.g. those of Wasm filters and `istio_requests_total`. */
  readonly registry: MetricRegistry
  readonly #stats = new Map<string, Stat>()
  /** `family.name.` of every scope that was asked for; lets a dotted name with dots inside be split right. */
  readonly #scopes = new Map<string, Map<string, StatsScope>>()
  /** Names of the stats of each scope by its prefix: thousands of clusters may go at once. */
  readonly #names = new Map<string, string[]>()

  constructor(registry: MetricRegistry = new MetricRegistry()) {
    this.registry = registry
  }

  counter(name: string): Counter {
    const found = this.#stats.get(name)
    if (found !== undefined) return expectKind(found, 'counter').metric
    return this.addCounter(name, this.#scopeNameOf(name))
  }

  gauge(name: string): Gauge {
    const found = this.#stats.get(name)
    if (found !== undefined) return expectKind(found, 'gauge').metric
    return this.addGauge(name, this.#scopeNameOf(name))
  }

  /** A histogram; values are milliseconds unless its name says otherwise. */
  histogram(name: string, bounds?: readonly number[]): Histogram {
    const found = this.#stats.get(name)
    if (found !== undefined) return expectKind(found, 'histogram').metric
    return this.addHistogram(name, this.#scopeNameOf(name), bounds)
  }

  /**
   * The stats of one cluster, connection manager, listener or TCP proxy. `name` may contain dots; colons become
   * underscores, as in Envoy.
   */
  scope(family: 'cluster' | 'http' | 'listener' | 'tcp', name: string): StatsScope {
    const clean = name.replaceAll(':', '_')
    let scopes = this.#scopes.get(family)
    if (scopes === undefined) this.#scopes.set(family, (scopes = new Map()))
    let scope = scopes.get(clean)
    if (scope === undefined) scopes.set(clean, (scope = new StatsScope(this, `${family}.${clean}.`, clean)))
    return scope
  }

  /** Forgets every stat of a scope: the cluster or listener is gone. Objects in use go on counting, unseen. */
  removeScope(family: 'cluster' | 'http' | 'listener' | 'tcp', name: string): void {
    const clean = name.replaceAll(':', '_')
    const prefix = `${family}.${clean}.`
    this.#scopes.get(family)?.delete(clean)
    for (const dotted of this.#names.get(prefix) ?? []) {
      const { prometheusName, labels } = tagStatName(dotted, clean)
      this.registry.remove(prometheusName, labels)
      this.#stats.delete(dotted)
    }
    this.#names.delete(prefix)
  }

  /** Every stat, sorted by name. */
  forEach(callback: (stat: Stat) => void): void {
    const names = [...this.#stats.keys()].sort()
    for (const name of names) callback(this.#stats.get(name)!)
  }

  /** The stat of a dotted name, if there is one; never makes it. */
  find(name: string): Stat | undefined {
    return this.#stats.get(name)
  }

  /**
   * Prometheus text format 0.0.4 of Envoy stats and other metrics.
   *
   * @param passes - by the dotted name, as in Envoy; metrics that are no Envoy stats have only that of Prometheus
   * @param usedOnly - leaves out what was never written
   */
  toPrometheus(passes?: (name: string) => boolean, usedOnly = false): string {
    if (passes === undefined && !usedOnly) return formatPrometheus(this.registry, { emptyBraces: true })
    const dotted = new Map<Stat['metric'], string>()
    for (const [name, { metric }] of this.#stats) dotted.set(metric, name)
    return formatPrometheus(this.registry, {
      emptyBraces: true,
      select: (metric, family) =>
        (!usedOnly || isUsed(metric)) && (passes === undefined || passes(dotted.get(metric) ?? family)),
    })
  }

  /** @internal */
  addCounter(name: string, scopeName: string | undefined): Counter {
    const tagged = tagStatName(name, scopeName)
    const metric = this.registry.counter(tagged.prometheusName, tagged.labels)
    this.#keep({ kind: 'counter', name, metric }, scopeName)
    return metric
  }

  /** @internal */
  addGauge(name: string, scopeName: string | undefined): Gauge {
    const tagged = tagStatName(name, scopeName)
    const metric = this.registry.gauge(tagged.prometheusName, tagged.labels)
    this.#keep({ kind: 'gauge', name, metric }, scopeName)
    return metric
  }

  /** @internal */
  addHistogram(name: string, scopeName: string | undefined, bounds?: readonly number[]): Histogram {
    const tagged = tagStatName(name, scopeName)
    const metric = this.registry.histogram(tagged.prometheusName, tagged.labels, '', bounds)
    this.#keep({ kind: 'histogram', name, metric }, scopeName)
    return metric
  }

  #keep(stat: Stat, scopeName: string | undefined): void {
    const { name } = stat
    this.#stats.set(name, stat)
    if (scopeName === undefined) return
    const prefix = name.slice(0, name.indexOf('.') + scopeName.length + 2)
    const names = this.#names.get(prefix)
    if (names === undefined) this.#names.set(prefix, [name])
    else names.push(name)
  }

  /** The longest known scope name that a dotted name starts with. */
  #scopeNameOf(dotted: string): string | undefined {
    const dot = dotted.indexOf('.')
    const scopes = dot < 0 ? undefined : this.#scopes.get(dotted.slice(0, dot))
    if (scopes === undefined) return undefined
    let best: string | undefined
    for (let end = dotted.indexOf('.', dot + 1); end >= 0; end = dotted.indexOf('.', end + 1)) {
      const candidate = dotted.slice(dot + 1, end)
      if (scopes.has(candidate)) best = candidate
    }
    return best
  }
}

/** Whether something was ever written to a metric. */
export function isUsed(metric: Stat['metric']): boolean {
  if ('count' in metric) return metric.count > 0
  return metric.value !== 0 || ('used' in metric && metric.used)
}

/** The stats that share a prefix such as `cluster.reviews.`; names are what follows it. */
export class StatsScope {
  readonly prefix: string
  readonly #store: StatsStore
  readonly #scopeName: string

  constructor(store: StatsStore, prefix: string, scopeName: string) {
    this.#store = store
    this.prefix = prefix
    this.#scopeName = scopeName
  }

  counter(name: string): Counter {
    const dotted = this.prefix + name
    const found = this.#store.find(dotted)
    return found === undefined
      ? this.#store.addCounter(dotted, this.#scopeName)
      : expectKind(found, 'counter').metric
  }

  gauge(name: string): Gauge {
    const dotted = this.prefix + name
    const found = this.#store.find(dotted)
    return found === undefined
      ? this.#store.addGauge(dotted, this.#scopeName)
      : expectKind(found, 'gauge').metric
  }

  histogram(name: string, bounds?: readonly number[]): Histogram {
    const dotted = this.prefix + name
    const found = this.#store.find(dotted)
    return found === undefined
      ? this.#store.addHistogram(dotted, this.#scopeName, bounds)
      : expectKind(found, 'histogram').metric
  }
}

function expectKind<K extends Stat['kind']>(stat: Stat, kind: K): Extract<Stat, { kind: K }> {
  if (stat.kind !== kind) throw new TypeError(`stat ${stat.name} is a ${stat.kind}, not a ${kind}`)
  return stat as Extract<Stat, { kind: K }>
}
