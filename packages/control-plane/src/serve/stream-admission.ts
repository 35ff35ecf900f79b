import { type Clock, systemClock } from '@batten/core'
import { controlPlaneError } from '../errors.ts'

export interface AdmissionLimits {
  /** Streams open at the same time. Default: 10 000. */
  readonly maxStreams: number
  /** New streams a second; more wait their turn. Default: 500. */
  readonly streamsPerSecond: number
  /** Longest wait for a turn; then the stream is refused. Default: 1 s. */
  readonly maxWaitMs: number
}

export const DEFAULT_ADMISSION_LIMITS: AdmissionLimits = {
  maxStreams: 10_000,
  streamsPerSecond: 500,
  maxWaitMs: 1000,
}

/** Lets streams in one after another, so that the whole mesh may reconnect at once without stopping everything else. */
export class StreamAdmission {
  readonly #limits: AdmissionLimits
  readonly #clock: Clock
  #open = 0
  #nextTurn = Number.NEGATIVE_INFINITY

  constructor(limits: Partial<AdmissionLimits> = {}, clock: Clock = systemClock) {
    this.#limits = { ...DEFAULT_ADMISSION_LIMITS, ...limits }
    this.#clock = clock
  }

  get open(): number {
    return this.#open
  }

  /**
   * Waits for a turn. {@link release} gives the place back.
   *
   * @throws BattenError `XDS_LIMIT`
   */
  async enter(): Promise<void> {
    if (this.#open >= this.#limits.maxStreams)
      throw tooMany(`${this.#limits.maxStreams} streams are open already`)
    const now = this.#clock.monotonicMs()
    // A tenth of a second's worth may come at once.
    const turn = Math.max(this.#nextTurn, now - 100)
    const wait = turn - now
    if (wait > this.#limits.maxWaitMs)
      throw tooMany(`more than ${this.#limits.streamsPerSecond} new streams a second`)
    this.#nextTurn = turn + 1000 / this.#limits.streamsPerSecond
    this.#open += 1
    if (wait > 0) await new Promise<void>((resolve) => this.#clock.setTimeout(resolve, wait))
  }

  release(): void {
    this.#open -= 1
  }
}

function tooMany(reason: string) {
  return controlPlaneError('XDS_LIMIT', {
    message: `the stream is refused: ${reason}`,
    hint: 'try again with backoff',
  })
}
