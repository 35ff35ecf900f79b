import type { Clock } from '@batten/core'

/** A process that is asked from time to time whether it still does anything. */
export interface LivenessTarget {
  readonly name: string
  /** Page that a process answers that is not stuck. */
  readonly url: string
  /** Ends the process the hard way; whoever watches over it starts it again. */
  kill(): void
}

/** `hangs` is a connection without an answer; a process that is down is somebody else's business. */
export type ProbeResult = 'answers' | 'hangs' | 'down'

const PERIOD_MS = 5000
/** How often in a row a process may leave the question unanswered. */
const MAX_UNANSWERED = 3

/**
 * Ends proxies that hang: a filter that loops for ever would keep its proxy from everything, the repaired filter
 * included.
 */
export class LivenessWatch {
  readonly #unanswered = new Map<string, number>()

  /** Asks all targets every five seconds until the signal. */
  start(
    targets: () => readonly LivenessTarget[],
    probe: (url: string) => Promise<ProbeResult>,
    killed: (target: LivenessTarget) => void,
    clock: Clock,
    signal: AbortSignal,
  ): void {
    const round = async () => {
      await Promise.all(
        targets().map(async (target) => {
          const result = await probe(target.url)
          if (signal.aborted) return
          const unanswered = result === 'hangs' ? (this.#unanswered.get(target.name) ?? 0) + 1 : 0
          this.#unanswered.set(target.name, unanswered)
          if (unanswered < MAX_UNANSWERED) return
          this.#unanswered.delete(target.name)
          killed(target)
          target.kill()
        }),
      )
      if (!signal.aborted) timer = clock.setTimeout(round, PERIOD_MS)
    }
    let timer = clock.setTimeout(round, PERIOD_MS)
    signal.addEventListener('abort', () => timer.cancel(), { once: true })
  }
}
