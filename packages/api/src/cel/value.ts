/**
 * Values of CEL. An int is a bigint, a double a number; strings, booleans, null and bytes are what they are in
 * JavaScript. Lists and maps of JSON are wrapped, and their parts converted when they are looked at.
 */

/** An error of parsing or of evaluation. */
export class CelError extends Error {
  override readonly name = 'CelError'
  /** Offset in the expression, where it is known. */
  readonly at: number | undefined

  constructor(message: string, at?: number) {
    super(message)
    this.at = at
  }
}

/** An unsigned integer. */
export class Uint {
  readonly value: bigint

  constructor(value: bigint) {
    if (value < 0n || value > 0xffff_ffff_ffff_ffffn) throw new CelError('unsigned integer overflow')
    this.value = value
  }
}

/** A span of time in nanoseconds. */
export class Duration {
  readonly nanos: bigint

  constructor(nanos: bigint) {
    if (nanos > INT_MAX || nanos < INT_MIN) throw new CelError('duration overflow')
    this.nanos = nanos
  }
}

/** A point in time in nanoseconds since 1970. */
export class Timestamp {
  readonly nanos: bigint

  constructor(nanos: bigint) {
    this.nanos = nanos
  }
}

/** A type as a value: `type(x) == int`. */
export class Type {
  readonly name: string

  constructor(name: string) {
    this.name = name
  }
}

/** A value that may be missing. */
export class Optional {
  readonly value: Value | undefined

  constructor(value: Value | undefined) {
    this.value = value
  }
}

/** A value of a library: URL, IP, CIDR, quantity, named format. Two of them are equal when their texts are. */
export interface Opaque {
  readonly type: string
  /** Canonical text. */
  readonly text: string
}

/** A list: values, or JSON with the schema of its items. */
export class List {
  private readonly items: readonly unknown[]
  private readonly schema: ValueSchema | undefined
  private readonly isJson: boolean

  private constructor(items: readonly unknown[], isJson: boolean, schema: ValueSchema | undefined) {
    this.items = items
    this.isJson = isJson
    this.schema = schema
  }

  static of(values: readonly Value[]): List {
    return new List(values, false, undefined)
  }

  static json(items: readonly unknown[], schema?: ValueSchema): List {
    return new List(items, true, schema)
  }

  get size(): number {
    return this.items.length
  }

  at(index: number): Value {
    const item = this.items[index]
    return this.isJson ? fromJson(item, this.schema?.items) : (item as Value)
  }

  values(): Value[] {
    return this.items.map((_, i) => this.at(i))
  }
}

/** A map: entries, or a JSON object with its schema. */
export class Mapping {
  private readonly entries: ReadonlyMap<string, readonly [Value, Value]> | undefined
  private readonly json: Readonly<Record<string, unknown>> | undefined
  private readonly schema: ValueSchema | undefined

  private constructor(
    entries: ReadonlyMap<string, readonly [Value, Value]> | undefined,
    json: Readonly<Record<string, unknown>> | undefined,
    schema: ValueSchema | undefined,
  ) {
    this.entries = entries
    this.json = json
    this.schema = schema
  }

  static of(entries: readonly (readonly [Value, Value])[]): Mapping {
    const map = new Map<string, readonly [Value, Value]>()
    for (const entry of entries) {
      const key = keyOf(entry[0])
      if (map.has(key)) throw new CelError(`Failed with repeated key: ${show(entry[0])}`)
      map.set(key, entry)
    }
    return new Mapping(map, undefined, undefined)
  }

  static json(json: Readonly<Record<string, unknown>>, schema?: ValueSchema): Mapping {
    return new Mapping(undefined, json, schema)
  }

  get size(): number {
    return this.entries === undefined ? this.keys().length : this.entries.size
  }

  get(key: Value): Value | undefined {
    if (this.entries !== undefined) return this.entries.get(keyOf(key))?.[1]
    if (typeof key !== 'string') return undefined
    const json = this.json!
    const value = Object.hasOwn(json, key) ? json[key] : undefined
    const schema = this.schema?.properties?.[key] ?? this.schema?.additionalProperties
    if (value === undefined || isDropped(value, schema)) return undefined
    return fromJson(value, schema)
  }

  keys(): Value[] {
    if (this.entries !== undefined) return [...this.entries.values()].map(([key]) => key)
    const json = this.json!
    return Object.keys(json).filter((key) => {
      const schema = this.schema?.properties?.[key] ?? this.schema?.additionalProperties
      return json[key] !== undefined && !isDropped(json[key], schema)
    })
  }
}

/** What evaluation needs to know of a schema: which numbers are doubles, which nulls stay, which strings are dates. */
export interface ValueSchema {
  readonly type?: string
  readonly format?: string
  readonly nullable?: boolean
  readonly items?: ValueSchema
  readonly properties?: Readonly<Record<string, ValueSchema>>
  readonly additionalProperties?: ValueSchema
}

/** A value of CEL. */
export type Value =
  | bigint
  | number
  | string
  | boolean
  | null
  | Uint8Array
  | Uint
  | Duration
  | Timestamp
  | Type
  | Optional
  | List
  | Mapping
  | Opaque

/** Bounds of int. */
export const INT_MAX = 2n ** 63n - 1n
export const INT_MIN = -(2n ** 63n)

/** The API server drops nulls where the schema does not allow them. */
function isDropped(value: unknown, schema: ValueSchema | undefined): boolean {
  return value === null && schema?.nullable !== true
}

/** A JSON value as a value of CEL. Without a schema whole numbers are ints. */
export function fromJson(value: unknown, schema?: ValueSchema): Value {
  switch (typeof value) {
    case 'string':
      return schema?.format === undefined ? value : formatted(value, schema.format)
    case 'boolean':
    case 'bigint':
      return value
    case 'number':
      return schema?.type === 'number' || !Number.isInteger(value) ? value : BigInt(value)
    case 'object':
      if (value === null) return null
      if (Array.isArray(value)) return List.json(value, schema)
      return Mapping.json(value as Record<string, unknown>, schema)
    default:
      throw new CelError(`a value of type ${typeof value} has no counterpart`)
  }
}

let parseFormats: ((value: string, format: string) => Value) | undefined

/** Lets the time functions read strings whose schema has the format `date-time` or `duration`. */
export function setFormatReader(reader: (value: string, format: string) => Value): void {
  parseFormats = reader
}

function formatted(value: string, format: string): Value {
  return parseFormats?.(value, format) ?? value
}

/** Text under which a map keeps a key: equal keys have equal texts. */
function keyOf(key: Value): string {
  if (typeof key === 'string') return `s${key}`
  if (typeof key === 'boolean') return `b${key}`
  if (typeof key === 'bigint') return `n${key}`
  if (key instanceof Uint) return `n${key.value}`
  if (typeof key === 'number' && Number.isInteger(key)) return `n${BigInt(key)}`
  throw new CelError(`unsupported key type: ${typeOf(key)}`)
}

/** Name of the type of a value. */
export function typeOf(value: Value): string {
  switch (typeof value) {
    case 'bigint':
      return 'int'
    case 'number':
      return 'double'
    case 'string':
      return 'string'
    case 'boolean':
      return 'bool'
    default:
      break
  }
  if (value === null) return 'null_type'
  if (value instanceof List) return 'list'
  if (value instanceof Mapping) return 'map'
  if (value instanceof Uint) return 'uint'
  if (value instanceof Uint8Array) return 'bytes'
  if (value instanceof Duration) return 'google.protobuf.Duration'
  if (value instanceof Timestamp) return 'google.protobuf.Timestamp'
  if (value instanceof Type) return 'type'
  if (value instanceof Optional) return 'optional_type'
  return (value as Opaque).type
}

/** A value in a message. */
export function show(value: Value): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (value instanceof List) return `[${value.values().map(show).join(', ')}]`
  if (typeof value === 'object') return typeOf(value)
  return String(value)
}

/** Equality. Numbers compare by value whatever their type; values of different types are not equal. */
export function equals(a: Value, b: Value): boolean {
  if (a === b) return true
  const order = compareNumbers(a, b)
  if (order !== undefined) return order === 0
  if (a instanceof List && b instanceof List) {
    if (a.size !== b.size) return false
    for (let i = 0; i < a.size; i++) if (!equals(a.at(i), b.at(i))) return false
    return true
  }
  if (a instanceof Mapping && b instanceof Mapping) {
    if (a.size !== b.size) return false
    return a.keys().every((key) => {
      const other = b.get(key)
      return other !== undefined && equals(a.get(key)!, other)
    })
  }
  if (a instanceof Uint8Array && b instanceof Uint8Array) {
    return a.length === b.length && a.every((byte, i) => byte === b[i])
  }
  if (a instanceof Duration && b instanceof Duration) return a.nanos === b.nanos
  if (a instanceof Timestamp && b instanceof Timestamp) return a.nanos === b.nanos
  if (a instanceof Type && b instanceof Type) return a.name === b.name
  if (a instanceof Optional && b instanceof Optional) {
    if (a.value === undefined || b.value === undefined) return a.value === b.value
    return equals(a.value, b.value)
  }
  if (isOpaque(a) && isOpaque(b)) return a.type === b.type && a.text === b.text
  return false
}

function isOpaque(value: Value): value is Opaque {
  return typeof value === 'object' && value !== null && 'type' in value && 'text' in value
}

/** Order of two numbers, or undefined when one of them is none. NaN is not equal to anything. */
export function compareNumbers(a: Value, b: Value): number | undefined {
  const x = a instanceof Uint ? a.value : a
  const y = b instanceof Uint ? b.value : b
  if ((typeof x !== 'bigint' && typeof x !== 'number') || (typeof y !== 'bigint' && typeof y !== 'number'))
    return undefined
  if (x < y) return -1
  if (x > y) return 1
  return Number.isNaN(x) || Number.isNaN(y) ? Number.NaN : 0
}

/** Order of two values of the same type. */
export function compare(a: Value, b: Value): number {
  const numbers = compareNumbers(a, b)
  if (numbers !== undefined) return numbers
  if (typeof a === 'string' && typeof b === 'string') return compareCodePoints(a, b)
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b)
  if (a instanceof Duration && b instanceof Duration) return sign(a.nanos - b.nanos)
  if (a instanceof Timestamp && b instanceof Timestamp) return sign(a.nanos - b.nanos)
  if (a instanceof Uint8Array && b instanceof Uint8Array) {
    for (let i = 0; i < a.length && i < b.length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!
    return a.length - b.length
  }
  throw new CelError(`no such overload: ${typeOf(a)} and ${typeOf(b)} cannot be compared`)
}

function sign(value: bigint): number {
  return value < 0n ? -1 : value > 0n ? 1 : 0
}

/** UTF-16 order differs from the order of code points where surrogates meet the end of the first plane. */
function compareCodePoints(a: string, b: string): number {
  const x = [...a]
  const y = [...b]
  for (let i = 0; i < x.length && i < y.length; i++) {
    const difference = x[i]!.codePointAt(0)! - y[i]!.codePointAt(0)!
    if (difference !== 0) return difference
  }
  return x.length - y.length
}
