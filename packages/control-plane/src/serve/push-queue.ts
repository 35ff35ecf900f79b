import { type Clock, systemClock, type Timer } from '@batten/core'

export interface PushQueueOptions {
  readonly clock?: Clock
  /** After a quiet time a change is pushed this soon, so that the files of one save go together. Default: 2 ms. */
  readonly coalesceMs?: number
  /** The longest quiet time that is waited for under load. Default: 100 ms, Istio's `PILOT_DEBOUNCE_AFTER`. */
  readonly maxQuietMs?: number
  /** A push is never later than this after the first change. Default: 1 s (Istio's `PILOT_DEBOUNCE_MAX` is 10 s). */
  readonly maxDelayMs?: number
  /** Does the work. Its duration decides how long is waited next time. */
  push(batch: PushBatch): Promise<void> | void
}

export interface PushBatch {
  /** When the first change of the batch came, monotonic. */
  readonly firstChangeAt: number
  readonly changes: number
}

/**
 * Decides when a push happens. When nothing happened for a while, a change goes out at once; when changes come one
 * after another, it waits for a pause as long as a push takes: pushing never takes more than half of the time.
 *
 * Differs from Istio: a change after a quiet time is pushed at once, where every change waits at least 100 ms.
 */
export class PushQueue {
  readonly #clock: Clock
  readonly #coalesceMs: number
  readonly #maxQuietMs: number
  readonly #maxDelayMs: number
  readonly #push: PushQueueOptions['push']
  #firstChangeAt: number | undefined
  #lastChangeAt = 0
  #changes = 0
  #timer: Timer | undefined
  #isPushing = false
  #isClosed = false
  /** When the last push ended, and what it took: their sum is the time in which changes are a burst. */
  #lastPushEnd = Number.NEGATIVE_INFINITY
  #lastPushMs = 0

  constructor(options: PushQueueOptions) {
    this.#clock = options.clock ?? systemClock
    this.#coalesceMs = options.coalesceMs ?? 2
    this.#maxQuietMs = options.maxQuietMs ?? 100
    this.#maxDelayMs = options.maxDelayMs ?? 1000
    this.#push = options.push
  }

  /** Something changed. */
  enqueue(): void {
    const now = this.#clock.monotonicMs()
    this.#firstChangeAt ??= now
    this.#lastChangeAt = now
    this.#changes += 1
    this.#schedule()
  }

  /** True when everything that was enqueued has been pushed. */
  get isIdle(): boolean {
    return this.#firstChangeAt === undefined && !this.#isPushing
  }

  close(): void {
    this.#isClosed = true
    this.#timer?.cancel()
  }

  #schedule(): void {
    if (this.#isPushing || this.#isClosed || this.#firstChangeAt === undefined) return
    const now = this.#clock.monotonicMs()
    const quiet = this.#quietMs()
    const due = Math.min(this.#lastChangeAt + quiet, this.#firstChangeAt + this.#maxDelayMs)
    // The first change after a pause is not put off by those that follow.
    const leading = this.#firstChangeAt + this.#coalesceMs
    const at = this.#firstChangeAt - this.#lastPushEnd > this.#burstMs() ? leading : Math.max(leading, due)
    this.#timer?.cancel()
    this.#timer = this.#clock.setTimeout(() => void this.#run(), Math.max(0, at - now))
  }

  #quietMs(): number {
    return Math.min(this.#maxQuietMs, Math.max(this.#coalesceMs, this.#lastPushMs))
  }

  #burstMs(): number {
    return Math.min(this.#maxQuietMs, this.#coalesceMs + this.#lastPushMs)
  }

  async #run(): Promise<void> {
    const batch = { firstChangeAt: this.#firstChangeAt!, changes: this.#changes }
    this.#firstChangeAt = undefined
    this.#changes = 0
    this.#isPushing = true
    const start = this.#clock.monotonicMs()
    try {
      await this.#push(batch)
    } finally {
      this.#isPushing = false
      this.#lastPushEnd = this.#clock.monotonicMs()
      this.#lastPushMs = this.#lastPushEnd - start
      this.#schedule()
    }
  }
}
