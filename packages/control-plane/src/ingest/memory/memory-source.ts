import type { KubernetesObject } from '@batten/api'
import { objectKey } from '../../model/object-key.ts'
import type { ObjectSink, ObjectSource } from '../../model/source.ts'

/**
 * Objects that a program holds: for tests, and for what `batten dev` adds to the user's files. Every change is handed
 * on at once.
 *
 * @example
 * const source = new MemorySource(objects)
 * source.apply([changedService])
 * source.remove([objectKey(oldService)])
 */
export class MemorySource implements ObjectSource {
  readonly #objects = new Map<string, KubernetesObject>()
  #sink: ObjectSink | undefined

  constructor(objects: readonly KubernetesObject[] = []) {
    for (const object of objects) this.#objects.set(objectKey(object), object)
  }

  async start(sink: ObjectSink): Promise<void> {
    this.#sink = sink
    this.#upsert([...this.#objects.values()])
  }

  async close(): Promise<void> {
    this.#sink = undefined
  }

  /** Adds objects, or replaces those with the same identity. */
  apply(objects: readonly KubernetesObject[]): void {
    for (const object of objects) this.#objects.set(objectKey(object), object)
    this.#upsert(objects)
  }

  /** Removes objects by key; what is not there is no error. */
  remove(keys: readonly string[]): void {
    for (const key of keys) this.#objects.delete(key)
    this.#sink?.apply({ upserts: [], removals: keys })
  }

  /** Makes these objects the only ones, in one step. */
  replace(objects: readonly KubernetesObject[]): void {
    const removals = new Set(this.#objects.keys())
    this.#objects.clear()
    for (const object of objects) {
      this.#objects.set(objectKey(object), object)
      removals.delete(objectKey(object))
    }
    this.#sink?.apply({ upserts: this.#origins(objects), removals: [...removals] })
  }

  #upsert(objects: readonly KubernetesObject[]): void {
    this.#sink?.apply({ upserts: this.#origins(objects), removals: [] })
  }

  #origins(objects: readonly KubernetesObject[]) {
    return objects.map((object) => ({ object, origin: { source: 'memory' } }))
  }
}
