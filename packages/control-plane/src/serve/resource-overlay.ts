import type { Resource } from '../model/resource.ts'

/** The resources of one type by name. */
export type ResourceMap = ReadonlyMap<string, Resource>

export const NO_RESOURCES: ResourceMap = new Map()

/** A map with a few entries on top: what one stream gets in addition to what it shares with others. */
export function overlay(base: ResourceMap, extra: ResourceMap): ResourceMap {
  return extra.size === 0 ? base : new ResourceOverlay(base, extra)
}

class ResourceOverlay implements ResourceMap {
  readonly #base: ResourceMap
  /** Disjoint from the base. */
  readonly #extra: ResourceMap

  constructor(base: ResourceMap, extra: ResourceMap) {
    this.#base = base
    this.#extra = extra
  }

  get size(): number {
    return this.#base.size + this.#extra.size
  }

  get(name: string): Resource | undefined {
    return this.#base.get(name) ?? this.#extra.get(name)
  }

  has(name: string): boolean {
    return this.#base.has(name) || this.#extra.has(name)
  }

  forEach(callback: (value: Resource, name: string, map: ResourceMap) => void): void {
    for (const [name, resource] of this) callback(resource, name, this)
  }

  *entries(): MapIterator<[string, Resource]> {
    yield* this.#base
    yield* this.#extra
  }

  *keys(): MapIterator<string> {
    yield* this.#base.keys()
    yield* this.#extra.keys()
  }

  *values(): MapIterator<Resource> {
    yield* this.#base.values()
    yield* this.#extra.values()
  }

  [Symbol.iterator](): MapIterator<[string, Resource]> {
    return this.entries()
  }
}
