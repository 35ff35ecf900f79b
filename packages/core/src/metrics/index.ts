export { Counter, Gauge } from './counter.ts'
export { DEFAULT_BUCKETS, Histogram } from './histogram.ts'
export { type Labels, type MetricFamily, type MetricKind, MetricRegistry, type Series } from './registry.ts'
export { formatPrometheus, PROMETHEUS_CONTENT_TYPE, type TextOptions } from './text-format.ts'
