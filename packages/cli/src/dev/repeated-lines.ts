import { type Clock, systemClock } from '@batten/core'

/** How long a line that another proxy has said before is only counted. */
const WINDOW_MS = 1000

/**
 * What happens to the mesh happens to every proxy: a sentence that one of them says is printed, and how many others
 * said the same within a second. Numbers do not count: they are times and ports.
 */
export class RepeatedLines {
  readonly #print: (child: string, text: string) => void
  readonly #clock: Clock
  readonly #others = new Map<string, Set<string>>()

  constructor(print: (child: string, text: string) => void, clock: Clock = systemClock) {
    this.#print = print
    this.#clock = clock
  }

  line(child: string, text: string): void {
    const key = text.replace(/\d+/g, '#')
    const others = this.#others.get(key)
    if (others !== undefined) {
      others.add(child)
      return
    }
    this.#print(child, text)
    const said = new Set([child])
    this.#others.set(key, said)
    this.#clock.setTimeout(() => {
      this.#others.delete(key)
      const more = said.size - 1
      if (more > 0) this.#print(more === 1 ? '1 other proxy' : `${more} other proxies`, text.split(' (')[0]!)
    }, WINDOW_MS)
  }
}
