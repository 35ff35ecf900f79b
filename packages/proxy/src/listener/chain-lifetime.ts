/**
 * How long a filter chain lasts: beyond its place in the listener, until the last of its connections has ended. What it
 * refers to (routes, secrets) has to be kept, and kept up to date, for so long.
 */
export class ChainLifetime {
  #isOver = false
  #callback: (() => void) | undefined

  /** Calls back when the chain has ended, at once if it has already. */
  whenOver(callback: () => void): void {
    if (this.#isOver) callback()
    else this.#callback = callback
  }

  /** The chain is out of use, and no connection is left. */
  end(): void {
    this.#isOver = true
    const callback = this.#callback
    this.#callback = undefined
    callback?.()
  }
}
