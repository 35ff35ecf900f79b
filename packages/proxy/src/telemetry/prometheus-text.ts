import { Histogram, type Labels, type MetricFamily, type MetricRegistry } from '@batten/core'

/**
 * Prints a registry in the Prometheus text format 0.0.4: families sorted by name, histograms with cumulative buckets.
 *
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export function printPrometheus(registry: MetricRegistry): string {
  const families = [...registry.families.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  const lines: string[] = []
  for (const family of families) if (family.series.size > 0) printFamily(family, lines)
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`
}

function printFamily(family: MetricFamily, lines: string[]): void {
  if (family.help !== '')
    lines.push(`# HELP ${family.name} ${family.help.replace(/\\/g, '\\\\').replace(/\n/g, '\\n')}`)
  lines.push(`# TYPE ${family.name} ${family.kind}`)
  for (const { labels, metric } of family.series.values()) {
    const text = labelText(labels)
    if (metric instanceof Histogram) printHistogram(family.name, text, metric, lines)
    else lines.push(`${family.name}${text === '' ? '{}' : `{${text}}`} ${metric.value}`)
  }
}

function printHistogram(name: string, labels: string, histogram: Histogram, lines: string[]): void {
  const prefix = labels === '' ? '' : `${labels},`
  let cumulative = 0
  for (const [i, bound] of histogram.bounds.entries()) {
    cumulative += histogram.counts[i]!
    lines.push(`${name}_bucket{${prefix}le="${bound}"} ${cumulative}`)
  }
  lines.push(`${name}_bucket{${prefix}le="+Inf"} ${histogram.count}`)
  lines.push(`${name}_sum{${labels}} ${histogram.sum}`)
  lines.push(`${name}_count{${labels}} ${histogram.count}`)
}

function labelText(labels: Labels): string {
  let text = ''
  for (const name in labels) text += `${text === '' ? '' : ','}${name}="${escapeLabel(labels[name]!)}"`
  return text
}

function escapeLabel(value: string): string {
  return value.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n')
}
