import type { JsonObject, JsonValue } from '@batten/xds'

/**
 * Keeps the fields of a printed message that a `google.protobuf.FieldMask` names (snake_case paths such as
 * `cluster.name`); a path through a list applies to every element. `@type` stays.
 */
export function applyFieldMask(json: JsonObject, paths: readonly string[]): JsonObject {
  const result: Record<string, JsonValue> = {}
  if (json['@type'] !== undefined) result['@type'] = json['@type']
  const byField = new Map<string, string[]>()
  for (const path of paths) {
    const [field = '', ...rest] = path.trim().split('.')
    const below = byField.get(field) ?? []
    if (rest.length > 0) below.push(rest.join('.'))
    byField.set(field, below)
  }
  for (const [field, value] of Object.entries(json)) {
    const below = byField.get(field)
    if (below !== undefined) result[field] = below.length === 0 ? value : maskValue(value, below)
  }
  return result
}

function maskValue(value: JsonValue, paths: readonly string[]): JsonValue {
  if (Array.isArray(value)) return value.map((item) => maskValue(item, paths))
  return typeof value === 'object' && value !== null ? applyFieldMask(value, paths) : value
}
