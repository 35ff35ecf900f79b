/**
 * Incremental computation by dependency ("verifying traces"): a query is a pure function of what it reads through its
 * {@link Reader}; its result is kept together with what was read, and computed again only when one of those values is
 * another one. A result that equals the old one keeps the old identity, which is where the work of a change stops.
 *
 * Inputs are an immutable object whose fields are plain values or maps; unchanged parts keep their identity from one
 * version to the next, so checking a dependency is one comparison. A query can reach its inputs only through the
 * reader: an undeclared dependency is impossible, which is the error that cache keys written by hand invite.
 *
 * @example
 * const total = defineQuery<Inputs, number>('total', (read, host) => read.entry('prices', host) ?? 0)
 * const engine = new QueryEngine<Inputs>()
 * engine.run(inputs, total, 'reviews')
 */
export interface Query<S, V> {
  readonly name: string
  /** Computes the value; `args` are everything it may know besides what it reads. */
  readonly compute: (read: Reader<S>, ...args: string[]) => V
  /** Whether a new result means the same as the old one; identity unless given. */
  readonly equals: (before: V, after: V) => boolean
}

/** Names of the fields of `S` that are maps. */
export type TableName<S> = {
  [K in keyof S]: S[K] extends ReadonlyMap<string, unknown> ? K : never
}[keyof S]

/** What the entries of a table are. */
export type EntryOf<T> = T extends ReadonlyMap<string, infer V> ? V : never

/** Tracked access to the inputs and to other queries. Only valid while the query runs that received it. */
export interface Reader<S> {
  /** One entry of a table; depends on that entry only. */
  entry<T extends TableName<S>>(table: T, key: string): EntryOf<S[T]> | undefined
  /** A whole field; for a table this depends on every entry. */
  field<T extends keyof S>(field: T): S[T]
  /** The result of another query. */
  query<V>(query: Query<S, V>, ...args: string[]): V
  /** Says that something is wrong; kept with the result, and told by {@link QueryEngine.reports} while it is in use. */
  report(report: Report): void
}

/** Something that a query has to say besides its result. */
export interface Report {
  readonly code: string
  readonly severity: 'error' | 'warning' | 'info'
  /** What it is about: a resource, an object. */
  readonly subject: string
  readonly message: string
  /** Key of the object that is to blame, when one is. */
  readonly object?: string | undefined
  /** Path of the field of that object. */
  readonly path?: string | undefined
}

/** Declares a query; see {@link Query}. */
export function defineQuery<S, V>(
  name: string,
  compute: (read: Reader<S>, ...args: string[]) => V,
  equals: (before: V, after: V) => boolean = Object.is,
): Query<S, V> {
  return { name, compute, equals }
}

interface EntryDependency<S> {
  readonly kind: 'entry'
  readonly table: keyof S
  readonly key: string
  readonly value: unknown
}

interface FieldDependency<S> {
  readonly kind: 'field'
  readonly field: keyof S
  readonly value: unknown
}

interface QueryDependency<S> {
  readonly kind: 'query'
  readonly memo: Memo<S>
  readonly value: unknown
}

type Dependency<S> = EntryDependency<S> | FieldDependency<S> | QueryDependency<S>

interface Memo<S> {
  readonly query: Query<S, unknown>
  readonly args: readonly string[]
  readonly key: string
  value: unknown
  dependencies: Dependency<S>[]
  /** Fields that this result depends on, directly or through other queries. */
  fields: ReadonlySet<keyof S>
  reports: readonly Report[]
  /** Generation for whose inputs `value` is known to hold. */
  verifiedIn: number
  /** Generation in which it was last asked for from outside; -1 when it only serves other queries. */
  askedIn: number
}

/** Results that nothing needed during this many versions of the inputs are dropped. */
const KEEP_GENERATIONS = 64
const SEPARATOR = '\u0000'

/** Runs queries and keeps their results; see the comment at the top of this file. */
export class QueryEngine<S extends object> {
  readonly #memos = new Map<string, Memo<S>>()
  readonly #computed = new Map<string, number>()
  readonly #running = new Set<string>()
  /** Generation in which a field last became another value. */
  readonly #changedIn = new Map<keyof S, number>()
  #inputs: S | undefined
  #generation = 0

  /** Result of `query` for `inputs`. Any version of the inputs may be asked for; the current one is the cheapest. */
  run<V>(inputs: S, query: Query<S, V>, ...args: string[]): V {
    if (inputs !== this.#inputs) this.#advance(inputs)
    const memo = this.#get(inputs, query as Query<S, unknown>, args)
    memo.askedIn = this.#generation
    return memo.value as V
  }

  /** How often each query was computed since the engine was made: tests and metrics read it. */
  get computed(): ReadonlyMap<string, number> {
    return this.#computed
  }

  /** Number of results that are kept. */
  get size(): number {
    return this.#memos.size
  }

  /** What the results have to say that were asked for with the newest inputs, and those that they are made of. */
  get reports(): readonly Report[] {
    // Usually nobody has anything to say, and looking takes a walk through everything.
    if (![...this.#memos.values()].some((memo) => memo.reports.length > 0)) return []
    const reports: Report[] = []
    for (const memo of this.#reachable(this.#generation)) reports.push(...memo.reports)
    return reports
  }

  #advance(inputs: S): void {
    const before = this.#inputs
    this.#inputs = inputs
    this.#generation++
    for (const field of Object.keys(inputs) as (keyof S)[]) {
      if (before === undefined || before[field] !== inputs[field])
        this.#changedIn.set(field, this.#generation)
    }
    if (this.#generation % KEEP_GENERATIONS === 0) this.#sweep()
  }

  #get(inputs: S, query: Query<S, unknown>, args: readonly string[]): Memo<S> {
    const key = memoKey(query, args)
    const memo = this.#memos.get(key)
    return memo === undefined ? this.#compute(inputs, key, query, args) : this.#verified(inputs, memo)
  }

  #verified(inputs: S, memo: Memo<S>): Memo<S> {
    if (memo.verifiedIn !== this.#generation) {
      if (!this.#holds(memo, inputs)) return this.#compute(inputs, memo.key, memo.query, memo.args, memo)
      memo.verifiedIn = this.#generation
    }
    return memo
  }

  #compute(
    inputs: S,
    key: string,
    query: Query<S, unknown>,
    args: readonly string[],
    memo?: Memo<S>,
  ): Memo<S> {
    if (this.#running.has(key)) throw new Error(`query ${query.name}(${args.join(', ')}) depends on itself`)
    this.#running.add(key)
    try {
      return this.#computeOnce(inputs, key, query, args, memo)
    } finally {
      this.#running.delete(key)
    }
  }

  #computeOnce(
    inputs: S,
    key: string,
    query: Query<S, unknown>,
    args: readonly string[],
    memo: Memo<S> | undefined,
  ): Memo<S> {
    const dependencies: Dependency<S>[] = []
    const fields = new Set<keyof S>()
    const reports: Report[] = []
    const value = query.compute(this.#reader(inputs, dependencies, fields, reports), ...args)
    this.#computed.set(query.name, (this.#computed.get(query.name) ?? 0) + 1)
    if (memo === undefined) {
      const verifiedIn = this.#generation
      const created = { query, args, key, value, dependencies, fields, reports, verifiedIn, askedIn: -1 }
      this.#memos.set(key, created)
      return created
    }
    if (!query.equals(memo.value, value)) memo.value = value
    memo.dependencies = dependencies
    memo.fields = fields
    memo.reports = reports
    memo.verifiedIn = this.#generation
    return memo
  }

  #reader(inputs: S, dependencies: Dependency<S>[], fields: Set<keyof S>, reports: Report[]): Reader<S> {
    return {
      entry: (table, key) => {
        const value = (inputs[table] as ReadonlyMap<string, unknown>).get(key)
        dependencies.push({ kind: 'entry', table, key, value })
        fields.add(table)
        return value as never
      },
      field: (field) => {
        const value = inputs[field]
        dependencies.push({ kind: 'field', field, value })
        fields.add(field)
        return value
      },
      query: (query, ...args) => {
        const memo = this.#get(inputs, query as Query<S, unknown>, args)
        dependencies.push({ kind: 'query', memo, value: memo.value })
        for (const field of memo.fields) fields.add(field)
        return memo.value as never
      },
      report: (report) => void reports.push(report),
    }
  }

  /** Whether everything that was read has the same value in `inputs`. */
  #holds(memo: Memo<S>, inputs: S): boolean {
    if (this.#isUntouched(memo)) return true
    // In the order they were read: a later read may only make sense while the earlier ones still hold.
    for (const dependency of memo.dependencies) {
      if (dependency.kind === 'entry') {
        const now = (inputs[dependency.table] as ReadonlyMap<string, unknown>).get(dependency.key)
        if (now !== dependency.value) return false
      } else if (dependency.kind === 'field') {
        if (inputs[dependency.field] !== dependency.value) return false
      } else if (this.#verified(inputs, dependency.memo).value !== dependency.value) {
        return false
      }
    }
    return true
  }

  #isUntouched(memo: Memo<S>): boolean {
    for (const field of memo.fields) {
      if (this.#changedIn.get(field)! > memo.verifiedIn) return false
    }
    return true
  }

  /** Keeps what was asked for lately and what that is made of. */
  #sweep(): void {
    const kept = this.#reachable(this.#generation - KEEP_GENERATIONS)
    for (const [key, memo] of this.#memos) if (!kept.has(memo)) this.#memos.delete(key)
  }

  /** Results that were asked for in this generation or later, with everything that they are made of. */
  #reachable(since: number): ReadonlySet<Memo<S>> {
    const found = new Set<Memo<S>>()
    const visit = (memo: Memo<S>) => {
      if (found.has(memo)) return
      found.add(memo)
      for (const dependency of memo.dependencies) if (dependency.kind === 'query') visit(dependency.memo)
    }
    for (const memo of this.#memos.values()) if (memo.askedIn >= Math.max(0, since)) visit(memo)
    return found
  }
}

function memoKey<S, V>(query: Query<S, V>, args: readonly string[]): string {
  return args.length === 0 ? query.name : query.name + SEPARATOR + args.join(SEPARATOR)
}
