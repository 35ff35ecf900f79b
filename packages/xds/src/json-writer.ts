import { formatProtoDuration } from '@batten/core'
import { TYPED_STRUCT_NAMES, typeUrlName } from './any.ts'
import { findCodec } from './codec.ts'
import type { PlainMessage } from './codec-compiler.ts'
import {
  enumDescriptor,
  type FieldDescriptor,
  messageDescriptor,
  type ScalarType,
  type ValueType,
} from './descriptor.ts'
import type { Any, Duration, ListValue, Struct, Timestamp, TypedStruct, Value } from './gen/types.ts'
import { hasSpecialJson, isWrapper, JsonReader } from './json-reader.ts'
import { type JsonObject, type JsonValue, listToJson, structToJson, valueToJson } from './struct.ts'
import { formatTimestamp } from './timestamp.ts'
import { MAX_DEPTH, setEntry, sortedKeys, tooDeep } from './wire.ts'

export interface ToJsonOptions {
  /** Field names as in .proto files, which is how Envoy prints its config dump. Default: camelCase. */
  readonly snakeCase?: boolean
  /** Replace what Envoy marks as sensitive (private keys, passwords, tokens) by `[redacted]`. Default: false. */
  readonly redact?: boolean
}

/** What stands in place of a secret, as in Envoy's config dump. */
export const REDACTED = '[redacted]'

/** Prints protobuf's JSON form of a message: fields in ascending number, defaults left out. */
export class JsonWriter {
  readonly #snakeCase: boolean
  readonly #redact: boolean
  #depth = 0

  constructor(options: ToJsonOptions = {}) {
    this.#snakeCase = options.snakeCase ?? false
    this.#redact = options.redact ?? false
  }

  /** `secret`: everything below a sensitive field is hidden. */
  message(name: string, message: PlainMessage, secret = false): JsonValue {
    if (++this.#depth > MAX_DEPTH) throw tooDeep()
    const json = this.#message(name, message, secret)
    this.#depth--
    return json
  }

  #message(name: string, message: PlainMessage, secret: boolean): JsonValue {
    switch (name) {
      case 'google.protobuf.Any':
        return this.#any(message as Any, secret)
      case 'google.protobuf.Duration':
        return formatProtoDuration(message as Duration)
      case 'google.protobuf.Timestamp':
        return formatTimestamp(message as Timestamp)
      case 'google.protobuf.FieldMask':
        return ((message['paths'] as string[] | undefined) ?? [])
          .map((path) => path.replace(/_(.?)/g, (_, letter: string) => letter.toUpperCase()))
          .join(',')
      case 'google.protobuf.Struct':
        return secret ? hidden(structToJson(message as Struct)) : structToJson(message as Struct)
      case 'google.protobuf.Value':
        return secret ? hidden(valueToJson(message as Value)) : valueToJson(message as Value)
      case 'google.protobuf.ListValue':
        return secret ? hidden(listToJson(message as ListValue)) : listToJson(message as ListValue)
    }
    const { fields } = messageDescriptor(name)!
    if (isWrapper(name)) {
      const value = fields[0]!.value
      return this.#value(value, message['value'] ?? defaultOf(value), secret)
    }
    const object: JsonObject = {}
    const redactStruct = this.#redact && (TYPED_STRUCT_NAMES as readonly string[]).includes(name)
    for (const field of fields) {
      const value = message[field.name]
      if (value === undefined || value === null || (!field.presence && isDefault(field, value))) continue
      const isSecret = secret || (this.#redact && field.sensitive)
      // A number or a flag cannot be masked, so it is left out.
      if (isSecret && !isMaskable(field.value)) continue
      const key = this.#snakeCase ? field.protoName : field.name
      if (redactStruct && field.name === 'value') object[key] = this.#redactedStruct(message as TypedStruct)
      else object[key] = this.#field(field, value, isSecret)
    }
    return object
  }

  #field(field: FieldDescriptor, value: unknown, secret: boolean): JsonValue {
    if (field.mapKey !== undefined) {
      const object: JsonObject = {}
      const map = value as Record<string, unknown>
      for (const key of sortedKeys(map)) setEntry(object, key, this.#value(field.value, map[key], secret))
      return object
    }
    if (field.repeated) return (value as unknown[]).map((item) => this.#value(field.value, item, secret))
    return this.#value(field.value, value, secret)
  }

  #value(type: ValueType, value: unknown, secret: boolean): JsonValue {
    if (type.kind === 'message') return this.message(type.name, value as PlainMessage, secret)
    if (type.kind === 'enum') return enumJson(type.name, value as string | number)
    return secret && type.scalar === 'string' ? REDACTED : scalarJson(type.scalar, value, secret)
  }

  /** A message that we do not know is printed as base64 under `value`. */
  #any(any: Any, secret: boolean): JsonValue {
    if (any.typeUrl === undefined && any.value === undefined) return {}
    const typeUrl = any.typeUrl ?? ''
    const name = typeUrlName(typeUrl)
    const bytes = any.value ?? new Uint8Array(0)
    let message: PlainMessage | undefined
    try {
      message = findCodec(name)?.decode(bytes)
    } catch {
      message = undefined
    }
    if (message === undefined)
      return { '@type': typeUrl, value: scalarJson('bytes', bytes, secret || this.#redact) }
    const json = this.message(name, message, secret)
    return hasSpecialJson(name)
      ? { '@type': typeUrl, value: json }
      : { '@type': typeUrl, ...(json as JsonObject) }
  }

  /** Which fields of a TypedStruct are secret is known when it stands for a message that we know. */
  #redactedStruct({ typeUrl = '', value = {} }: TypedStruct): JsonValue {
    const name = typeUrlName(typeUrl)
    const json = structToJson(value)
    if (messageDescriptor(name) === undefined) return json
    const depth = this.#depth
    try {
      return this.message(name, new JsonReader({ ignoreUnknownFields: true }).message(name, json))
    } catch {
      this.#depth = depth
      return hidden(json)
    }
  }
}

function scalarJson(scalar: ScalarType, value: unknown, secret: boolean): JsonValue {
  switch (scalar) {
    case 'bytes': {
      const bytes = secret ? Buffer.from(REDACTED) : (value as Uint8Array)
      return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
    }
    case 'double':
    case 'float':
      return Number.isFinite(value) ? (value as number) : String(value)
    case 'int64':
    case 'uint64':
    case 'sint64':
    case 'fixed64':
    case 'sfixed64':
      return String(value)
    default:
      return value as JsonValue
  }
}

function enumJson(name: string, value: string | number): JsonValue {
  if (name === 'google.protobuf.NullValue') return null
  const { byName, byNumber } = enumDescriptor(name)
  if (typeof value === 'number') return byNumber.get(value) ?? value
  return byName.has(value) ? value : Number(value)
}

function isMaskable(value: ValueType): boolean {
  return (
    value.kind === 'message' ||
    (value.kind === 'scalar' && (value.scalar === 'string' || value.scalar === 'bytes'))
  )
}

function hidden(json: JsonValue): JsonValue {
  if (Array.isArray(json)) return json.map(hidden)
  if (typeof json !== 'object' || json === null) return REDACTED
  return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, hidden(value)]))
}

function isDefault(field: FieldDescriptor, value: unknown): boolean {
  if (field.mapKey !== undefined) return Object.keys(value as object).length === 0
  if (field.repeated || value instanceof Uint8Array) return (value as { length: number }).length === 0
  if (field.value.kind === 'enum') {
    const { byName } = enumDescriptor(field.value.name)
    return value === 0 || value === '0' || byName.get(value as string) === 0
  }
  return value === 0 || value === false || value === '' || value === 0n
}

function defaultOf(value: ValueType): unknown {
  if (value.kind !== 'scalar') return undefined
  if (value.scalar === 'bool') return false
  if (value.scalar === 'string') return ''
  return value.scalar === 'bytes' ? new Uint8Array(0) : 0
}
