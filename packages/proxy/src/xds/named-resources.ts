import type { Clock, Logger } from '@batten/core'
import type { ResourceReference } from '../config/resource-references.ts'
import type { SourceRouter } from './sources.ts'
import { Gate } from './warming.ts'

/** A resource that others refer to by name, whether it has arrived or not. */
export interface NamedResource<T> {
  readonly name: string
  /** Opens when the resource has arrived, is known not to exist, or did not come in time. */
  readonly gate: Gate
  value: T | undefined
}

interface Entry<T> extends NamedResource<T> {
  users: number
  readonly release: () => void
}

/**
 * Resources that are asked for one by one (endpoints, routes, secrets, extensions): subscribed with the first user,
 * dropped with the last.
 */
export class NamedResources<T> {
  readonly #typeUrl: string
  readonly #label: string
  readonly #router: SourceRouter
  readonly #clock: Clock
  readonly #log: Logger
  readonly #entries = new Map<string, Entry<T>>()

  /** @param label - what one of them is called: `endpoints`, `routes` */
  constructor(typeUrl: string, label: string, router: SourceRouter, clock: Clock, log: Logger) {
    this.#typeUrl = typeUrl
    this.#label = label
    this.#router = router
    this.#clock = clock
    this.#log = log
  }

  get(name: string): NamedResource<T> | undefined {
    return this.#entries.get(name)
  }

  /** Every resource with a user. */
  values(): Iterable<NamedResource<T>> {
    return this.#entries.values()
  }

  /** Uses a resource until {@link release}. */
  acquire({ name, source, initialFetchTimeoutMs }: ResourceReference): NamedResource<T> {
    let entry = this.#entries.get(name)
    if (entry === undefined) {
      const sink = this.#router.sinkFor(this.#typeUrl, source)
      const gate = new Gate(`${this.#label} ${JSON.stringify(name)}`)
      gate.openAfter(this.#clock, initialFetchTimeoutMs, () =>
        this.#log.warn('a resource did not arrive in time', {
          waitsFor: gate.label,
          afterMs: initialFetchTimeoutMs,
        }),
      )
      entry = { name, gate, value: undefined, users: 0, release: () => sink.drop(this.#typeUrl, name) }
      this.#entries.set(name, entry)
      sink.want(this.#typeUrl, name)
    }
    entry.users += 1
    return entry
  }

  /** Returns true when that was the last user. */
  release(name: string): boolean {
    const entry = this.#entries.get(name)
    if (entry === undefined || --entry.users > 0) return false
    this.#entries.delete(name)
    entry.gate.close()
    entry.release()
    return true
  }

  close(): void {
    for (const entry of this.#entries.values()) entry.gate.close()
  }
}
