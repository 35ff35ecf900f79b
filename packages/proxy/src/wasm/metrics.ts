import type { Counter, Gauge, Histogram } from '@batten/core'
import type { StatsStore } from '../telemetry/stats.ts'
import { BAD_ARGUMENT, NOT_FOUND, OK } from './abi/status.ts'

const COUNTER = 0
const GAUGE = 1
const HISTOGRAM = 2

/** How many metrics one proxy keeps for its modules: a name made of request data must not fill the memory. */
const MAX_METRICS = 10_000

/** Values that modules record have no unit; powers of four cover microseconds to hours and bytes to gigabytes. */
const BOUNDS: readonly number[] = Array.from({ length: 20 }, (_, power) => 4 ** power)

/** Where metrics go, by Envoy's dotted names. */
export type WasmStats = Pick<StatsStore, 'counter' | 'gauge' | 'histogram'>

/**
 * The metrics that modules define. Their number carries the type in its low two bits, as in Envoy; the same name and
 * type are the same metric for every module and VM of the proxy.
 *
 * Envoy's `/stats` shows them as `wasmcustom.<name>`, its Prometheus page as `<name>`: modules name their metrics for
 * the whole mesh (`istio_requests_total`).
 */
export class WasmMetrics {
  readonly #stats: WasmStats
  /** The first place stays free: no metric has the number 0. */
  readonly #metrics: (Counter | Gauge | Histogram | undefined)[] = [undefined]
  readonly #ids = new Map<string, number>()

  constructor(stats: WasmStats) {
    this.#stats = stats
  }

  /** The metric's number; undefined when there are too many, or another kind of metric has the name. */
  define(type: number, name: string): number | undefined {
    const key = `${type}${name}`
    const known = this.#ids.get(key)
    if (known !== undefined) return known
    if (this.#metrics.length > MAX_METRICS) return undefined
    const metric = this.#create(type, `wasmcustom.${name}`)
    if (metric === undefined) return undefined
    const id = ((this.#metrics.length << 2) | type) >>> 0
    this.#metrics.push(metric)
    this.#ids.set(key, id)
    return id
  }

  /** Adds; a gauge goes down with a negative amount. */
  increment(id: number, delta: number): number {
    if ((id & 3) > HISTOGRAM) return BAD_ARGUMENT
    const metric = this.#metrics[id >>> 2]
    if (metric === undefined) return NOT_FOUND
    const type = id & 3
    if (type === COUNTER && delta > 0) (metric as Counter).add(delta)
    else if (type === GAUGE) (metric as Gauge).add(delta)
    else return BAD_ARGUMENT
    return OK
  }

  /** Adds to a counter, sets a gauge (which may be below zero), observes a value. */
  record(id: number, value: bigint): number {
    const type = id & 3
    if (type > HISTOGRAM) return NOT_FOUND
    const metric = this.#metrics[id >>> 2]
    if (metric === undefined) return NOT_FOUND
    if (type === COUNTER) (metric as Counter).add(Number(BigInt.asUintN(64, value)))
    else if (type === GAUGE) (metric as Gauge).set(Number(value))
    else (metric as Histogram).observe(Number(BigInt.asUintN(64, value)))
    return OK
  }

  /** The value of a counter or gauge. */
  value(id: number): number | undefined {
    const metric = this.#metrics[id >>> 2]
    if (metric === undefined || (id & 3) >= HISTOGRAM) return undefined
    return (metric as Counter | Gauge).value
  }

  /** The value of a counter or gauge by its name. */
  valueOf(name: string): number | undefined {
    const id = this.#ids.get(`${COUNTER}${name}`) ?? this.#ids.get(`${GAUGE}${name}`)
    return id === undefined ? undefined : this.value(id)
  }

  #create(type: number, name: string): Counter | Gauge | Histogram | undefined {
    try {
      if (type === COUNTER) return this.#stats.counter(name)
      if (type === GAUGE) return this.#stats.gauge(name)
      return this.#stats.histogram(name, BOUNDS)
    } catch {
      return undefined
    }
  }
}
