import { compileRegex, type Regex } from '@batten/core/regex'
import {
  codePoints,
  entryCount,
  type Fields,
  hasFormat,
  type Issue,
  type IssueKind,
  isFields,
  type PathSegment,
} from '../validate/check.ts'
import type { RuleNode } from '../validate/rule-node.ts'
import { type JsonSchemaProps, valuesOf } from './schema.ts'

/** What a schema finds in a value that was pruned and defaulted. Paths are from the root. */
export function structuralIssues(
  value: unknown,
  schema: JsonSchemaProps,
  path: readonly PathSegment[],
): Issue[] {
  const out: Issue[] = []
  check(value, schema, [...path], out)
  return out
}

function check(value: unknown, schema: JsonSchemaProps, path: PathSegment[], out: Issue[]): void {
  const add = (kind: IssueKind, shown: unknown, expected?: Issue['expected']): void => {
    out.push({ path: [...path], kind, value: shown, expected })
  }
  if (value === null && schema.nullable === true) return
  if (schema['x-kubernetes-int-or-string'] === true) {
    if (typeof value !== 'string' && !Number.isInteger(value)) add('type', value, 'integer,string')
  } else if (schema.type !== undefined && !hasType(value, schema.type)) {
    add('type', value, schema.type)
    return
  }
  if (schema.enum !== undefined && !schema.enum.some((one) => same(one, value))) {
    add(
      'enum',
      value,
      schema.enum.map((one) => (typeof one === 'string' ? one : JSON.stringify(one))),
    )
  }
  if (typeof value === 'string') checkString(value, schema, add)
  else if (typeof value === 'number') checkNumber(value, schema, add)
  else if (Array.isArray(value)) checkList(value, schema, path, out, add)
  else if (isFields(value)) checkFields(value, schema, path, out, add)
  checkCombined(value, schema, path, out, add)
}

type Add = (kind: IssueKind, shown: unknown, expected?: Issue['expected']) => void

function hasType(value: unknown, type: NonNullable<JsonSchemaProps['type']>): boolean {
  if (type === 'array') return Array.isArray(value)
  if (type === 'object') return isFields(value)
  if (type === 'integer') return Number.isInteger(value)
  return typeof value === type
}

const patterns = new Map<string, Regex>()

function pattern(source: string): Regex {
  const known = patterns.get(source) ?? compileRegex(source)
  if (patterns.size > 1000) patterns.clear()
  patterns.set(source, known)
  return known
}

function checkString(value: string, schema: JsonSchemaProps, add: Add): void {
  const { minLength, maxLength, format } = schema
  if (minLength !== undefined && codePoints(value) < minLength) add('minLength', value, minLength)
  if (maxLength !== undefined && codePoints(value) > maxLength) add('maxLength', value, maxLength)
  if (schema.pattern !== undefined && !pattern(schema.pattern).finds(value))
    add('pattern', value, schema.pattern)
  if (format !== undefined && !hasFormat(value, format)) add('format', value, format)
}

function checkNumber(value: number, schema: JsonSchemaProps, add: Add): void {
  const { minimum, maximum, format, multipleOf } = schema
  if (format === 'int32' && value !== (value | 0)) add('format', value, format)
  if (minimum !== undefined && (schema.exclusiveMinimum === true ? value <= minimum : value < minimum)) {
    add('minimum', value, minimum)
  }
  if (maximum !== undefined && (schema.exclusiveMaximum === true ? value >= maximum : value > maximum)) {
    add('maximum', value, maximum)
  }
  if (multipleOf !== undefined && !Number.isInteger(value / multipleOf)) add('multipleOf', value, multipleOf)
}

function checkList(
  value: readonly unknown[],
  schema: JsonSchemaProps,
  path: PathSegment[],
  out: Issue[],
  add: Add,
): void {
  const { minItems, maxItems, items } = schema
  if (minItems !== undefined && value.length < minItems) add('minItems', value.length, minItems)
  if (maxItems !== undefined && value.length > maxItems) add('maxItems', value.length, maxItems)
  const keys = schema['x-kubernetes-list-map-keys']
  const isSet = schema['x-kubernetes-list-type'] === 'set' || schema.uniqueItems === true
  const seen = new Set<string>()
  const repeated = new Set<string>()
  for (let i = 0; i < value.length; i++) {
    path.push(i)
    const item = value[i]
    if (items !== undefined) check(item, items, path, out)
    if (isSet || (keys !== undefined && isFields(item))) {
      const identity = JSON.stringify(isSet ? item : identityOf(item as Fields, keys!))
      if (seen.has(identity) && !repeated.has(identity)) {
        out.push({ path: [...path], kind: 'duplicate', value: identity })
        repeated.add(identity)
      }
      seen.add(identity)
    }
    path.pop()
  }
}

function identityOf(item: Fields, keys: readonly string[]): Fields {
  return Object.fromEntries(keys.toSorted().map((key) => [key, item[key]]))
}

function checkFields(
  value: Fields,
  schema: JsonSchemaProps,
  path: PathSegment[],
  out: Issue[],
  add: Add,
): void {
  const { minProperties, maxProperties } = schema
  const count = entryCount(value)
  if (minProperties !== undefined && count < minProperties) add('minProperties', count, minProperties)
  if (maxProperties !== undefined && count > maxProperties) add('maxProperties', count, maxProperties)
  for (const key of schema.required ?? []) {
    if (value[key] === undefined) out.push({ path: [...path, key], kind: 'required' })
  }
  const values = valuesOf(schema)
  for (const key of Object.keys(value)) {
    const known = schema.properties?.[key] ?? values
    if (known === undefined || value[key] === undefined) continue
    path.push(key)
    check(value[key], known, path, out)
    path.pop()
  }
}

function checkCombined(
  value: unknown,
  schema: JsonSchemaProps,
  path: PathSegment[],
  out: Issue[],
  add: Add,
): void {
  for (const part of schema.allOf ?? []) check(value, part, path, out)
  if (schema.anyOf !== undefined && schema['x-kubernetes-int-or-string'] !== true) {
    if (!schema.anyOf.some((part) => fits(value, part))) add('anyOf', value)
  }
  if (schema.oneOf !== undefined) {
    const found = schema.oneOf.filter((part) => fits(value, part)).length
    if (found !== 1) add('oneOfCount', value, found)
  }
  if (schema.not !== undefined && fits(value, schema.not)) add('not', value)
}

function fits(value: unknown, schema: JsonSchemaProps): boolean {
  return structuralIssues(value, schema, []).length === 0
}

function same(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b)
}

/** The CEL rules of a schema; undefined when there are none. */
export function rulesOf(schema: JsonSchemaProps): RuleNode | undefined {
  const rules = schema['x-kubernetes-validations']
  const fields: Record<string, RuleNode> = {}
  for (const [key, child] of Object.entries(schema.properties ?? {})) {
    const node = rulesOf(child)
    if (node !== undefined) fields[key] = node
  }
  const items = schema.items === undefined ? undefined : rulesOf(schema.items)
  const values = valuesOf(schema)
  const valueRules = values === undefined ? undefined : rulesOf(values)
  const hasFields = Object.keys(fields).length > 0
  if (rules === undefined && !hasFields && items === undefined && valueRules === undefined) return undefined
  const keys = schema['x-kubernetes-list-map-keys']
  return {
    ...(rules === undefined ? {} : { rules }),
    ...(hasFields ? { fields } : {}),
    ...(items === undefined ? {} : { items }),
    ...(valueRules === undefined ? {} : { values: valueRules }),
    ...(keys === undefined ? {} : { keys }),
  }
}
