import { DESCRIPTOR } from './gen/descriptor.ts'

/** Scalar types of protobuf that occur in the descriptor. */
export type ScalarType =
  | 'bool'
  | 'string'
  | 'bytes'
  | 'double'
  | 'float'
  | 'int32'
  | 'uint32'
  | 'sint32'
  | 'fixed32'
  | 'sfixed32'
  | 'int64'
  | 'uint64'
  | 'sint64'
  | 'fixed64'
  | 'sfixed64'

/** What one element of a field is. */
export type ValueType =
  | { readonly kind: 'scalar'; readonly scalar: ScalarType }
  | { readonly kind: 'enum'; readonly name: string }
  | { readonly kind: 'message'; readonly name: string }

/** A field of a message, as the .proto file has it. */
export interface FieldDescriptor {
  /** snake_case */
  readonly protoName: string
  /** camelCase: the property of the plain object, and the JSON name. */
  readonly name: string
  readonly number: number
  readonly value: ValueType
  /** Present for `map<key, value>`; `value` is then the map's value type. */
  readonly mapKey: ScalarType | undefined
  readonly repeated: boolean
  /** Whether a default value on the wire differs from no value. */
  readonly presence: boolean
  /** Envoy marks it as secret: printed redacted. */
  readonly sensitive: boolean
  readonly oneof: string | undefined
}

export interface MessageDescriptor {
  readonly name: string
  /** By number, ascending. */
  readonly fields: readonly FieldDescriptor[]
  /** By camelCase and by snake_case name. */
  readonly byName: ReadonlyMap<string, FieldDescriptor>
}

export interface EnumDescriptor {
  readonly name: string
  readonly byName: ReadonlyMap<string, number>
  readonly byNumber: ReadonlyMap<number, string>
}

let index: Map<string, string> | undefined
const messages = new Map<string, MessageDescriptor>()
const enums = new Map<string, EnumDescriptor>()

/** The lines of the generated text by full name, unparsed: most are never needed in one process. */
function lines(): Map<string, string> {
  if (index !== undefined) return index
  index = new Map()
  for (const line of DESCRIPTOR.split('\n')) {
    const space = line.indexOf(' ')
    const bar = line.indexOf('|')
    index.set(line.slice(space + 1, bar), line)
  }
  return index
}

/** Full names of all messages that have a codec, sorted. */
export function messageNames(): string[] {
  return [...lines()].filter(([, line]) => line.startsWith('message ')).map(([name]) => name)
}

/** The descriptor of a message, or undefined if we do not know it. */
export function messageDescriptor(name: string): MessageDescriptor | undefined {
  let message = messages.get(name)
  if (message !== undefined) return message
  const line = lines().get(name)
  if (line === undefined || !line.startsWith('message ')) return undefined
  const text = line.slice(line.indexOf('|') + 1)
  const fields = text === '' ? [] : text.split(';').map(parseField)
  const byName = new Map<string, FieldDescriptor>()
  for (const field of fields) byName.set(field.protoName, field).set(field.name, field)
  message = { name, fields, byName }
  messages.set(name, message)
  return message
}

/** The descriptor of an enum that a known message refers to. */
export function enumDescriptor(name: string): EnumDescriptor {
  let entry = enums.get(name)
  if (entry !== undefined) return entry
  const line = lines().get(name)!
  const byName = new Map<string, number>()
  const byNumber = new Map<number, string>()
  for (const value of line.slice(line.indexOf('|') + 1).split(';')) {
    const [word, number] = value.split(' ') as [string, string]
    byName.set(word, Number(number))
    // Of aliases the first one is printed.
    if (!byNumber.has(Number(number))) byNumber.set(Number(number), word)
  }
  entry = { name, byName, byNumber }
  enums.set(name, entry)
  return entry
}

/** `name number[?][!] [\[\]]type [oneof]` */
function parseField(text: string): FieldDescriptor {
  const [protoName, numberAndFlags, typeText, oneof] = text.split(' ') as [string, string, string, string?]
  const repeated = typeText.startsWith('[]')
  const map = /^map<(\w+),(.+)>$/.exec(typeText)
  const value = valueType(map === null ? (repeated ? typeText.slice(2) : typeText) : map[2]!)
  return {
    protoName,
    name: camelCase(protoName),
    number: Number.parseInt(numberAndFlags, 10),
    value,
    mapKey: map === null ? undefined : (map[1] as ScalarType),
    repeated,
    presence: oneof !== undefined || numberAndFlags.includes('?') || (value.kind === 'message' && !repeated),
    sensitive: numberAndFlags.includes('!'),
    oneof,
  }
}

function valueType(type: string): ValueType {
  if (!type.includes('.')) return { kind: 'scalar', scalar: type as ScalarType }
  return { kind: lines().get(type)!.startsWith('enum ') ? 'enum' : 'message', name: type }
}

function camelCase(name: string): string {
  return name.replace(/_(.?)/g, (_, letter: string) => letter.toUpperCase())
}
