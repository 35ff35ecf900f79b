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

/** All stats of a proxy. The listener manager makes a scope for each listener. */
export interface StatRoot extends Pick<StatScope, 'counter' | 'gauge'> {
  /** `listener` and `10.0.0.1:80` give `listener.10.0.0.1_80.` */
  scope(family: 'listener' | 'tcp', name: string): StatScope
}
