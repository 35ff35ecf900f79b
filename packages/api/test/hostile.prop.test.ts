import fc, { type Arbitrary } from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JsonSchemaProps } from '../src/crd/schema.ts'
import { CODES } from '../src/errors.ts'
import { kinds } from '../src/k8s.ts'
import type { Finding } from '../src/validate/findings.ts'
import { validateMeshConfig, validateMeshNetworks } from '../src/validate/mesh.ts'
import { type Validatable, validate } from '../src/validate/validate.ts'
import { ourCrds } from './crd-sets.ts'
import { nearly } from './schema-arbitrary.ts'

/** Values of JSON that no field expects, and keys that every object of JavaScript has. */
const KEYS = ['toString', 'constructor', '__proto__', 'hasOwnProperty', 'length', 'then', '', 'items', 'name']
const STRANGE: Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(null, 0, -1, 1.5, 1e300, '', '*', '\u0000', '\ud800', true, [], {}, [[]], [null]),
  fc.constantFrom<unknown>({ toString: 1 }, { valueOf: {}, toString: null }, { length: -1 }),
  fc.jsonValue({ maxDepth: 3 }),
  fc.dictionary(fc.constantFrom(...KEYS), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 3 }),
)

/** What stands in the spec of kinds without a CRD: any fields, so that checks of them run. */
const ANY: Arbitrary<unknown> = fc.oneof(fc.constant(undefined), fc.constant({}), STRANGE)

/** Puts a value at a place below `root`: one that is there, or a new field of an object. */
function put(root: { value: unknown }, at: number, key: string, value: unknown): void {
  const holders: { holder: object; name: string | number }[] = []
  const collect = (holder: object): void => {
    for (const name of Array.isArray(holder) ? holder.keys() : Object.keys(holder)) {
      holders.push({ holder, name })
      const child = (holder as Record<string | number, unknown>)[name]
      if (typeof child === 'object' && child !== null) collect(child)
    }
    if (!Array.isArray(holder) && holder !== root) holders.push({ holder, name: key })
  }
  collect(root)
  const { holder, name } = holders[at % holders.length]!
  Object.defineProperty(holder, name, {
    value: structuredClone(value),
    enumerable: true,
    configurable: true,
    writable: true,
  })
}

function expectWellFormed(findings: readonly Finding[]): void {
  for (const finding of findings) {
    expect(Object.keys(CODES)).toContain(finding.code)
    expect(['error', 'warning', 'info']).toContain(finding.severity)
    expect(['schema', 'cel', 'rules']).toContain(finding.layer)
    expect(typeof finding.path).toBe('string')
    expect(typeof finding.message).toBe('string')
    expect(finding.message).not.toBe('')
    expect(['string', 'undefined']).toContain(typeof finding.hint)
    // What is wrong with a value of JSON can always be said.
    expect(finding).not.toMatchObject({ code: 'YAML_VALUE' })
  }
}

describe('any value of JSON at any place of an object leads to findings, never to an exception', () => {
  const crds = ourCrds()
  const edits = fc.array(fc.tuple(fc.nat(10_000), fc.constantFrom(...KEYS), STRANGE), {
    minLength: 1,
    maxLength: 3,
  })
  for (const info of kinds) {
    it(`${info.group} ${info.kind}`, () => {
      const crd = info.origin === 'istio' ? crds.get(info.kind) : undefined
      const schema = crd?.spec.versions[0]?.schema?.openAPIV3Schema?.properties?.['spec']
      const spec = schema === undefined ? ANY : nearly(schema as JsonSchemaProps)
      const prefix = info.group === '' ? '' : `${info.group}/`
      const object = fc.record({
        apiVersion: fc.constantFrom(...info.versions.map((version) => prefix + version)),
        kind: fc.constant(info.kind),
        metadata: fc.constant({
          name: 'a',
          namespace: 'b',
          labels: { app: 'a' },
          annotations: { 'a.b/c': 'd' },
          ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'a', uid: 'x' }],
          finalizers: ['a/b'],
        }),
        spec,
        status: fc.constant({ conditions: [{ type: 'Ready', status: 'True' }] }),
      })
      const options = fc.record({
        operation: fc.constantFrom('create', 'update', 'status'),
        fieldValidation: fc.constantFrom('Strict', 'Warn', 'Ignore'),
        knownKindsOnly: fc.boolean(),
      } as const)
      fc.assert(
        fc.property(object, object, edits, options, (first, before, changes, chosen) => {
          const root = { value: structuredClone(first) as unknown }
          for (const [at, key, value] of changes) put(root, at, key, value)
          const text = JSON.stringify(root.value)
          expectWellFormed(validate(root.value as Validatable, { ...chosen, old: before } as object))
          // The object itself stays as it was.
          expect(JSON.stringify(root.value)).toBe(text)
          const old = { value: structuredClone(before) as unknown }
          for (const [at, key, value] of changes) put(old, at, key, value)
          expectWellFormed(validate(first as unknown as Validatable, { old: old.value } as object))
        }),
        { numRuns: 150 },
      )
    })
  }

  it('documents that are no objects of the API', () => {
    fc.assert(
      fc.property(STRANGE, edits, (first, changes) => {
        const root = { value: structuredClone({ defaultConfig: {}, networks: {}, first }) as unknown }
        for (const [at, key, value] of changes) put(root, at, key, value)
        expectWellFormed(validateMeshConfig(root.value as object))
        expectWellFormed(validateMeshNetworks(root.value as object))
        expectWellFormed(validate(root.value as Validatable))
      }),
      { numRuns: 500 },
    )
  })
})

describe('values of JavaScript that are no JSON', () => {
  const circular: Record<string, unknown> = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' } }
  circular['spec'] = { containers: [circular] }
  const list: unknown[] = []
  list.push(list)
  const filter = (value: unknown): object => ({
    apiVersion: 'networking.istio.io/v1alpha3',
    kind: 'EnvoyFilter',
    metadata: { name: 'a' },
    spec: { configPatches: [{ applyTo: 'CLUSTER', patch: { operation: 'MERGE', value: { value } } }] },
  })
  let deep: unknown = 1
  for (let i = 0; i < 100_000; i++) deep = [deep]
  const self: Record<string, unknown> = {}
  self['self'] = self
  const cases: readonly (readonly [string, unknown, string])[] = [
    ['undefined', undefined, 'expected an object of Kubernetes, found undefined'],
    ['null', null, 'expected an object of Kubernetes, found null'],
    ['a number', 7, 'expected an object of Kubernetes, found a number'],
    ['a text', 'a', 'expected an object of Kubernetes, found a string'],
    ['a symbol', Symbol('a'), 'expected an object of Kubernetes, found a symbol'],
    ['a function', () => 1, 'expected an object of Kubernetes, found a function'],
    ['a list that holds itself', list, 'expected an object of Kubernetes, found a list'],
    ['an object without a prototype', Object.create(null), "Object 'apiVersion' is missing"],
    [
      'a getter that throws',
      {
        apiVersion: 'v1',
        get kind(): string {
          throw new Error('no')
        },
      },
      'the value cannot be read: no',
    ],
    ['an object that holds itself', filter(self), 'the value holds itself'],
    ['an object without a bottom', filter(deep), 'the value is nested deeper than 200 levels'],
  ]
  for (const [title, value, message] of cases) {
    it(`${title} is a finding`, () => {
      expect(validate(value as Validatable).map((finding) => finding.message)).toContain(message)
    })
  }

  it('a number without a counterpart is a finding at its place', () => {
    const object = { ...circular, apiVersion: 'networking.istio.io/v1', kind: 'DestinationRule' }
    const spec = { host: 'a', trafficPolicy: { connectionPool: { tcp: { maxConnections: 1n } } } }
    expect(validate({ ...object, spec } as unknown as Validatable).map(({ path }) => path)).toEqual([
      'spec.trafficPolicy.connectionPool.tcp.maxConnections',
    ])
  })
})
