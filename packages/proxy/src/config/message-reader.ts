import { type FieldPath, snakeCase } from './field-path.ts'
import { IGNORED_FIELDS } from './ignored-fields.ts'

/** Keys of `T` whose value, when set, is a `V`. */
type KeysOf<T, V> = { [K in keyof T]-?: NonNullable<T[K]> extends V ? K : never }[keyof T] & string

type Wrapped<V> = { value?: V | undefined }
type DurationLike = { seconds?: number | undefined; nanos?: number | undefined }
type Item<A> = NonNullable<A> extends readonly (infer I)[] ? I : never

/**
 * Reads one protobuf message (a plain object) and remembers which fields were read, so that nothing is ignored in
 * silence: {@link done} refuses every field that is set, that nobody asked for, and that `ignored-fields.ts` does not
 * list with a reason. What a compile function reads *is* what we support; there is no second list to keep in step.
 *
 * @example
 * const cluster = new MessageReader(message, 'Cluster', FieldPath.of('cluster', message.name))
 * const timeoutMs = cluster.durationMs('connectTimeout') ?? 5000
 * cluster.done() // cluster "a": lrs_server: not supported yet
 */
export class MessageReader<T extends object> {
  readonly at: FieldPath
  readonly #message: T
  readonly #type: string
  readonly #read = new Set<string>()

  /** @param type - short name of the message, e.g. `RouteAction`: the key in `ignored-fields.ts` */
  constructor(message: T, type: string, at: FieldPath) {
    this.#message = message
    this.#type = type
    this.at = at
  }

  /** The message itself: for dumps, and for keys that were read. */
  get message(): T {
    return this.#message
  }

  path(key: keyof T & string): FieldPath {
    return this.at.field(key)
  }

  /** Whether a field is set to something that is not its default. Does not count as reading it. */
  has(key: keyof T & string): boolean {
    return isSet(this.#message[key])
  }

  /** The raw value; undefined when it is not set. */
  take<K extends keyof T & string>(key: K): NonNullable<T[K]> | undefined {
    this.#read.add(key)
    const value = this.#message[key]
    return isSet(value) ? (value as NonNullable<T[K]>) : undefined
  }

  text(key: KeysOf<T, string>): string {
    return (this.take(key) as string | undefined) ?? ''
  }

  /** A string that must not be empty. */
  requiredText(key: KeysOf<T, string>): string {
    const value = this.text(key)
    if (value === '') throw this.path(key).invalid('must not be empty')
    return value
  }

  /** `StringValue`, or undefined when absent. */
  wrappedText(key: KeysOf<T, Wrapped<string>>): string | undefined {
    const wrapper = this.#wrapper<string>(key)
    return wrapper === undefined ? undefined : (wrapper.value ?? '')
  }

  /** A `bool` or a `BoolValue`; `absent` when the wrapper is not there. */
  flag(key: KeysOf<T, boolean | Wrapped<boolean>>, absent = false): boolean {
    this.#read.add(key)
    const value = this.#message[key] as boolean | Wrapped<boolean> | undefined | null
    if (value === undefined || value === null) return absent
    return typeof value === 'boolean' ? value : (value.value ?? false)
  }

  /** A number or a number wrapper; undefined when absent (a plain 0 counts as absent). */
  number(key: KeysOf<T, number | bigint | Wrapped<number> | Wrapped<number | bigint>>): number | undefined {
    this.#read.add(key)
    const value = this.#message[key] as number | bigint | Wrapped<number | bigint> | undefined | null
    if (value === undefined || value === null) return undefined
    if (typeof value !== 'object') return Number(value) === 0 ? undefined : Number(value)
    return Number(value.value ?? 0)
  }

  /** A `Duration` in milliseconds; undefined when absent. Negative ones are refused. */
  durationMs(key: KeysOf<T, DurationLike>): number | undefined {
    const value = this.take(key) as DurationLike | undefined
    if (value === undefined) return undefined
    const ms = (value.seconds ?? 0) * 1000 + (value.nanos ?? 0) / 1e6
    if (ms < 0) throw this.path(key).invalid('a duration must not be negative')
    return ms
  }

  /** Elements of a repeated scalar. */
  list<K extends keyof T & string>(key: K): readonly Item<T[K]>[] {
    return (this.take(key) as Item<T[K]>[] | undefined) ?? []
  }

  /** A nested message. The caller ends it with {@link done}. */
  nested<K extends keyof T & string>(
    key: K,
    type: string,
  ): MessageReader<Extract<NonNullable<T[K]>, object>> | undefined {
    const value = this.take(key)
    if (value === undefined) return undefined
    return new MessageReader(value as Extract<NonNullable<T[K]>, object>, type, this.path(key))
  }

  /** The nested messages of a repeated field. */
  each<K extends keyof T & string>(key: K, type: string): MessageReader<Extract<Item<T[K]>, object>>[] {
    return this.list(key).map(
      (item, i) => new MessageReader(item as Extract<Item<T[K]>, object>, type, this.path(key).index(i)),
    )
  }

  /** Values of a field of which only some are implemented. Returns the value, or `absent` when it is not set. */
  choice<K extends keyof T & string, V extends NonNullable<T[K]> & string>(
    key: K,
    supported: readonly V[],
    absent: V,
  ): V {
    const value = (this.take(key) ?? absent) as V
    if (!supported.includes(value)) throw this.path(key).unsupported(`${value} is not supported yet`)
    return value
  }

  /** Marks fields as handled elsewhere. */
  skip(...keys: (keyof T & string)[]): void {
    for (const key of keys) this.#read.add(key)
  }

  /** Refuses what is set and was not read. */
  done(): void {
    const ignored = IGNORED_FIELDS[this.#type]
    const unread: string[] = []
    for (const key of Object.keys(this.#message)) {
      if (this.#read.has(key) || !isSet(this.#message[key as keyof T])) continue
      if (ignored !== undefined && Object.hasOwn(ignored, key)) continue
      unread.push(key)
    }
    const first = unread[0]
    if (first === undefined) return
    const others = unread.slice(1).map(snakeCase)
    throw this.at
      .field(first)
      .unsupported(
        others.length === 0 ? undefined : `not supported yet, nor are ${others.join(', ')} beside it`,
      )
  }

  #wrapper<V>(key: keyof T & string): Wrapped<V> | undefined {
    this.#read.add(key)
    return (this.#message[key] as Wrapped<V> | undefined | null) ?? undefined
  }
}

/** proto3's view: a default value is no value. A message is set even when it is empty. */
export function isSet(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === false) return false
  if (value === 0 || value === 0n) return false
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length > 0
  return true
}
