import type { Host } from '../host.ts'

interface Entry {
  readonly host: Host
  deadline: number
  /** Ties go to the host that waits longer. */
  order: number
}

/**
 * Weighted scheduling by earliest deadline first: each choice moves the host `1 / weight` further in virtual time, so
 * that over time every host is chosen in proportion to its weight, evenly spread.
 *
 * @see https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/load_balancing/load_balancers
 */
export class EarliestDeadlineScheduler {
  readonly #heap: Entry[]
  readonly #weightOf: (host: Host) => number
  #order = 0

  /** @param random - where the first round begins, so that many proxies do not all begin with the same host */
  constructor(hosts: readonly Host[], weightOf: (host: Host) => number, random: () => number) {
    this.#weightOf = weightOf
    this.#heap = []
    for (const host of hosts) this.#push({ host, deadline: random() / weightOf(host), order: this.#order++ })
  }

  next(): Host | undefined {
    const first = this.#heap[0]
    if (first === undefined) return undefined
    first.deadline += 1 / this.#weightOf(first.host)
    first.order = this.#order++
    this.#sink(0)
    return first.host
  }

  #push(entry: Entry): void {
    const heap = this.#heap
    let i = heap.push(entry) - 1
    while (i > 0) {
      const parent = (i - 1) >> 1
      if (!isBefore(heap[i]!, heap[parent]!)) break
      swap(heap, i, parent)
      i = parent
    }
  }

  #sink(from: number): void {
    const heap = this.#heap
    for (let i = from; ; ) {
      const left = 2 * i + 1
      if (left >= heap.length) return
      const right = left + 1
      const child = right < heap.length && isBefore(heap[right]!, heap[left]!) ? right : left
      if (!isBefore(heap[child]!, heap[i]!)) return
      swap(heap, i, child)
      i = child
    }
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.deadline < b.deadline || (a.deadline === b.deadline && a.order < b.order)
}

function swap(heap: Entry[], i: number, j: number): void {
  const entry = heap[i]!
  heap[i] = heap[j]!
  heap[j] = entry
}
