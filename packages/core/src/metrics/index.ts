export { Counter, Gauge } from './counter.ts'
export { DEFAULT_BUCKETS, Histogram } from './histogram.ts'
export { type Labels, type MetricFamily, type MetricKind, MetricRegistry, type Series } from './registry.ts'
