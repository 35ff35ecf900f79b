import type { Clock } from '@batten/core'
import type { ArrivedResource } from './resource-handler.ts'

/** A resource as the config dump shows it. */
export interface DumpedResource {
  readonly name: string
  readonly version: string
  /** The encoded message. */
  readonly value: Uint8Array
  readonly updatedMs: number
}

/** Keeps what arrived. A copy: the value is a view on a response that may be a thousand times larger. */
export function keepForDump({ name, version, value }: ArrivedResource, clock: Clock): DumpedResource {
  return { name, version, value: value.slice(), updatedMs: clock.now() }
}

/** What the config dump tells of one resource. */
export interface ResourceRecord extends DumpedResource {
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
  readonly #good = new Map<string, DumpedResource>()
  readonly #failures = new Map<string, ResourceFailure>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  accept(name: string, version: string, value: Uint8Array): void {
    this.#good.set(name, keepForDump({ name, version, value }, this.#clock))
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

  /** A good one arrived; whoever asks keeps it elsewhere. */
  forgive(name: string): void {
    this.#failures.delete(name)
  }

  failure(name: string): ResourceFailure | undefined {
    return this.#failures.get(name)
  }

  /** Sorted by name. */
  list(): ResourceRecord[] {
    return [...this.#good.keys()].sort().map((name) => this.get(name)!)
  }
}
