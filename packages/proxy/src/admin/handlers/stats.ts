import type { Histogram } from '@batten/core'
import type { Stat } from '../../telemetry/stats.ts'
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
    type: 'Stat types to include.; One of (All, Counters, Histograms, Gauges)',
  },
  handle(request, context) {
    const format = request.query.get('format') ?? 'text'
    if (format === 'prometheus') return prometheus(request, context)
    if (format !== 'text' && format !== 'json')
      return { status: 400, body: 'usage: /stats?format=json  or /stats?format=prometheus \n\n' }
    const selected = select(request, context)
    if (!Array.isArray(selected)) return selected
    return format === 'json' ? json(selected) : text(selected)
  },
}

export const statsPrometheus: AdminHandler = {
  path: '/stats/prometheus',
  method: 'GET',
  help: 'print server stats in prometheus format',
  parameters: PARAMETERS,
  handle: (request, context) => prometheus(request, context),
}

const TYPES: Readonly<Record<string, Stat['kind']>> = {
  Counters: 'counter',
  Gauges: 'gauge',
  Histograms: 'histogram',
}

function select({ query }: AdminRequest, context: AdminContext): Stat[] | AdminResponse {
  const passes = nameFilter(query.get('filter'), 'Invalid re2 regex')
  if (typeof passes !== 'function') return passes
  const usedOnly = query.has('usedonly')
  const type = query.get('type') ?? 'All'
  const kind = TYPES[type]
  if (type !== 'All' && kind === undefined) return { status: 400, body: 'invalid ?type=\n' }
  context.refreshStats()
  const selected: Stat[] = []
  context.stats.forEach((stat) => {
    if (kind !== undefined && stat.kind !== kind) return
    if (usedOnly && !isUsed(stat)) return
    if (passes(stat.name)) selected.push(stat)
  })
  return selected
}

function isUsed({ metric }: Stat): boolean {
  return 'count' in metric ? metric.count > 0 : metric.value !== 0
}

/** Counters and gauges first, then histograms, each sorted by name, as Envoy prints them. */
function text(selected: readonly Stat[]): AdminResponse {
  const numbers: string[] = []
  const histograms: string[] = []
  for (const stat of selected)
    if (stat.kind === 'histogram') histograms.push(`${stat.name}: ${summary(stat.metric)}\n`)
    else numbers.push(`${stat.name}: ${stat.metric.value}\n`)
  return { body: [...numbers, ...histograms].join('') }
}

function json(selected: readonly Stat[]): AdminResponse {
  const list: unknown[] = []
  const computed: unknown[] = []
  for (const stat of selected)
    if (stat.kind === 'histogram')
      computed.push({
        name: stat.name,
        values: QUANTILES.map((quantile) => ({
          interval: null,
          cumulative: stat.metric.count === 0 ? null : quantileOf(stat.metric, quantile / 100),
        })),
      })
    else list.push({ name: stat.name, value: stat.metric.value })
  if (computed.length > 0)
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
  const passes = nameFilter(query.get('filter'), 'Invalid re2 regex')
  if (typeof passes !== 'function') return passes
  context.refreshStats()
  const output = context.stats.toPrometheus()
  if (!query.has('filter') && !query.has('usedonly')) return { body: output }
  return { body: filterFamilies(output, passes, query.has('usedonly')) }
}

/** Keeps the families whose name passes, and of them, for `usedonly`, the series that are not zero. */
function filterFamilies(output: string, passes: (name: string) => boolean, usedOnly: boolean): string {
  const kept: string[] = []
  let comments: string[] = []
  let isHeader = false
  for (const line of output.split('\n')) {
    if (line === '') continue
    if (line.startsWith('#')) {
      if (!isHeader) comments = []
      isHeader = true
      comments.push(line)
      continue
    }
    isHeader = false
    const name = line.slice(0, line.search(/[{ ]/))
    if (!passes(name) || (usedOnly && line.endsWith(' 0'))) continue
    kept.push(...comments, line)
    comments = []
  }
  return kept.map((line) => `${line}\n`).join('')
}
