import { msToProtoDuration } from '@batten/core'
import {
  enumDescriptor,
  type FieldDescriptor,
  messageDescriptor,
  type PlainMessage,
  packAny,
} from '@batten/xds'
import fc from 'fast-check'

/**
 * Any message of a type, in canonical form: what decoding gives for what encoding writes (no default values where
 * proto3 has no presence, no empty lists or maps, one member of a oneof at most).
 */
export function arbitraryMessage(name: string, depth = 3): fc.Arbitrary<PlainMessage> {
  const special = SPECIAL[name]
  if (special !== undefined) return special(depth)
  const { fields } = messageDescriptor(name)!
  const usable = depth > 0 ? fields : fields.filter((field) => field.value.kind !== 'message')
  const plain = usable.filter((field) => field.oneof === undefined)
  const oneofs = new Set(usable.flatMap((field) => field.oneof ?? []))
  const parts: fc.Arbitrary<PlainMessage>[] = plain.map((field) =>
    fc.option(arbitraryField(field, depth), { nil: undefined, freq: 2 }).map((value) => entry(field, value)),
  )
  for (const oneof of oneofs) {
    const members = usable.filter((field) => field.oneof === oneof)
    parts.push(
      fc.option(
        fc.oneof(...members.map((field) => arbitraryField(field, depth).map((value) => entry(field, value)))),
        { nil: {} },
      ),
    )
  }
  return fc.tuple(...parts).map((entries) => Object.assign({}, ...entries) as PlainMessage)
}

function entry(field: FieldDescriptor, value: unknown): PlainMessage {
  return value === undefined ? {} : { [field.name]: value }
}

/** Types whose JSON form cannot say everything that their fields could. */
const SPECIAL: Readonly<Record<string, (depth: number) => fc.Arbitrary<PlainMessage>>> = {
  'google.protobuf.Any': () =>
    fc
      .integer({ min: 1, max: 1e6 })
      .map((seconds) => packAny('google.protobuf.Duration', { seconds }) as PlainMessage),
  'google.protobuf.Duration': () =>
    fc.integer({ min: -1e10, max: 1e10 }).map((ms) => msToProtoDuration(ms) as PlainMessage),
  'google.protobuf.Timestamp': () =>
    fc.integer({ min: 1, max: 1e9 }).map((seconds) => ({ seconds, nanos: 5_000_000 })),
  'google.protobuf.FieldMask': () => fc.constant({ paths: ['load_assignment.endpoints', 'name'] }),
  'google.protobuf.Value': (depth) =>
    fc.jsonValue({ maxDepth: Math.max(0, depth) }).map((json) => canonical(json) as PlainMessage),
}

/** `jsonToValue`, without the empty lists and maps that decoding leaves out, and without -0, which JSON lacks. */
function canonical(json: unknown): PlainMessage {
  if (json === null) return { nullValue: 'NULL_VALUE' }
  if (typeof json === 'string') return { stringValue: json }
  if (typeof json === 'number') return { numberValue: json + 0 }
  if (typeof json === 'boolean') return { boolValue: json }
  if (Array.isArray(json)) return { listValue: json.length === 0 ? {} : { values: json.map(canonical) } }
  const entries = Object.entries(json as PlainMessage).map(([key, value]) => [key, canonical(value)] as const)
  return { structValue: entries.length === 0 ? {} : { fields: Object.fromEntries(entries) } }
}

function arbitraryField(field: FieldDescriptor, depth: number): fc.Arbitrary<unknown> {
  const value = arbitraryValue(field, depth)
  if (field.mapKey !== undefined) {
    const key =
      field.mapKey === 'string' ? fc.string({ unit: 'grapheme', maxLength: 8 }) : fc.nat().map(String)
    return fc.dictionary(key, value, { minKeys: 1, maxKeys: 3, noNullPrototype: true })
  }
  if (field.repeated) return fc.array(value, { minLength: 1, maxLength: 3 })
  return field.presence ? value : value.filter((item) => !isDefault(field, item))
}

function isDefault(field: FieldDescriptor, value: unknown): boolean {
  if (field.value.kind === 'enum') return enumDescriptor(field.value.name).byName.get(value as string) === 0
  if (value instanceof Uint8Array) return value.length === 0
  return value === 0 || value === '' || value === false || value === 0n
}

function arbitraryValue(field: FieldDescriptor, depth: number): fc.Arbitrary<unknown> {
  const { value } = field
  if (value.kind === 'message') return arbitraryMessage(value.name, depth - 1)
  if (value.kind === 'enum') return fc.constantFrom(...enumDescriptor(value.name).byNumber.values())
  switch (value.scalar) {
    case 'bool':
      return fc.boolean()
    case 'string':
      return fc.string({ unit: 'grapheme', maxLength: 12 })
    case 'bytes':
      return fc.uint8Array({ maxLength: 12 })
    case 'double':
      return fc.double({ noNaN: true }).map((number) => number + 0)
    case 'float':
      return fc.float({ noNaN: true }).map((number) => number + 0)
    case 'uint32':
    case 'fixed32':
      return fc.integer({ min: 0, max: 0xffff_ffff })
    case 'int32':
    case 'sint32':
    case 'sfixed32':
      return fc.integer()
    case 'uint64':
    case 'fixed64':
      return fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }).map(narrow)
    default:
      return fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }).map(narrow)
  }
}

function narrow(value: bigint): number | bigint {
  return Number.isSafeInteger(Number(value)) ? Number(value) : value
}
