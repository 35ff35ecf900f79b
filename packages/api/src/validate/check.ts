/**
 * What checks return: `undefined` when all is well, so that a valid object costs no allocation. A failing check
 * returns issues whose path grows from the leaf to the root.
 */

/** A step of a path: a field or an index of a list. */
export type PathSegment = string | number

/** What is wrong at one place of an object. `path` is written from the leaf to the root until {@link rooted}. */
export interface Issue {
  readonly path: PathSegment[]
  readonly kind: IssueKind
  readonly value?: unknown
  /** Type, format, pattern, limit or allowed values, whatever the kind needs. */
  readonly expected?: string | number | readonly string[]
  /** Sentence of a CEL rule. */
  readonly message?: string
}

/** Kinds of {@link Issue}. */
export type IssueKind =
  | 'required'
  | 'type'
  | 'enum'
  | 'pattern'
  | 'format'
  | 'minLength'
  | 'maxLength'
  | 'minimum'
  | 'maximum'
  | 'minItems'
  | 'maxItems'
  | 'minProperties'
  | 'maxProperties'
  | 'oneOf'
  | 'oneOfCount'
  | 'anyOf'
  | 'not'
  | 'multipleOf'
  | 'unknown'
  | 'duplicate'
  | 'cel'

/** Nothing, or what is wrong. */
export type Issues = Issue[] | undefined

/** Checks one value; the value is never null. */
export type Check = (value: unknown) => Issues

/** An object with string keys. */
export type Fields = Record<string, unknown>

/** Whether a value is an object and no list. */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** One issue at the place itself. */
export function issue(kind: IssueKind, value?: unknown, expected?: Issue['expected']): Issue[] {
  return [{ path: [], kind, value, expected }]
}

/** Appends `more`, found below `key`, to `all`, which is changed: however many there are, each is moved once. */
export function below(all: Issues, key: PathSegment, more: Issues): Issues {
  if (more === undefined) return all
  for (const one of more) one.path.push(key)
  return and(all, more)
}

/** Appends `more`, found at the place itself, to `all`, which is changed. */
export function and(all: Issues, more: Issues): Issues {
  if (more === undefined) return all
  if (all === undefined) return more
  for (const one of more) all.push(one)
  return all
}

/** Turns paths round: from the root to the leaf. */
export function rooted(issues: Issues): Issue[] {
  if (issues === undefined) return []
  for (const one of issues) one.path.reverse()
  return issues
}

/** How many entries of a map are there, null not counted. */
export function entryCount(value: Fields): number {
  let count = 0
  for (const key in value) if (value[key] !== null && value[key] !== undefined) count++
  return count
}

/** Code points of a string. */
export function codePoints(value: string): number {
  let count = 0
  for (const _ of value) count++
  return count
}

/**
 * Items of a list with the same keys: of each the second one, as the API server reports them. Nothing in a list with
 * items that are no objects, which are reported as such.
 */
export function uniqueBy(value: unknown, keys: readonly string[]): Issues {
  if (!Array.isArray(value) || value.length < 2) return undefined
  const sorted = keys.toSorted()
  return repeated(value, (item) => {
    const fields = item ?? {}
    if (!isFields(fields)) return undefined
    return JSON.stringify(Object.fromEntries(sorted.map((key) => [key, fields[key]])))
  })
}

/** Items of a list that were there before: of each the second one. */
export function unique(value: unknown): Issues {
  if (!Array.isArray(value) || value.length < 2) return undefined
  return repeated(value, (item) => JSON.stringify(item ?? null))
}

function repeated(list: readonly unknown[], identity: (item: unknown) => string | undefined): Issues {
  const times = new Map<string, number>()
  let out: Issues
  for (let i = 0; i < list.length; i++) {
    const text = identity(list[i])
    if (text === undefined) return undefined
    const before = times.get(text) ?? 0
    if (before === 1) out = below(out, i, issue('duplicate', text))
    times.set(text, before + 1)
  }
  return out
}

/** RFC 3339 as Kubernetes reads it in CRDs. */
const DATE_TIME = /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/

/** Base64 with padding and the standard alphabet, and not empty. */
const BYTES = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$/

/** Whether a string has a format. Formats that the API server does not know are not checked. */
export function hasFormat(value: string, format: string): boolean {
  if (format === 'date-time') return DATE_TIME.test(value) && !Number.isNaN(Date.parse(value))
  if (format === 'byte') return BYTES.test(value)
  return true
}
