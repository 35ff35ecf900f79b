import { Histogram } from './histogram.ts'
import type { Labels, MetricFamily, MetricRegistry, Series } from './registry.ts'

/** The content type of {@link formatPrometheus}. */
export const PROMETHEUS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

export interface TextOptions {
  /** Whether a series without labels is followed by `{}`, as Envoy writes it. Default: false. */
  readonly emptyBraces?: boolean
  /** Which series are printed, by their metric and the name of the family. Default: all. */
  readonly select?: (metric: Series['metric'], name: string) => boolean
}

/**
 * A registry in Prometheus' text format: families sorted by name, series in the order of their creation, histograms
 * as cumulative buckets with sum and count. Families without series are left out.
 *
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
 */
export function formatPrometheus(
  registry: MetricRegistry,
  { emptyBraces = false, select }: TextOptions = {},
): string {
  const none = emptyBraces ? '{}' : ''
  const families = [...registry.families.values()].sort((a, b) =>
    a.name < b.name ? -1 : a.name > b.name ? 1 : 0,
  )
  let text = ''
  for (const family of families) text += formatFamily(family, none, select)
  return text
}

function formatFamily(family: MetricFamily, none: string, select: TextOptions['select']): string {
  const { name } = family
  let text = ''
  for (const { labels, metric } of family.series.values()) {
    if (select !== undefined && !select(metric, name)) continue
    if (metric instanceof Histogram) text += formatHistogram(name, labels, metric, none)
    else text += `${name}${formatLabels(labels) || none} ${formatNumber(metric.value)}\n`
  }
  if (text === '') return ''
  const help = family.help === '' ? '' : `# HELP ${name} ${escapeHelp(family.help)}\n`
  return `${help}# TYPE ${name} ${family.kind}\n${text}`
}

function formatHistogram(name: string, labels: Labels, histogram: Histogram, none: string): string {
  const { bounds, counts } = histogram
  let text = ''
  let cumulative = 0
  for (let i = 0; i < counts.length; i++) {
    cumulative += counts[i]!
    const bound = i < bounds.length ? formatNumber(bounds[i]!) : '+Inf'
    text += `${name}_bucket${formatLabels(labels, `le="${bound}"`)} ${cumulative}\n`
  }
  const suffix = formatLabels(labels) || none
  return `${text}${name}_sum${suffix} ${formatNumber(histogram.sum)}\n${name}_count${suffix} ${histogram.count}\n`
}

function formatLabels(labels: Labels, last = ''): string {
  let text = ''
  for (const name in labels) text += `${text === '' ? '' : ','}${name}="${escapeLabel(labels[name]!)}"`
  if (last !== '') text += `${text === '' ? '' : ','}${last}`
  return text === '' ? '' : `{${text}}`
}

function formatNumber(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf'
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value)
}

function escapeLabel(value: string): string {
  return /[\\"\n]/.test(value)
    ? value.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n')
    : value
}

function escapeHelp(help: string): string {
  return help.replace(/\\/g, '\\\\').replace(/\n/g, '\\n')
}
