import type { Clock, Timer } from '@batten/core'

export interface KeepaliveOptions {
  /** Between the answer to one PING and the next. */
  readonly intervalMs: number
  /** The connection is dead when nothing at all arrives for so long after a PING. */
  readonly timeoutMs: number
}

/** Finds out whether a peer that says nothing is still there. */
export class Keepalive {
  /** Set when anything arrives. */
  heard = false
  readonly #clock: Clock
  readonly #options: KeepaliveOptions
  readonly #ping: () => void
  readonly #onDead: () => void
  #timer: Timer | undefined

  constructor(clock: Clock, options: KeepaliveOptions, ping: () => void, onDead: () => void) {
    this.#clock = clock
    this.#options = options
    this.#ping = ping
    this.#onDead = onDead
    this.#wait()
  }

  close(): void {
    this.#timer?.cancel()
  }

  #wait(): void {
    this.#timer = this.#clock.setTimeout(() => {
      this.heard = false
      this.#ping()
      this.#timer = this.#clock.setTimeout(() => {
        if (this.heard) this.#wait()
        else this.#onDead()
      }, this.#options.timeoutMs)
    }, this.#options.intervalMs)
  }
}
