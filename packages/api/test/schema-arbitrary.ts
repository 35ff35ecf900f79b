import fc, { type Arbitrary } from 'fast-check'
import type { JsonSchemaProps } from '../src/crd/schema.ts'
import { valuesOf } from '../src/crd/schema.ts'

/** Strings that rules and formats of Istio look at. */
const TEXTS = [
  '',
  'a',
  'web',
  '*',
  'a*',
  'x'.repeat(63),
  'x'.repeat(64),
  '😀'.repeat(63),
  'a/b',
  '10.0.0.0/8',
  '10.0.0.1',
  'a.example.com',
  '1s',
  '1d',
  '1ms',
  '999us',
  '1h1.5s',
  '+1s',
  'unix://',
  'unix:///a',
  'unix://@a',
  'unix://a',
  'unix:///a/',
  'http://a',
  'https://a/b',
  'oci://a/b:1',
  'a:5000/b',
  'ftp://a',
  '://a',
  'http://a b',
  'http',
  'HTTP',
  'HTTPS',
  'YQ==',
  'YQ',
  'a'.repeat(64),
  'f'.repeat(64),
  '2024-01-02T03:04:05Z',
  '2024-13-02T03:04:05Z',
  'DNS',
  'NONE',
  'é',
]
const KEYS = [
  'a',
  'app',
  '',
  'a*',
  '80',
  '0080',
  '+80',
  '0x50',
  '65536',
  '0',
  'http',
  'x'.repeat(63),
  '__proto__',
  'name',
]
const NUMBERS = [
  0, 1, -1, 80, 100, 599, 600, 65535, 65536, 4294967295, 4294967296, 2147483647, 2147483648, -2147483649, 1.5,
  80.0, 1e30,
]

/** Values of the right types, which may break every other constraint of the schema. */
export function nearly(schema: JsonSchemaProps): Arbitrary<unknown> {
  if (schema['x-kubernetes-int-or-string'] === true)
    return fc.oneof(fc.constantFrom(...NUMBERS), fc.constantFrom(...TEXTS))
  switch (schema.type) {
    case 'string': {
      const own = schema.enum === undefined ? usual(schema) : (schema.enum as string[])
      return fc.oneof(
        { weight: 12, arbitrary: fc.constantFrom(...own) },
        { weight: 1, arbitrary: fc.constantFrom(...TEXTS) },
      )
    }
    case 'integer':
      return fc.oneof(
        { weight: 6, arbitrary: fc.constantFrom(1, 80, 443, 100) },
        { weight: 1, arbitrary: fc.constantFrom(...NUMBERS) },
      )
    case 'number':
      return fc.constantFrom(...NUMBERS)
    case 'boolean':
      return fc.boolean()
    case 'array':
      return fc.array(schema.items === undefined ? fc.constant(1) : nearly(schema.items), {
        maxLength: Math.min(3, (schema.maxItems ?? 2) + 1),
      })
    default:
      return object(schema)
  }
}

/** Texts that most fields take; those with a duration rule want another. */
function usual(schema: JsonSchemaProps): string[] {
  const rules = (schema['x-kubernetes-validations'] ?? []).map(({ rule }) => rule).join(' ')
  if (rules.includes('duration')) return ['1s', '1h1.5s', '5.s']
  if (rules.includes('size() == 0')) return ['']
  if (rules.includes('getScheme')) return ['http://a', 'https://a/b']
  if (rules.includes('"HTTPS"')) return ['HTTP', '']
  return schema.format === 'byte'
    ? ['YQ==']
    : schema.format === 'date-time'
      ? ['2024-01-02T03:04:05Z']
      : ['a', 'web']
}

function object(schema: JsonSchemaProps): Arbitrary<unknown> {
  const values = valuesOf(schema)
  if (values !== undefined) {
    const key = fc.oneof(
      { weight: 9, arbitrary: fc.constantFrom('80', '443') },
      { weight: 1, arbitrary: fc.constantFrom(...KEYS) },
    )
    return fc.array(fc.tuple(key, nearly(values)), { maxLength: 3 }).map((entries) => fromEntries(entries))
  }
  const properties = Object.entries(schema.properties ?? {})
  if (properties.length === 0) return fc.constantFrom({}, { any: [1, 'a'] })
  const required = new Set(schema.required ?? [])
  // Few of many optional fields: objects stay small however deep the schema.
  const chance = Math.min(0.5, 3 / properties.length)
  return fc
    .tuple(
      ...properties.map(([key, child]) =>
        required.has(key)
          ? fc.option(nearly(child), { freq: 30, nil: undefined }).map((value) => [key, value] as const)
          : fc
              .option(nearly(child), { freq: 2, nil: undefined })
              .chain((value) =>
                fc
                  .double({ min: 0, max: 1, noNaN: true })
                  .map((x) => [key, x < chance * 2 ? value : undefined] as const),
              ),
      ),
    )
    .map((entries) => fromEntries(entries.filter(([, value]) => value !== undefined)))
}

function fromEntries(entries: readonly (readonly [string, unknown])[]): object {
  return JSON.parse(
    `{${entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(',')}}`,
  ) as object
}

/** What a mutation puts in the place of a value, or beside it. */
const STRANGE: readonly unknown[] = [
  null,
  0,
  -1,
  65536,
  1.5,
  '',
  'x',
  '*',
  true,
  [],
  {},
  [null],
  { x: 1 },
  ['x'],
  'x'.repeat(300),
  { value: 'a' },
]

/** Some changes at random places of an object: another value, a field more, a field less, an item twice. */
export function mutated(source: Arbitrary<unknown>): Arbitrary<unknown> {
  const change = fc.record({
    at: fc.nat(1000),
    how: fc.constantFrom('replace', 'add', 'remove', 'null', 'double'),
    value: fc.constantFrom(...STRANGE),
    key: fc.constantFrom('foo', 'name', 'host', 'selector', 'targetRef', 'value', 'exact', 'status'),
  })
  return fc.tuple(source, fc.array(change, { maxLength: 3 })).map(([value, changes]) => {
    const root = { value: structuredClone(value) }
    for (const { at, how, value: replacement, key } of changes) {
      const places = placesOf(root)
      const place = places[at % places.length]!
      const { holder, name } = place
      const current = holder[name as keyof typeof holder] as unknown
      const set = (to: unknown): void => {
        ;(holder as Record<string | number, unknown>)[name] = to
      }
      if (how === 'replace') set(structuredClone(replacement))
      else if (how === 'null') set(null)
      else if (how === 'double' && Array.isArray(current) && current.length > 0)
        current.push(structuredClone(current[0]))
      else if (how === 'add' && typeof current === 'object' && current !== null && !Array.isArray(current)) {
        ;(current as Record<string, unknown>)[key] = structuredClone(replacement)
      } else if (how === 'remove' && !Array.isArray(holder) && holder !== root)
        delete (holder as Record<string | number, unknown>)[name]
    }
    return root.value
  })
}

interface Place {
  readonly holder: object
  readonly name: string | number
}

function placesOf(value: object): Place[] {
  const names: (string | number)[] = Array.isArray(value) ? [...value.keys()] : Object.keys(value)
  return names.flatMap((name) => {
    const child = (value as Record<string | number, unknown>)[name]
    const below = typeof child === 'object' && child !== null ? placesOf(child) : []
    return [{ holder: value, name }, ...below]
  })
}
