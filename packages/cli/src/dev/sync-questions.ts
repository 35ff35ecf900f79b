import type { Clock } from '@batten/core'

/** How long an answer of the control plane may take before it is asked again. */
const ASK_AGAIN_MS = 1000

/** Asks the control plane, over the channel of its process, whether every proxy has what the files say now. */
export class SyncQuestions {
  readonly #send: (message: object) => void
  readonly #clock: Clock
  readonly #signal: AbortSignal
  readonly #waiting = new Map<number, (answered: boolean) => void>()
  #count = 0

  constructor(send: (message: object) => void, clock: Clock, signal: AbortSignal) {
    this.#send = send
    this.#clock = clock
    this.#signal = signal
  }

  /** Whether the answer came in time. */
  ask(timeoutMs: number): Promise<boolean> {
    const id = ++this.#count
    const { promise, resolve } = Promise.withResolvers<boolean>()
    this.#waiting.set(id, resolve)
    const timer = this.#clock.setTimeout(() => resolve(false), timeoutMs)
    const closed = () => resolve(false)
    this.#signal.addEventListener('abort', closed, { once: true })
    this.#send({ sync: id })
    return promise.finally(() => {
      timer.cancel()
      this.#signal.removeEventListener('abort', closed)
      this.#waiting.delete(id)
    })
  }

  /** Asks until there is an answer; false at the deadline, in the clock's monotonic milliseconds. */
  async askUntil(deadline: number): Promise<boolean> {
    // A control plane that is just starting does not hear the first question.
    while (!(await this.ask(ASK_AGAIN_MS)))
      if (this.#signal.aborted || this.#clock.monotonicMs() > deadline) return false
    return true
  }

  /** Takes an answer. */
  answered(id: unknown): void {
    if (typeof id === 'number') this.#waiting.get(id)?.(true)
  }
}
