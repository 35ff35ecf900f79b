import type { StringMap } from '../resource.ts'

/** Finds things by their labels: what a selector selects, without looking at everything. */
export class LabelIndex<T> {
  readonly #all: Entry<T>[] = []
  readonly #byNamespace = new Map<string, Entry<T>[]>()
  readonly #byLabel = new Map<string, Entry<T>[]>()
  readonly #byNamespaceAndLabel = new Map<string, Entry<T>[]>()

  add(item: T, labels: StringMap, namespace: string): void {
    const entry = { item, labels }
    this.#all.push(entry)
    append(this.#byNamespace, namespace, entry)
    for (const [key, value] of Object.entries(labels)) {
      append(this.#byLabel, pairKey(key, value), entry)
      append(this.#byNamespaceAndLabel, scopedKey(namespace, key, value), entry)
    }
  }

  /** What has all labels of `selector`, in one namespace or in all. An empty selector selects everything. */
  select(selector: StringMap, namespace?: string): T[] {
    return this.#candidates(selector, namespace)
      .filter(({ labels }) => hasLabels(labels, selector))
      .map(({ item }) => item)
  }

  /** Whether {@link select} finds anything. */
  has(selector: StringMap, namespace?: string): boolean {
    return this.#candidates(selector, namespace).some(({ labels }) => hasLabels(labels, selector))
  }

  /** The shortest list that holds everything the selector may select. */
  #candidates(selector: StringMap, namespace: string | undefined): readonly Entry<T>[] {
    let best = namespace === undefined ? this.#all : (this.#byNamespace.get(namespace) ?? [])
    for (const [key, value] of Object.entries(selector)) {
      const list =
        namespace === undefined
          ? this.#byLabel.get(pairKey(key, value))
          : this.#byNamespaceAndLabel.get(scopedKey(namespace, key, value))
      if (list === undefined) return []
      if (list.length < best.length) best = list
    }
    return best
  }
}

/** Finds selectors by the labels that they select: what applies to a workload, without looking at every selector. */
export class SelectorIndex<T> {
  readonly #pending: SelectorEntry<T>[] = []
  readonly #counts = new Map<string, number>()
  #byPair: Map<string, SelectorEntry<T>[]> | undefined

  /** An empty selector selects everything in its namespace. */
  add(item: T, selector: StringMap, namespace: string): void {
    this.#pending.push({ item, selector, namespace })
    for (const [key, value] of Object.entries(selector)) {
      const pair = scopedKey(namespace, key, value)
      this.#counts.set(pair, (this.#counts.get(pair) ?? 0) + 1)
    }
    this.#byPair = undefined
  }

  /** Items of `namespace` whose selector selects `labels`, in the order in which they were added. */
  matching(labels: StringMap, namespace: string): T[] {
    const byPair = (this.#byPair ??= this.#build())
    const found = [...(byPair.get(namespace) ?? [])]
    for (const [key, value] of Object.entries(labels)) {
      for (const entry of byPair.get(scopedKey(namespace, key, value)) ?? [])
        if (hasLabels(labels, entry.selector)) found.push(entry)
    }
    return found.map(({ item }) => item)
  }

  /** Each selector stands under the label that the fewest share. */
  #build(): Map<string, SelectorEntry<T>[]> {
    const byPair = new Map<string, SelectorEntry<T>[]>()
    for (const entry of this.#pending) {
      let best = entry.namespace
      let count = Number.POSITIVE_INFINITY
      for (const [key, value] of Object.entries(entry.selector)) {
        const pair = scopedKey(entry.namespace, key, value)
        if (this.#counts.get(pair)! >= count) continue
        best = pair
        count = this.#counts.get(pair)!
      }
      append(byPair, best, entry)
    }
    return byPair
  }
}

interface Entry<T> {
  readonly item: T
  readonly labels: StringMap
}

interface SelectorEntry<T> {
  readonly item: T
  readonly selector: StringMap
  readonly namespace: string
}

function pairKey(key: string, value: string): string {
  return `${key}=${value}`
}

function scopedKey(namespace: string, key: string, value: string): string {
  return `${namespace}\n${key}=${value}`
}

/** Appends to the list that a map has under a key. */
export function append<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [value])
  else list.push(value)
}

/** A selector as messages print it: `a=b,c=d`, by key. */
export function selectorText(selector: StringMap): string {
  return Object.entries(selector)
    .map(([key, value]) => `${key}=${value}`)
    .sort()
    .join(',')
}

/** Whether `labels` has every label of `selector`. */
export function hasLabels(labels: StringMap, selector: StringMap): boolean {
  for (const key in selector) if (!Object.hasOwn(labels, key) || labels[key] !== selector[key]) return false
  return true
}
