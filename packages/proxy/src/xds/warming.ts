import type { Clock, Timer } from '@batten/core'

/**
 * Something that must have happened before a resource may be used: an endpoint assignment arrived, a secret is there.
 * A gate opens once and stays open.
 */
export class Gate {
  /** What is waited for, for people: `endpoints of cluster "a"`. */
  readonly label: string
  #isOpen = false
  #listeners: Set<() => void> | undefined
  #timer: Timer | undefined

  constructor(label: string) {
    this.label = label
  }

  /** A gate that never closes anything. */
  static opened(label: string): Gate {
    const gate = new Gate(label)
    gate.open()
    return gate
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  open(): void {
    if (this.#isOpen) return
    this.#isOpen = true
    this.#timer?.cancel()
    const listeners = this.#listeners
    this.#listeners = undefined
    if (listeners !== undefined) for (const listener of listeners) listener()
  }

  /**
   * Opens by itself after the `initial_fetch_timeout` of a config source; 0 waits for ever.
   *
   * @param expired - told before the gate opens
   */
  openAfter(clock: Clock, timeoutMs: number, expired?: () => void): void {
    if (this.#isOpen || timeoutMs === 0) return
    this.#timer?.cancel()
    this.#timer = clock.setTimeout(() => {
      expired?.()
      this.open()
    }, timeoutMs)
  }

  /** Calls back at once when it is open already. Returns a function that forgets the callback. */
  whenOpen(callback: () => void): () => void {
    if (this.#isOpen) {
      callback()
      return () => {}
    }
    this.#listeners ??= new Set()
    const listeners = this.#listeners
    // A wrapper, so that the same function may wait twice.
    const listener = () => callback()
    listeners.add(listener)
    return () => void listeners.delete(listener)
  }

  /** Ends the timer; the gate stays as it is. */
  close(): void {
    this.#timer?.cancel()
    this.#listeners = undefined
  }
}

/** The gates that are still closed. */
export function closedGates(gates: Iterable<Gate>): Gate[] {
  return [...gates].filter((gate) => !gate.isOpen)
}

/** Calls back once, when every gate is open; at once if all are. Returns a function that gives up waiting. */
export function whenAllOpen(gates: Iterable<Gate>, callback: () => void): () => void {
  const closed = closedGates(gates)
  let left = closed.length
  if (left === 0) {
    callback()
    return () => {}
  }
  const cancels = closed.map((gate) =>
    gate.whenOpen(() => {
      left -= 1
      if (left === 0) callback()
    }),
  )
  return () => {
    for (const cancel of cancels) cancel()
  }
}
