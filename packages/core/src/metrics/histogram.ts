/** Envoy's default buckets, milliseconds. */
export const DEFAULT_BUCKETS: readonly number[] = [
  0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 300_000, 600_000, 1_800_000,
  3_600_000,
]

/** A histogram with fixed upper bounds. `observe` is a short linear scan and three additions. */
export class Histogram {
  readonly bounds: readonly number[]
  /** One count a bound, not cumulative; the last one is the overflow (`+Inf`). */
  readonly counts: Float64Array
  sum = 0
  count = 0

  constructor(bounds: readonly number[] = DEFAULT_BUCKETS) {
    this.bounds = bounds
    this.counts = new Float64Array(bounds.length + 1)
  }

  observe(value: number): void {
    const bounds = this.bounds
    let i = 0
    while (i < bounds.length && value > bounds[i]!) i++
    this.counts[i]! += 1
    this.sum += value
    this.count += 1
  }
}
