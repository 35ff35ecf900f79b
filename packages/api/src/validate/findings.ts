import type { Code } from '../errors.ts'
import type { Issue, PathSegment } from './check.ts'

/** How bad a finding is. An error means that the API server or Istio's webhook refuses the object. */
export type Severity = 'error' | 'warning' | 'info'

/** Place in a text. Lines and columns begin at 1; the end is the first character after. */
export interface SourceRange {
  readonly line: number
  readonly column: number
  readonly endLine: number
  readonly endColumn: number
}

/** One thing that is wrong, or worth knowing, about an object. */
export interface Finding {
  /** Stable code, such as `SCHEMA_REQUIRED`. */
  readonly code: string
  readonly severity: Severity
  /** What found it: the schema (with reading the text), a CEL rule of the CRD, or a rule of Istio's webhook. */
  readonly layer: 'schema' | 'cel' | 'rules'
  /** Path of the field: `spec.http[0].route[1].destination.host`; empty for the object as a whole. */
  readonly path: string
  /** The sentence, in the words of the API server where it has one. */
  readonly message: string
  /** What to do about it. */
  readonly hint?: string
  /** `Kind namespace/name` of the object. */
  readonly object?: string
  readonly file?: string
  readonly range?: SourceRange
}

/** A path as Kubernetes writes it. */
export function pathText(path: readonly PathSegment[]): string {
  let out = ''
  for (const segment of path) {
    if (typeof segment === 'number') out += `[${segment}]`
    else out += out === '' ? segment : `.${segment}`
  }
  return out
}

/** A finding before it is known where the object stands in a file. */
export interface RawFinding {
  readonly code: Code | (string & {})
  readonly severity: Severity
  readonly layer: Finding['layer']
  readonly path: readonly PathSegment[]
  readonly message: string
  readonly hint?: string
  /** Whether the key is at fault rather than its value. */
  readonly atKey?: boolean
}

const CODE_OF: Readonly<Record<Issue['kind'], Code>> = {
  required: 'SCHEMA_REQUIRED',
  type: 'SCHEMA_TYPE',
  enum: 'SCHEMA_ENUM',
  pattern: 'SCHEMA_PATTERN',
  format: 'SCHEMA_FORMAT',
  minLength: 'SCHEMA_RANGE',
  maxLength: 'SCHEMA_RANGE',
  minimum: 'SCHEMA_RANGE',
  maximum: 'SCHEMA_RANGE',
  minItems: 'SCHEMA_RANGE',
  maxItems: 'SCHEMA_RANGE',
  minProperties: 'SCHEMA_RANGE',
  maxProperties: 'SCHEMA_RANGE',
  oneOf: 'SCHEMA_ONE_OF',
  oneOfCount: 'SCHEMA_ONE_OF',
  anyOf: 'SCHEMA_ONE_OF',
  not: 'SCHEMA_ONE_OF',
  multipleOf: 'SCHEMA_RANGE',
  unknown: 'SCHEMA_UNKNOWN_FIELD',
  duplicate: 'SCHEMA_DUPLICATE',
  cel: 'CEL_RULE',
}

/** Turns an issue of a generated validator into a finding with the words of the API server. */
export function findingOf(
  issue: Issue & { readonly shown?: string },
  severity: Severity = 'error',
): RawFinding {
  const path = issue.shown ?? pathText(issue.path)
  const hint = hintFor(issue)
  return {
    code: CODE_OF[issue.kind],
    severity,
    layer: issue.kind === 'cel' ? 'cel' : 'schema',
    path: issue.path,
    message: sentence(path, issue),
    atKey: issue.kind === 'unknown',
    ...(hint === undefined ? {} : { hint }),
  }
}

function sentence(path: string, issue: Issue): string {
  const { kind, value, expected } = issue
  const shown = show(value)
  const invalid = (rest: string): string => `${path}: Invalid value: ${shown}: ${rest}`
  switch (kind) {
    case 'required':
      return `${path}: Required value`
    case 'unknown':
      return `unknown field "${path}"`
    case 'type':
      return `${path}: Invalid value: "${typeName(value)}": ${path} in body must be of type ${expected}: "${typeName(value)}"`
    case 'enum':
      return `${path}: Unsupported value: ${shown}: supported values: ${(expected as readonly string[]).map((one) => `"${one}"`).join(', ')}`
    case 'pattern':
      return invalid(`${path} in body should match '${expected}'`)
    case 'format':
      return invalid(`${path} in body must be of type ${expected}: ${shown}`)
    case 'minLength':
      return invalid(`${path} in body should be at least ${expected} chars long`)
    case 'maxLength':
      return `${path}: Too long: may not be more than ${expected} bytes`
    case 'minimum':
      return invalid(`${path} in body should be greater than or equal to ${expected}`)
    case 'maximum':
      return invalid(`${path} in body should be less than or equal to ${expected}`)
    case 'minItems':
      return invalid(`${path} in body should have at least ${expected} items`)
    case 'maxItems':
      return `${path}: Too many: ${shown}: must have at most ${expected} items`
    case 'minProperties':
      return invalid(`${path} in body should have at least ${expected} properties`)
    case 'maxProperties':
      return `${path}: Too many: ${shown}: must have at most ${expected} items`
    case 'oneOf':
      return `${path}: Invalid value: "object": ${(value as readonly string[]).map((one) => `"${one}"`).join(' and ')} exclude each other: "${path}" must validate one and only one schema (oneOf). Found ${(value as readonly string[]).length} valid alternatives`
    case 'oneOfCount':
      return `${path}: Invalid value: ${shown}: "${path}" must validate one and only one schema (oneOf). Found ${expected === 0 ? 'none valid' : `${expected} valid alternatives`}`
    case 'anyOf':
      return `${path}: Invalid value: ${shown}: "${path}" must validate at least one schema (anyOf)`
    case 'not':
      return `${path}: Invalid value: ${shown}: "${path}" must not validate the schema (not)`
    case 'multipleOf':
      return invalid(`${path} in body should be a multiple of ${expected}`)
    case 'duplicate':
      return `${path}: Duplicate value: ${String(value)}`
    case 'cel':
      return celSentence(path, issue)
  }
}

/** A rule of a CRD may say what sort of mistake it is about. Maps and lists are not shown. */
function celSentence(path: string, { value, expected: reason, message = '' }: Issue): string {
  if (reason === 'FieldValueForbidden') return `${path}: Forbidden: ${message}`
  if (reason === 'FieldValueRequired') return `${path}: Required value: ${message}`
  if (reason === 'FieldValueDuplicate')
    return `${path}: Duplicate value${value === undefined ? '' : `: ${show(value)}`}`
  return `${path}: Invalid value: ${value === undefined ? '' : `${show(value)}: `}${message}`
}

function hintFor(issue: Issue): string | undefined {
  if (issue.kind === 'type' && issue.expected === 'string' && typeof issue.value !== 'object') {
    return 'put quotes around the value: YAML reads it as something else than text'
  }
  if (issue.kind === 'oneOf') return `keep one of ${(issue.value as readonly string[]).join(', ')}`
  if (issue.kind === 'enum' && typeof issue.value === 'string') {
    const wanted = issue.value.toUpperCase()
    const close = (issue.expected as readonly string[]).find((one) => one.toUpperCase() === wanted)
    if (close !== undefined) return `write ${close}: values are case sensitive`
  }
  return undefined
}

/** Name of the type of a value, as the API server says it. */
export function typeName(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return typeof value
}

/** A value in a message; long ones are cut. */
function show(value: unknown): string {
  if (typeof value === 'object' && value !== null) return `"${typeName(value)}"`
  const text = JSON.stringify(value) ?? String(value)
  return text.length <= 200 ? text : `${text.slice(0, 197)}..."`
}
