import { type Fields, isFields, type PathSegment } from '../validate/check.ts'
import { type JsonSchemaProps, valuesOf } from './schema.ts'

/** Fields of an embedded object that every object has. */
const EMBEDDED = ['apiVersion', 'kind', 'metadata']

/**
 * A copy without the fields that the schema does not know, and the paths of those that were left out. The API server
 * does this before it looks at an object further; a strict client reports the paths as errors.
 */
export function prune(value: unknown, schema: JsonSchemaProps): { value: unknown; unknown: PathSegment[][] } {
  const unknown: PathSegment[][] = []
  return { value: pruned(value, schema, [], unknown), unknown }
}

/** Without a schema, as below a string, nothing is known; lists go on to their items. */
function pruned(
  value: unknown,
  schema: JsonSchemaProps | undefined,
  path: PathSegment[],
  unknown: PathSegment[][],
): unknown {
  if (Array.isArray(value)) {
    if (schema?.['x-kubernetes-preserve-unknown-fields'] === true) return value
    return value.map((item: unknown, i) => pruned(item, schema?.items, [...path, i], unknown))
  }
  if (!isFields(value)) return value
  const keepsAll =
    schema?.['x-kubernetes-preserve-unknown-fields'] === true || schema?.additionalProperties === true
  const isEmbedded = schema?.['x-kubernetes-embedded-resource'] === true
  const values = schema === undefined ? undefined : valuesOf(schema)
  const out: Fields = {}
  for (const [key, field] of Object.entries(value)) {
    if (field === undefined) continue
    const known = schema?.properties?.[key] ?? values
    if (known !== undefined) set(out, key, pruned(field, known, [...path, key], unknown))
    else if (keepsAll || (isEmbedded && EMBEDDED.includes(key))) set(out, key, field)
    else unknown.push([...path, key])
  }
  return out
}

/**
 * A copy with the defaults of the schema in the place of missing fields, and without nulls where the schema does not
 * allow them.
 */
export function applyDefaults(value: unknown, schema: JsonSchemaProps): unknown {
  if (Array.isArray(value)) {
    const items = schema.items
    return items === undefined ? value : value.map((item: unknown) => applyDefaults(item, items))
  }
  if (!isFields(value)) return value
  const values = valuesOf(schema)
  const out: Fields = {}
  for (const [key, field] of Object.entries(value)) {
    const known = schema.properties?.[key] ?? values
    if (field === undefined || (field === null && known !== undefined && known.nullable !== true)) continue
    set(out, key, known === undefined ? field : applyDefaults(field, known))
  }
  for (const [key, known] of Object.entries(schema.properties ?? {})) {
    if (known.default !== undefined && !Object.hasOwn(out, key)) {
      set(out, key, applyDefaults(structuredClone(known.default), known))
    }
  }
  return out
}

function set(fields: Fields, key: string, value: unknown): void {
  if (key !== '__proto__') fields[key] = value
  else Object.defineProperty(fields, key, { value, enumerable: true, configurable: true, writable: true })
}
