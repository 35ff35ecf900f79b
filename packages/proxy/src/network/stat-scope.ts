import type { Counter, Gauge, Histogram } from '@batten/core'

/**
 * Where the parts of the data path get their counters: by Envoy's dotted name, e.g.
 * `listener.0.0.0.0_15006.downstream_cx_total`. Asking twice gives the same object, so names are resolved when
 * configuration arrives and never on the request path.
 *
 * @see https://www.envoyproxy.io/docs/envoy/latest/configuration/listeners/stats
 */
export interface StatScope {
  counter(name: string): Counter
  gauge(name: string): Gauge
  /** Milliseconds unless the name says otherwise. */
  histogram(name: string): Histogram
}
