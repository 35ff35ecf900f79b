import type { GuestMap } from './guest-context.ts'

/** Headers that do not change: those of a callout's response. Names are lower case. */
export class FixedHeaders implements GuestMap {
  readonly #pairs: readonly (readonly [string, string])[]

  constructor(pairs: readonly (readonly [string, string])[]) {
    this.#pairs = pairs
  }

  get size(): number {
    return this.#pairs.length
  }

  get byteSize(): number {
    let size = 0
    for (const [name, value] of this.#pairs) size += name.length + value.length
    return size
  }

  get(name: string): string | undefined {
    return this.#pairs.find((pair) => pair[0] === name)?.[1]
  }

  forEach(callback: (name: string, value: string) => void): void {
    for (const [name, value] of this.#pairs) callback(name, value)
  }
}
