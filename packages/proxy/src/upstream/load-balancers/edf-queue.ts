interface Entry<T> {
  deadline: number
  readonly order: number
  readonly item: T
}

/**
 * Earliest-deadline-first schedule: over time each item comes up in proportion to its weight, evenly spread. A binary
 * heap; `next` costs O(log n).
 */
export class EdfQueue<T> {
  readonly #heap: Entry<T>[] = []
  readonly #weightOf: (item: T) => number

  /**
   * @param weightOf - read each time an item goes back into the queue; at least a tiny positive number
   * @param random - spreads the first deadlines, so that proxies do not start in step
   */
  constructor(items: readonly T[], weightOf: (item: T) => number, random: () => number) {
    this.#weightOf = weightOf
    for (const [order, item] of items.entries())
      this.#heap.push({ deadline: random() / weightOf(item), order, item })
    for (let i = (this.#heap.length >> 1) - 1; i >= 0; i--) this.#sink(i)
  }

  next(): T | undefined {
    const top = this.#heap[0]
    if (top === undefined) return undefined
    top.deadline += 1 / this.#weightOf(top.item)
    this.#sink(0)
    return top.item
  }

  #sink(from: number): void {
    const heap = this.#heap
    const entry = heap[from]!
    let at = from
    for (;;) {
      let child = at * 2 + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++
      if (!isBefore(heap[child]!, entry)) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = entry
  }
}

function isBefore<T>(a: Entry<T>, b: Entry<T>): boolean {
  return a.deadline < b.deadline || (a.deadline === b.deadline && a.order < b.order)
}
