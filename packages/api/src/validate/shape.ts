import {
  and,
  below,
  type Check,
  codePoints,
  entryCount,
  type Fields,
  hasFormat,
  type Issues,
  isFields,
  issue,
  unique,
  uniqueBy,
} from './check.ts'

/**
 * What the generated validators are written in: `message`, `list`, `map` and scalars with their limits. They are data,
 * read when the first object that has them is checked, so that a program pays for the kinds it uses only. Checking a
 * valid value allocates nothing.
 */
export interface Shape {
  /** Name of the JSON type in errors. */
  readonly type: string
  /** What is wrong with a value that is neither undefined nor null. */
  check(value: unknown): Issues
}

/** Limits of a {@link string}. */
export interface StringLimits {
  readonly minLength?: number
  readonly maxLength?: number
  /** A regular expression of JavaScript, read as Unicode. */
  readonly pattern?: string
  readonly enum?: readonly string[]
  readonly format?: 'date-time' | 'byte'
}

/** Limits of an {@link integer} or {@link number}. */
export interface NumberLimits {
  readonly format?: 'int32'
  readonly minimum?: number
  readonly maximum?: number
  readonly enum?: readonly number[]
}

/** Limits of a {@link list}. */
export interface ListLimits {
  readonly minItems?: number
  readonly maxItems?: number
  /** Items must differ. */
  readonly set?: true
  /** Fields that together tell the items apart. */
  readonly keys?: readonly string[]
}

/** Limits of a {@link map}. */
export interface MapLimits {
  readonly minProperties?: number
  readonly maxProperties?: number
}

/** What a {@link message} asks of its fields together. */
export interface MessageLimits {
  readonly required?: readonly string[]
  /** Sets of fields of which at most one may be there. */
  readonly oneOfs?: readonly (readonly string[])[]
  /** Fields that are not named here are kept and not looked at. */
  readonly open?: true
}

/** A string. */
export function string(limits: StringLimits): Shape {
  return new StringShape(limits)
}

/** A whole number. */
export function integer(limits: NumberLimits): Shape {
  return new NumberShape('integer', limits)
}

/** A number. */
export function number(limits: NumberLimits): Shape {
  return new NumberShape('number', limits)
}

/** A list of items of one shape. */
export function list(item: Shape, limits?: ListLimits): Shape {
  return new ListShape(item, limits)
}

/** An object whose keys are free. Null drops an entry, as in the API server. */
export function map(entry: Shape, limits?: MapLimits): Shape {
  return new MapShape(entry, limits)
}

/** An object with named fields; `fields` is called before the first check, so that messages may use each other. */
export function message(fields: () => Readonly<Record<string, Shape>>, limits?: MessageLimits): Shape {
  return new MessageShape(fields, limits)
}

class StringShape implements Shape {
  readonly type = 'string'
  private readonly limits: StringLimits | undefined
  private regex: RegExp | undefined

  constructor(limits?: StringLimits) {
    this.limits = limits
  }

  check(value: unknown): Issues {
    if (typeof value !== 'string') return issue('type', value, 'string')
    const { limits } = this
    if (limits === undefined) return undefined
    if (limits.pattern !== undefined) this.regex ??= new RegExp(limits.pattern, 'u')
    return stringIssues(value, limits, this.regex)
  }
}

function stringIssues(value: string, limits: StringLimits, regex: RegExp | undefined): Issues {
  const { minLength, maxLength, pattern, format } = limits
  let out: Issues
  if (minLength !== undefined && value.length < minLength) out = issue('minLength', value, minLength)
  if (maxLength !== undefined && value.length > maxLength && codePoints(value) > maxLength)
    out = and(out, issue('maxLength', value, maxLength))
  if (regex !== undefined && !regex.test(value)) out = and(out, issue('pattern', value, pattern))
  if (limits.enum !== undefined && !limits.enum.includes(value))
    out = and(out, issue('enum', value, limits.enum))
  if (format !== undefined && !hasFormat(value, format)) out = and(out, issue('format', value, format))
  return out
}

class NumberShape implements Shape {
  readonly type: 'integer' | 'number'
  private readonly limits: NumberLimits | undefined

  constructor(type: 'integer' | 'number', limits?: NumberLimits) {
    this.type = type
    this.limits = limits
  }

  check(value: unknown): Issues {
    if (typeof value !== 'number' || (this.type === 'integer' && !Number.isInteger(value)))
      return issue('type', value, this.type)
    return this.limits === undefined ? undefined : numberIssues(value, this.limits)
  }
}

function numberIssues(value: number, limits: NumberLimits): Issues {
  const { format, minimum, maximum } = limits
  let out: Issues
  if (format === 'int32' && value !== (value | 0)) out = issue('format', value, 'int32')
  if (minimum !== undefined && value < minimum) out = and(out, issue('minimum', value, minimum))
  if (maximum !== undefined && value > maximum) out = and(out, issue('maximum', value, maximum))
  if (limits.enum !== undefined && !limits.enum.includes(value))
    out = and(out, issue('enum', value, limits.enum.map(String)))
  return out
}

class BooleanShape implements Shape {
  readonly type = 'boolean'

  check(value: unknown): Issues {
    return typeof value === 'boolean' ? undefined : issue('type', value, 'boolean')
  }
}

class IntOrStringShape implements Shape {
  readonly type = 'integer,string'

  check(value: unknown): Issues {
    const isEither = typeof value === 'string' || Number.isInteger(value)
    return isEither ? undefined : issue('type', value, this.type)
  }
}

class ObjectShape implements Shape {
  readonly type = 'object'

  check(value: unknown): Issues {
    return isFields(value) ? undefined : issue('type', value, 'object')
  }
}

class AnyShape implements Shape {
  readonly type = 'object'

  check(): Issues {
    return undefined
  }
}

class ListShape implements Shape {
  readonly type = 'array'
  private readonly item: Shape
  private readonly limits: ListLimits | undefined

  constructor(item: Shape, limits?: ListLimits) {
    this.item = item
    this.limits = limits
  }

  check(value: unknown): Issues {
    if (!Array.isArray(value)) return issue('type', value, 'array')
    const { item, limits } = this
    let out: Issues
    for (let i = 0; i < value.length; i++) {
      const one: unknown = value[i]
      const found = one === null || one === undefined ? issue('type', null, item.type) : item.check(one)
      if (found !== undefined) out = below(out, i, found)
    }
    return limits === undefined ? out : and(out, listIssues(value, limits))
  }
}

function listIssues(value: readonly unknown[], limits: ListLimits): Issues {
  const { minItems, maxItems, keys } = limits
  let out: Issues
  if (minItems !== undefined && value.length < minItems) out = issue('minItems', value.length, minItems)
  if (maxItems !== undefined && value.length > maxItems)
    out = and(out, issue('maxItems', value.length, maxItems))
  if (limits.set === true) out = and(out, unique(value))
  if (keys !== undefined) out = and(out, uniqueBy(value, keys))
  return out
}

class MapShape implements Shape {
  readonly type = 'object'
  private readonly entry: Shape
  private readonly limits: MapLimits | undefined

  constructor(entry: Shape, limits?: MapLimits) {
    this.entry = entry
    this.limits = limits
  }

  check(value: unknown): Issues {
    if (!isFields(value)) return issue('type', value, 'object')
    const { entry, limits } = this
    let out: Issues
    for (const key in value) {
      const one = value[key]
      if (one === null || one === undefined) continue
      const found = entry.check(one)
      if (found !== undefined) out = below(out, key, found)
    }
    return limits === undefined ? out : and(out, mapIssues(value, limits))
  }
}

function mapIssues(value: Fields, limits: MapLimits): Issues {
  const { minProperties, maxProperties } = limits
  const count = entryCount(value)
  let out: Issues
  if (minProperties !== undefined && count < minProperties) out = issue('minProperties', count, minProperties)
  if (maxProperties !== undefined && count > maxProperties)
    out = and(out, issue('maxProperties', count, maxProperties))
  return out
}

/** A field of a message, and what its being there means to the message. */
interface Field {
  readonly shape: Shape
  readonly isRequired: boolean
  /** Bits of the sets of {@link MessageLimits.oneOfs} that it belongs to. */
  readonly oneOfs: number
}

class MessageShape implements Shape {
  readonly type = 'object'
  private readonly read: () => Readonly<Record<string, Shape>>
  private readonly limits: MessageLimits
  private fields: ReadonlyMap<string, Field> | undefined
  /** Fields in the order in which the last objects had them, which mostly is that of the next: saves look-ups. */
  private readonly usualNames: string[] = []
  private readonly usualFields: Field[] = []

  constructor(read: () => Readonly<Record<string, Shape>>, limits: MessageLimits = {}) {
    this.read = read
    this.limits = limits
  }

  check(value: unknown): Issues {
    if (!isFields(value)) return issue('type', value, 'object')
    const { usualNames, usualFields } = this
    const { required, open } = this.limits
    let missing = required === undefined ? 0 : required.length
    let oneOfs = 0
    let isAmbiguous = false
    let at = 0
    let out: Issues
    for (const name in value) {
      const one = value[name]
      if (one === undefined) continue
      const isUsual = at < usualNames.length && usualNames[at] === name
      const field = isUsual ? usualFields[at]! : this.field(name, at)
      at++
      if (field === undefined) {
        if (open !== true) out = below(out, name, issue('unknown'))
        continue
      }
      if (one === null) continue
      if (field.isRequired) missing--
      if (field.oneOfs !== 0) {
        if ((oneOfs & field.oneOfs) !== 0) isAmbiguous = true
        oneOfs |= field.oneOfs
      }
      if (field.shape === plainString && typeof one === 'string') continue
      const found = field.shape.check(one)
      if (found !== undefined) out = below(out, name, found)
    }
    return missing > 0 || isAmbiguous ? and(out, messageIssues(value, this.limits)) : out
  }

  private field(name: string, at: number): Field | undefined {
    const fields = (this.fields ??= fieldsOf(this.read(), this.limits))
    const field = fields.get(name)
    if (field === undefined || at > this.usualNames.length || at >= fields.size) return field
    this.usualNames[at] = name
    this.usualFields[at] = field
    return field
  }
}

function fieldsOf(shapes: Readonly<Record<string, Shape>>, limits: MessageLimits): Map<string, Field> {
  const { required, oneOfs = [] } = limits
  const out = new Map<string, Field>()
  for (const key in shapes) {
    out.set(key, {
      shape: shapes[key]!,
      isRequired: required?.includes(key) === true,
      oneOfs: oneOfs.reduce((bits, set, i) => (set.includes(key) ? bits | (1 << i) : bits), 0),
    })
  }
  return out
}

function messageIssues(value: Fields, limits: MessageLimits): Issues {
  const isThere = (key: string): boolean => value[key] !== undefined && value[key] !== null
  let out: Issues
  for (const key of limits.required ?? []) if (!isThere(key)) out = below(out, key, issue('required'))
  for (const fields of limits.oneOfs ?? []) {
    const found = fields.filter(isThere)
    if (found.length > 1) out = and(out, issue('oneOf', found, fields))
  }
  return out
}

const plainString = new StringShape()

/** Any string. */
export const anyString: Shape = plainString
/** Any whole number. */
export const anyInteger: Shape = new NumberShape('integer')
/** Any number. */
export const anyNumber: Shape = new NumberShape('number')
/** True or false. */
export const boolean: Shape = new BooleanShape()
/** A whole number or a string. */
export const intOrString: Shape = new IntOrStringShape()
/** An object, whatever is in it. */
export const anyObject: Shape = new ObjectShape()
/** Any value. */
export const any: Shape = new AnyShape()

/** The checks of the parts of each kind. */
export function checksOf(
  kinds: Readonly<Record<string, Readonly<Record<string, Shape>>>>,
): Readonly<Record<string, Readonly<Record<string, Check>>>> {
  const out: Record<string, Record<string, Check>> = {}
  for (const kind in kinds) {
    const checks: Record<string, Check> = {}
    for (const part in kinds[kind]) {
      const shape = kinds[kind][part]!
      checks[part] = (value) => shape.check(value)
    }
    out[kind] = checks
  }
  return out
}
