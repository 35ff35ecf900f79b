import type { KubernetesObject } from '@batten/api'
import { isEqual } from './equal.ts'
import type { Finding } from './finding.ts'
import { kindKey, objectKey } from './object-key.ts'
import type { ObjectTables } from './objects-by-kind.ts'
import type { StoredObject } from './snapshot.ts'
import type { ObjectBatch, ObjectSink, Origin } from './source.ts'
import { locate } from './validate-object.ts'

interface Withdrawal {
  readonly object: KubernetesObject
  readonly problem: Omit<Finding, 'object' | 'file' | 'line' | 'column'>
}

/** Looks at one object by itself. Any finding of severity `error` keeps the object out. */
export type ObjectValidator = (object: KubernetesObject, origin: Origin) => readonly Finding[]

/**
 * The objects that count: the newest version of each that was good. A bad one is told and left out; the last good one
 * stays in its place until the object is repaired or removed.
 */
export class ObjectStore implements ObjectSink {
  readonly #tables = new Map<string, ReadonlyMap<string, StoredObject>>()
  readonly #findings = new Map<string, readonly Finding[]>()
  /** What each object was before it became what it is. */
  readonly #before = new Map<string, StoredObject>()
  /** Objects that were taken back, and why. */
  readonly #withdrawn = new Map<string, Withdrawal>()
  readonly #reports = new Map<string, readonly Finding[]>()
  readonly #validate: ObjectValidator
  readonly #changed: () => void

  constructor(validate: ObjectValidator, changed: () => void) {
    this.#validate = validate
    this.#changed = changed
  }

  /** Accepted objects by kind; the table of a kind is another map exactly when it changed. */
  get tables(): ObjectTables {
    return new Map(this.#tables)
  }

  /** What is wrong with single objects, and what the sources reported. */
  get findings(): readonly Finding[] {
    return [...this.#reports.values(), ...this.#findings.values()].flat()
  }

  apply(batch: ObjectBatch): void {
    const drafts = new Map<string, Map<string, StoredObject>>()
    const draft = (kind: string) => {
      let table = drafts.get(kind)
      if (table === undefined) drafts.set(kind, (table = new Map(this.#tables.get(kind))))
      return table
    }
    for (const key of batch.removals) {
      this.#findings.delete(key)
      this.#before.delete(key)
      this.#withdrawn.delete(key)
      const kind = kindOfKey(key)
      if (this.#tables.get(kind)?.has(key) === true || drafts.get(kind)?.has(key) === true)
        draft(kind).delete(key)
    }
    for (const { object, origin } of batch.upserts) {
      const key = objectKey(object)
      const findings = [...this.#validate(object, origin), ...this.#withdrawalOf(key, object, origin)]
      if (findings.length === 0) this.#findings.delete(key)
      else this.#findings.set(key, findings)
      if (findings.some(({ severity }) => severity === 'error')) continue
      const table = draft(kindKey(object))
      const old = table.get(key)
      // An equal object keeps its identity, so nothing is computed again when only the text around it moved.
      if (old !== undefined && !isEqual(old.object, object)) this.#before.set(key, old)
      table.set(key, {
        key,
        object: old !== undefined && isEqual(old.object, object) ? old.object : object,
        origin,
      })
    }
    for (const [kind, table] of drafts) {
      if (table.size === 0) this.#tables.delete(kind)
      else this.#tables.set(kind, table)
    }
    this.#changed()
  }

  /**
   * Takes an object back that looked good and turned out not to work: its version of before counts again, and this one
   * is refused for as long as it stays as it is.
   */
  withdraw(bad: StoredObject, problem: Withdrawal['problem']): void {
    const { key } = bad
    const table = this.#tables.get(kindOfKey(key))
    const stored = table?.get(key)
    // It has been changed or withdrawn meanwhile: several proxies may say the same.
    if (table === undefined || stored?.object !== bad.object) return
    this.#withdrawn.set(key, { object: stored.object, problem })
    this.#findings.set(key, [
      ...(this.#findings.get(key) ?? []),
      locate(problem, stored.object, stored.origin),
    ])
    const next = new Map(table)
    const before = this.#before.get(key)
    if (before === undefined) next.delete(key)
    else next.set(key, before)
    this.#before.delete(key)
    this.#tables.set(kindOfKey(key), next)
    this.#changed()
  }

  #withdrawalOf(key: string, object: KubernetesObject, origin: Origin): readonly Finding[] {
    const known = this.#withdrawn.get(key)
    if (known === undefined) return []
    if (isEqual(known.object, object)) return [locate(known.problem, object, origin)]
    this.#withdrawn.delete(key)
    return []
  }

  report(source: string, findings: readonly Finding[]): void {
    const before = this.#reports.get(source)
    if (isEqual(before ?? [], findings)) return
    if (findings.length === 0) this.#reports.delete(source)
    else this.#reports.set(source, findings)
    this.#changed()
  }
}

/** `group/Kind` of an object key. */
function kindOfKey(key: string): string {
  return key.split('/', 2).join('/')
}
