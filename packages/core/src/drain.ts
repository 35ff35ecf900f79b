import type { Clock } from './clock.ts'
import { systemClock } from './clock.ts'

/** What long-lived work sees of a drain: when to stop taking new work, and when to give up. */
export interface DrainWatch {
  readonly isDraining: boolean
  /** Aborts when draining starts: finish what you have, take nothing new. */
  readonly draining: AbortSignal
  /** Aborts when the time is over: let go at once. */
  readonly deadline: AbortSignal
  /**
   * Says that work is going on; the drain waits until it is released. Releasing twice is harmless.
   *
   * @example
   * using _ = watch.hold()
   */
  hold(): DrainHold
}

export interface DrainHold extends Disposable {
  release(): void
}

export interface DrainResult {
  /** Whether all work ended by itself. */
  readonly complete: boolean
  /** Holds that were left when the time was over. */
  readonly abandoned: number
  readonly elapsedMs: number
}

/**
 * Starts a drain and waits for it; hand the {@link DrainTrigger.watch} to everything that lives long.
 *
 * @example
 * const trigger = new DrainTrigger()
 * serve(socket, trigger.watch)
 * await trigger.drain(5_000)
 */
export class DrainTrigger {
  readonly watch: DrainWatch
  readonly #draining = new AbortController()
  readonly #deadline = new AbortController()
  readonly #clock: Clock
  #holds = 0
  #onIdle: (() => void) | undefined
  #result: Promise<DrainResult> | undefined

  constructor(clock: Clock = systemClock) {
    this.#clock = clock
    const trigger = this
    this.watch = {
      get isDraining() {
        return trigger.#draining.signal.aborted
      },
      draining: this.#draining.signal,
      deadline: this.#deadline.signal,
      hold: () => this.#hold(),
    }
  }

  /** Work that is going on. */
  get holds(): number {
    return this.#holds
  }

  /**
   * Starts draining and resolves when all work has ended, or after `timeoutMs` when {@link DrainWatch.deadline} has
   * aborted. A second call gives the same promise, with the first time limit.
   */
  drain(timeoutMs: number): Promise<DrainResult> {
    return (this.#result ??= this.#drain(timeoutMs))
  }

  async #drain(timeoutMs: number): Promise<DrainResult> {
    const start = this.#clock.monotonicMs()
    this.#draining.abort()
    const complete = this.#holds === 0 || (await this.#idleWithin(timeoutMs))
    const abandoned = this.#holds
    this.#deadline.abort()
    return { complete, abandoned, elapsedMs: this.#clock.monotonicMs() - start }
  }

  #idleWithin(timeoutMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = this.#clock.setTimeout(() => resolve(false), timeoutMs)
      this.#onIdle = () => {
        timer.cancel()
        resolve(true)
      }
    })
  }

  #hold(): DrainHold {
    let held = true
    this.#holds++
    const release = () => {
      if (!held) return
      held = false
      if (--this.#holds === 0) this.#onIdle?.()
    }
    return { release, [Symbol.dispose]: release }
  }
}

/**
 * Runs work under a drain: the drain waits for it, and it is told when to stop and when to give up. Rejects with the
 * deadline's reason if the work goes on after the deadline.
 *
 * @example await runWithDrain(watch, ({ draining }) => acceptUntil(draining))
 */
export async function runWithDrain<T>(
  watch: DrainWatch,
  work: (watch: DrainWatch) => Promise<T>,
): Promise<T> {
  using _ = watch.hold()
  const { promise: deadline, reject } = Promise.withResolvers<never>()
  const onDeadline = () => reject(watch.deadline.reason)
  if (watch.deadline.aborted) onDeadline()
  else watch.deadline.addEventListener('abort', onDeadline)
  try {
    return await Promise.race([work(watch), deadline])
  } finally {
    watch.deadline.removeEventListener('abort', onDeadline)
  }
}
