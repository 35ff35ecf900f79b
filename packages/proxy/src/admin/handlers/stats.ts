import type { Histogram } from '@batten/core'
import { isUsed, type Stat } from '../../telemetry/stats.ts'
import {
  type AdminContext,
  type AdminHandler,
  type AdminRequest,
  type AdminResponse,
  JSON_TYPE,
} from '../handler.ts'
import { nameFilter } from '../name-filter.ts'

const PARAMETERS = {
  usedonly: 'Only include stats that have been written by system since restart',
  filter: 'Regular expression (Google re2) for filtering stats',
}

export const stats: AdminHandler = {
  path: '/stats',
  method: 'GET',
  help: 'print server stats',
  parameters: {
    ...PARAMETERS,
    format: 'Format to use; One of (text, json, prometheus)',
    type: 'Stat types to include.; One of (All, Counters, Histograms, Gauges, TextReadouts)',
    histogram_buckets: 'Histogram bucket display mode; One of (cumulative, disjoint, summary)',
  },
  handle(request, context) {
    const format = request.query.get('format') ?? 'text'
    if (format === 'prometheus') return prometheus(request, context)
    if (format !== 'text' && format !== 'json')
      return { status: 400, body: 'usage: /stats?format=(json|prometheus|text)\n' }
    const mode = request.query.get('histogram_buckets') ?? 'summary'
    if (!MODES.has(mode))
      return { status: 400, body: 'usage: /stats?histogram_buckets=(cumulative|disjoint|summary)\n' }
    const selected = select(request, context)
    if (!Array.isArray(selected)) return selected
    return format === 'json' ? json(selected, mode) : text(selected, mode)
  },
}

export const statsPrometheus: AdminHandler = {
  path: '/stats/prometheus',
  method: 'GET',
  help: 'print server stats in prometheus format',
  parameters: PARAMETERS,
  handle: (request, context) => prometheus(request, context),
}

/** Ways to show histograms; `none` is another name of the summary. */
const MODES = new Set(['summary', 'none', 'cumulative', 'disjoint'])

const TYPES: Readonly<Record<string, Stat['kind'] | 'text'>> = {
  Counters: 'counter',
  Gauges: 'gauge',
  Histograms: 'histogram',
  // There are none.
  TextReadouts: 'text',
}

function select({ query }: AdminRequest, context: AdminContext): Stat[] | AdminResponse {
  const passes = nameFilter(query.get('filter'), 'Invalid re2 regex')
  if (typeof passes !== 'function') return passes
  const usedOnly = query.has('usedonly')
  const type = query.get('type') ?? 'All'
  const kind = TYPES[type]
  if (type !== 'All' && kind === undefined) return { status: 400, body: 'invalid &type= param' }
  context.refreshStats()
  const selected: Stat[] = []
  context.stats.forEach((stat) => {
    if (kind !== undefined && stat.kind !== kind) return
    if (usedOnly && !isUsed(stat.metric)) return
    if (passes(stat.name)) selected.push(stat)
  })
  return selected
}

/** Counters and gauges first, then histograms, each sorted by name, as Envoy prints them. */
function text(selected: readonly Stat[], mode: string): AdminResponse {
  const numbers: string[] = []
  const histograms: string[] = []
  const print = mode === 'cumulative' || mode === 'disjoint' ? bucketsText : summary
  for (const stat of selected)
    if (stat.kind === 'histogram') histograms.push(`${stat.name}: ${print(stat.metric, mode)}\n`)
    else numbers.push(`${stat.name}: ${stat.metric.value}\n`)
  return { body: [...numbers, ...histograms].join('') }
}

function json(selected: readonly Stat[], mode: string): AdminResponse {
  const list: unknown[] = []
  const computed: unknown[] = []
  const showsBuckets = mode === 'cumulative' || mode === 'disjoint'
  for (const stat of selected)
    if (stat.kind === 'histogram' && showsBuckets)
      computed.push({ name: stat.name, buckets: buckets(stat.metric, mode) })
    else if (stat.kind === 'histogram')
      computed.push({
        name: stat.name,
        values: QUANTILES.map((quantile) => ({
          interval: null,
          cumulative: stat.metric.count === 0 ? null : quantileOf(stat.metric, quantile / 100),
        })),
      })
    else list.push({ name: stat.name, value: stat.metric.value })
  if (showsBuckets && computed.length > 0) list.push({ histograms: computed })
  else if (computed.length > 0)
    list.push({ histograms: { supported_quantiles: QUANTILES, computed_quantiles: computed } })
  return { contentType: JSON_TYPE, body: JSON.stringify({ stats: list }) }
}

const QUANTILES = [0, 25, 50, 75, 90, 95, 99, 99.5, 99.9, 100]

function summary(histogram: Histogram): string {
  if (histogram.count === 0) return 'No recorded values'
  return QUANTILES.map(
    (quantile) => `P${quantile}(nan,${round(quantileOf(histogram, quantile / 100))})`,
  ).join(' ')
}

/** Nothing is kept of single flush intervals: their counts are 0. */
function buckets({ bounds, counts }: Histogram, mode: string) {
  let below = 0
  return bounds.map((bound, i) => {
    below += counts[i]!
    return { upper_bound: bound, interval: 0, cumulative: mode === 'disjoint' ? counts[i]! : below }
  })
}

function bucketsText(histogram: Histogram, mode: string): string {
  if (histogram.count === 0) return 'No recorded values'
  return buckets(histogram, mode)
    .map(({ upper_bound, cumulative }) => `B${upper_bound}(0,${cumulative})`)
    .join(' ')
}

/** By linear interpolation inside of the bucket that holds it. */
function quantileOf(histogram: Histogram, quantile: number): number {
  const rank = quantile * histogram.count
  let below = 0
  for (let i = 0; i < histogram.counts.length; i++) {
    const inBucket = histogram.counts[i]!
    if (inBucket > 0 && below + inBucket >= rank) {
      const low = i === 0 ? 0 : histogram.bounds[i - 1]!
      const high = histogram.bounds[i] ?? low
      return low + (high - low) * Math.max(0, (rank - below) / inBucket)
    }
    below += inBucket
  }
  return histogram.bounds.at(-1) ?? 0
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000
}

function prometheus({ query }: AdminRequest, context: AdminContext): AdminResponse {
  const filter = query.get('filter')
  const passes = nameFilter(filter, 'Invalid re2 regex')
  if (typeof passes !== 'function') return passes
  context.refreshStats()
  return { body: context.stats.toPrometheus(filter === null ? undefined : passes, query.has('usedonly')) }
}
