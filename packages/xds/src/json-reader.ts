import { BattenError, errorMessage, parseProtoDuration } from '@batten/core'
import { typeUrlName, unknownType } from './any.ts'
import { findCodec } from './codec.ts'
import type { PlainMessage } from './codec-compiler.ts'
import {
  enumDescriptor,
  type FieldDescriptor,
  type MessageDescriptor,
  messageDescriptor,
  type ScalarType,
  type ValueType,
} from './descriptor.ts'
import { jsonToStruct, jsonToValue } from './struct.ts'
import { parseTimestamp } from './timestamp.ts'
import { MAX_DEPTH, setEntry } from './wire.ts'

export interface FromJsonOptions {
  /** In front of the field path in errors: a field (`dynamic_resources`) or a file (`envoy.yaml: `). Default: nothing. */
  readonly path?: string
  /** Values (scalars, objects and arrays) in all. Default: 1 000 000, some hundred times a large bootstrap. */
  readonly maxValues?: number
  /** Skip fields that the message does not have, in place of an error. Default: false. */
  readonly ignoreUnknownFields?: boolean
}

/** Messages whose JSON is not an object with their fields. */
const WELL_KNOWN: Readonly<Record<string, (reader: JsonReader, json: unknown) => PlainMessage>> = {
  'google.protobuf.Any': (reader, json) => reader.any(json),
  'google.protobuf.Duration': (reader, json) => {
    const text = reader.expect<string>(json, 'string', 'a duration like "1.5s"')
    try {
      return parseProtoDuration(text) as PlainMessage
    } catch (thrown) {
      throw reader.error(errorMessage(thrown), 'write seconds, like "10s" or "0.25s"')
    }
  },
  'google.protobuf.Timestamp': (reader, json) => {
    const timestamp = parseTimestamp(
      reader.expect<string>(json, 'string', 'a time like "2026-01-02T03:04:05Z"'),
    )
    if (timestamp === undefined) throw reader.error(`${JSON.stringify(json)} is no RFC 3339 time`)
    return timestamp as PlainMessage
  },
  'google.protobuf.FieldMask': (reader, json) => {
    const text = reader.expect<string>(json, 'string', 'field names like "a.b,c"')
    const snake = (path: string) => path.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
    return { paths: text === '' ? [] : text.split(',').map(snake) }
  },
  'google.protobuf.Struct': (reader, json) => {
    reader.countAll(json, 0)
    return jsonToStruct(reader.object(json)) as PlainMessage
  },
  'google.protobuf.Value': (reader, json) => {
    reader.countAll(json, 0)
    return jsonToValue(json) as PlainMessage
  },
  'google.protobuf.ListValue': (reader, json) => {
    reader.countAll(json, 0)
    if (!Array.isArray(json)) throw reader.expected('an array', json)
    return { values: json.map(jsonToValue) }
  },
}

const WRAPPERS: ReadonlySet<string> = new Set(
  ['Double', 'Float', 'Int64', 'UInt64', 'Int32', 'UInt32', 'Bool', 'String', 'Bytes'].map(
    (type) => `google.protobuf.${type}Value`,
  ),
)

/** Whether the message has a JSON form of its own, which inside an Any stands under `value`. */
export function hasSpecialJson(name: string): boolean {
  return Object.hasOwn(WELL_KNOWN, name) || WRAPPERS.has(name)
}

export function isWrapper(name: string): boolean {
  return WRAPPERS.has(name)
}

/** Reads protobuf's JSON form of a message, and knows where it is for errors. */
export class JsonReader {
  readonly #path: (string | number)[] = []
  readonly #prefix: string
  readonly #ignoreUnknown: boolean
  #values: number
  #depth = 0

  constructor(options: FromJsonOptions = {}) {
    this.#prefix = options.path ?? ''
    this.#values = options.maxValues ?? 1_000_000
    this.#ignoreUnknown = options.ignoreUnknownFields ?? false
  }

  message(name: string, json: unknown): PlainMessage {
    this.count()
    const special = Object.hasOwn(WELL_KNOWN, name) ? WELL_KNOWN[name] : undefined
    if (special !== undefined) return special(this, json)
    const descriptor = messageDescriptor(name)!
    if (WRAPPERS.has(name)) return { value: this.#value(descriptor.fields[0]!.value, json) }
    return this.#fields(descriptor, this.object(json))
  }

  any(json: unknown): PlainMessage {
    const { '@type': typeUrl, ...rest } = this.object(json)
    if (typeUrl === undefined && Object.keys(rest).length === 0) return {}
    if (typeof typeUrl !== 'string') throw this.error('an Any needs "@type", the type URL of its message')
    const name = typeUrlName(typeUrl)
    const found = findCodec(name)
    if (found === undefined) throw unknownType(typeUrl, this.where())
    const nested = this.#nested(() => {
      if (!hasSpecialJson(name)) return this.message(name, rest)
      for (const key of Object.keys(rest)) if (key !== 'value') throw this.unknownField(key, undefined)
      return this.#at('value', () => this.message(name, rest['value'] ?? null))
    })
    return { typeUrl, value: found.encode(nested) }
  }

  #fields(descriptor: MessageDescriptor, object: Record<string, unknown>): PlainMessage {
    return this.#nested(() => {
      const message: PlainMessage = {}
      const oneofs = new Map<string, string>()
      for (const key of Object.keys(object)) {
        const field = descriptor.byName.get(key)
        if (field === undefined) {
          if (this.#ignoreUnknown) continue
          throw this.unknownField(key, descriptor)
        }
        const json = object[key]
        if (json === undefined || (json === null && !takesNull(field))) continue
        if (Object.hasOwn(message, field.name)) throw this.#at(key, () => this.error('given twice'))
        if (field.oneof !== undefined) {
          const other = oneofs.get(field.oneof)
          if (other !== undefined) throw this.error(`only one of "${other}" and "${key}" may be set`)
          oneofs.set(field.oneof, key)
        }
        message[field.name] = this.#at(key, () => this.#field(field, json))
      }
      return message
    })
  }

  #field(field: FieldDescriptor, json: unknown): unknown {
    if (field.mapKey !== undefined) {
      const map: Record<string, unknown> = {}
      const object = this.object(json)
      for (const key of Object.keys(object)) {
        this.#checkKey(field.mapKey, key)
        setEntry(
          map,
          key,
          this.#at(key, () => this.#value(field.value, object[key])),
        )
      }
      return map
    }
    if (!field.repeated) return this.#value(field.value, json)
    if (!Array.isArray(json)) throw this.expected('an array', json)
    return json.map((item, i) => this.#at(i, () => this.#value(field.value, item)))
  }

  #value(type: ValueType, json: unknown): unknown {
    if (type.kind === 'message') return this.message(type.name, json)
    this.count()
    return type.kind === 'enum' ? this.#enum(type.name, json) : this.#scalar(type.scalar, json)
  }

  #enum(name: string, json: unknown): string {
    const { byName, byNumber } = enumDescriptor(name)
    if (json === null && name === 'google.protobuf.NullValue') return 'NULL_VALUE'
    if (typeof json === 'number' && json === (json | 0)) return byNumber.get(json) ?? String(json)
    if (typeof json !== 'string') throw this.expected(`a value of ${name}`, json)
    if (byName.has(json)) return byNumber.get(byName.get(json)!)!
    if (/^-?\d{1,10}$/.test(json)) return byNumber.get(Number(json)) ?? json
    const known = [...byName.keys()]
    throw this.error(
      `${shown(json)} is no value of ${name}`,
      known.length > 12 ? undefined : `one of ${known.join(', ')}`,
    )
  }

  #scalar(scalar: ScalarType, json: unknown): unknown {
    switch (scalar) {
      case 'string':
        if (typeof json === 'number' || typeof json === 'boolean')
          throw this.expected('a string', json, 'put the value in quotes')
        return this.expect<string>(json, 'string', 'a string')
      case 'bool':
        return this.expect<boolean>(json, 'boolean', 'true or false')
      case 'bytes':
        return this.#bytes(json)
      case 'double':
      case 'float':
        return this.#float(json)
      default:
        return this.#integer(scalar, json)
    }
  }

  #bytes(json: unknown): Uint8Array {
    if (json instanceof Uint8Array) return json
    const text = this.expect<string>(json, 'string', 'bytes as base64')
    if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(text)) throw this.error('not base64')
    return new Uint8Array(Buffer.from(text, 'base64'))
  }

  #float(json: unknown): number {
    if (typeof json === 'number') return json
    if (json === 'NaN') return Number.NaN
    if (json === 'Infinity' || json === '-Infinity') return Number(json)
    if (typeof json === 'string' && /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(json)) return Number(json)
    throw this.expected('a number', json)
  }

  #integer(scalar: ScalarType, json: unknown): number | bigint {
    let value: bigint
    if (typeof json === 'bigint') value = json
    else if (typeof json === 'number' && Number.isInteger(json)) value = BigInt(json)
    else if (typeof json === 'string' && /^-?\d{1,20}$/.test(json)) value = BigInt(json)
    else throw this.expected(`an integer (${scalar})`, json)
    const bits = scalar.endsWith('64') ? 64 : 32
    const fits =
      scalar.startsWith('u') || scalar.startsWith('fixed')
        ? BigInt.asUintN(bits, value)
        : BigInt.asIntN(bits, value)
    if (fits !== value) throw this.error(`${value} does not fit ${scalar}`)
    const number = Number(value)
    return Number.isSafeInteger(number) ? number : value
  }

  #checkKey(type: ScalarType, key: string): void {
    if (type === 'string') return
    if (type === 'bool' ? key !== 'true' && key !== 'false' : !/^-?\d{1,20}$/.test(key))
      throw this.error(`the key ${shown(key)} is no ${type}`)
  }

  object(json: unknown): Record<string, unknown> {
    if (typeof json !== 'object' || json === null || Array.isArray(json))
      throw this.expected('an object', json)
    return json as Record<string, unknown>
  }

  expect<T>(json: unknown, type: 'string' | 'boolean', expected: string): T {
    if (typeof json !== type) throw this.expected(expected, json)
    return json as T
  }

  count(): void {
    if (--this.#values < 0) throw this.error('too many values')
  }

  /** Counts free JSON (Struct, Value) before it is converted. */
  countAll(json: unknown, depth: number): void {
    this.count()
    if (depth + this.#depth > MAX_DEPTH) throw this.error(`nested deeper than ${MAX_DEPTH}`)
    if (typeof json === 'object' && json !== null)
      for (const key of Object.keys(json)) this.countAll((json as Record<string, unknown>)[key], depth + 1)
  }

  expected(expected: string, json: unknown, hint?: string): BattenError {
    return this.error(`expected ${expected}, got ${describe(json)}`, hint)
  }

  unknownField(key: string, descriptor: MessageDescriptor | undefined): BattenError {
    const near = descriptor?.fields.find(
      (field) => field.protoName.toLowerCase() === key.toLowerCase().replaceAll('-', '_'),
    )
    return this.#at(key, () => this.error('unknown field', near && `did you mean "${near.protoName}"?`))
  }

  error(reason: string, hint?: string): BattenError {
    const where = this.where()
    return new BattenError('XDS_JSON_INVALID', {
      message: where === '' ? reason : `${where}: ${reason}`,
      hint,
      where,
    })
  }

  where(): string {
    let text = this.#prefix
    for (const part of this.#path) {
      if (typeof part === 'number') text += `[${part}]`
      else if (/^[\w@-]+$/.test(part)) text += text === '' || text.endsWith(' ') ? part : `.${part}`
      else text += `[${shown(part)}]`
    }
    return text
  }

  #at<T>(key: string | number, action: () => T): T {
    this.#path.push(key)
    const result = action()
    // Not in `finally`: after an error the path must still say where it happened.
    this.#path.pop()
    return result
  }

  #nested<T>(action: () => T): T {
    if (++this.#depth > MAX_DEPTH) throw this.error(`nested deeper than ${MAX_DEPTH}`)
    const result = action()
    this.#depth--
    return result
  }
}

function takesNull(field: FieldDescriptor): boolean {
  const { value } = field
  return (
    value.kind !== 'scalar' &&
    (value.name === 'google.protobuf.Value' || value.name === 'google.protobuf.NullValue')
  )
}

function describe(json: unknown): string {
  if (json === null) return 'null'
  if (Array.isArray(json)) return 'an array'
  if (typeof json === 'object') return 'an object'
  return typeof json === 'string' ? shown(json) : `${typeof json} ${String(json)}`
}

function shown(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}...` : text)
}
