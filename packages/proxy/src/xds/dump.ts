import type { Clock } from '@batten/core'

/** What the config dump tells of one resource. */
export interface ResourceRecord {
  readonly name: string
  readonly version: string
  /** The encoded message. */
  readonly value: Uint8Array
  readonly updatedMs: number
  /** The newest one that was refused; the record itself is the last good one. */
  readonly failure: ResourceFailure | undefined
}

export interface ResourceFailure {
  readonly version: string
  readonly value: Uint8Array
  readonly message: string
  readonly failedMs: number
}

/** Records of all resources of one type: what arrived, what is used, what was refused. */
export class ResourceRecords {
  readonly #clock: Clock
  readonly #good = new Map<string, Omit<ResourceRecord, 'failure'>>()
  readonly #failures = new Map<string, ResourceFailure>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  accept(name: string, version: string, value: Uint8Array): void {
    // A copy: the value is a view on a response that may be a thousand times larger.
    this.#good.set(name, { name, version, value: value.slice(), updatedMs: this.#clock.now() })
    this.#failures.delete(name)
  }

  reject(name: string, version: string, value: Uint8Array, message: string): void {
    this.#failures.set(name, { version, value: value.slice(), message, failedMs: this.#clock.now() })
  }

  remove(name: string): void {
    this.#good.delete(name)
    this.#failures.delete(name)
  }

  get(name: string): ResourceRecord | undefined {
    const good = this.#good.get(name)
    return good === undefined ? undefined : { ...good, failure: this.#failures.get(name) }
  }

  /** Sorted by name. */
  list(): ResourceRecord[] {
    return [...this.#good.keys()].sort().map((name) => this.get(name)!)
  }

  /** Resources of which no good version ever arrived. */
  failedOnly(): { readonly name: string; readonly failure: ResourceFailure }[] {
    return [...this.#failures]
      .filter(([name]) => !this.#good.has(name))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, failure]) => ({ name, failure }))
  }
}
