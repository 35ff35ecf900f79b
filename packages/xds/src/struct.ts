import type { ListValue, Struct, Value } from './gen/types.ts'
import { setEntry } from './wire.ts'

/** What JSON can say. */
export type JsonValue = null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue }
export type JsonObject = { [key: string]: JsonValue }

/**
 * A `google.protobuf.Struct` (node metadata, filter metadata) as a JSON object.
 *
 * @example structToJson(node.metadata ?? {})['NAMESPACE']
 */
export function structToJson(struct: Struct): JsonObject {
  const object: JsonObject = {}
  const fields = struct.fields ?? {}
  for (const key of Object.keys(fields)) setEntry(object, key, valueToJson(fields[key]!))
  return object
}

/** A JSON object as a Struct. Properties that are undefined are left out. */
export function jsonToStruct(object: { readonly [key: string]: unknown }): Struct {
  const fields: Record<string, Value> = {}
  for (const key of Object.keys(object))
    if (object[key] !== undefined) setEntry(fields, key, jsonToValue(object[key]))
  return { fields }
}

export function valueToJson(value: Value): JsonValue {
  if (value.stringValue !== undefined) return value.stringValue
  if (value.numberValue !== undefined) return value.numberValue
  if (value.boolValue !== undefined) return value.boolValue
  if (value.structValue !== undefined) return structToJson(value.structValue)
  if (value.listValue !== undefined) return listToJson(value.listValue)
  return null
}

/** Any JSON value as a `google.protobuf.Value`; what JSON does not have (functions, symbols) becomes null. */
export function jsonToValue(json: unknown): Value {
  switch (typeof json) {
    case 'string':
      return { stringValue: json }
    case 'number':
      return { numberValue: json }
    case 'bigint':
      return { numberValue: Number(json) }
    case 'boolean':
      return { boolValue: json }
    case 'object':
      if (json === null) break
      if (Array.isArray(json)) return { listValue: jsonToList(json) }
      return { structValue: jsonToStruct(json as JsonObject) }
  }
  return { nullValue: 'NULL_VALUE' }
}

export function listToJson(list: ListValue): JsonValue[] {
  return (list.values ?? []).map(valueToJson)
}

export function jsonToList(values: readonly unknown[]): ListValue {
  return { values: values.map(jsonToValue) }
}
