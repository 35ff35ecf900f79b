import { type CelInput, CelScalar, celFunc, celMethod, run } from '@bufbuild/cel'
import { strings } from '@bufbuild/cel/ext'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseGoRequestUri } from '../src/cel/functions/go-url.ts'
import { CelError, fromJson } from '../src/cel/value.ts'
import { applyDefaults } from '../src/crd/prune.ts'
import type { JsonSchemaProps } from '../src/crd/schema.ts'
import { structuralIssues } from '../src/crd/structural.ts'
import { ruleProgram } from '../src/validate/cel.ts'
import { ourCrds } from './crd-sets.ts'
import { mutated, nearly } from './schema-arbitrary.ts'

/**
 * The rules of the CRDs in our engine and in that of `@bufbuild/cel`. URLs are Kubernetes' own, so the second engine gets
 * them from us; its durations are those of protobuf, so only values that mean the same to both are compared.
 */
const funcs = [
  ...strings,
  celFunc('isURL', [CelScalar.STRING], CelScalar.BOOL, (text) => parseGoRequestUri(text) !== undefined),
  // The URL itself stands for the value: the method reads it again.
  celFunc('url', [CelScalar.STRING], CelScalar.STRING, (text) => {
    if (parseGoRequestUri(text) === undefined) throw new Error('no URL')
    return text
  }),
  celMethod('getScheme', CelScalar.STRING, [], CelScalar.STRING, function () {
    return parseGoRequestUri(this)!.scheme
  }),
]

function input(value: unknown): CelInput {
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : value
  if (Array.isArray(value)) return value.map(input)
  if (typeof value !== 'object' || value === null) return value as CelInput
  // Nulls are dropped before rules run.
  return new Map(
    Object.entries(value).flatMap(([key, field]) => (field === null ? [] : [[key, input(field)]])),
  ) as CelInput
}

function second(rule: string, self: unknown): unknown {
  try {
    const result = run(rule, { self: input(self) }, { funcs })
    return typeof result === 'boolean' ? result : 'error'
  } catch {
    return 'error'
  }
}

function ours(rule: string, self: unknown): unknown {
  try {
    return ruleProgram(rule).evaluate({ self: fromJson(self) })
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(CelError)
    return 'error'
  }
}

const rules = new Map<string, JsonSchemaProps>()
function collect(schema: JsonSchemaProps): void {
  for (const { rule } of schema['x-kubernetes-validations'] ?? [])
    if (!rules.has(rule)) rules.set(rule, schema)
  for (const child of Object.values(schema.properties ?? {})) collect(child)
  if (schema.items !== undefined) collect(schema.items)
  if (typeof schema.additionalProperties === 'object') collect(schema.additionalProperties)
}
for (const crd of ourCrds().values()) collect(crd.spec.versions[0]!.schema!.openAPIV3Schema!)

describe('every rule of the CRDs gives in a second engine what it gives in ours', () => {
  for (const [rule, schema] of rules) {
    it(rule, () => {
      const values = nearly(schema)
      const seen = new Set<unknown>()
      fc.assert(
        fc.property(fc.oneof(values, mutated(values)), (self) => {
          // Rules run only on values of the right types.
          if (structuralIssues(applyDefaults(self, schema), schema, []).some(({ kind }) => kind === 'type'))
            return
          if (rule.startsWith('duration') && !/^\d+(\.\d+)?(s|m|h|ms)$/.test(String(self))) return
          // It reads texts as numbers that Go does not.
          if (rule.includes('int(key)') && !Object.keys(self as object).every((key) => /^\d+$/.test(key)))
            return
          const result = ours(rule, self)
          seen.add(result)
          expect([self, second(rule, self)]).toEqual([self, result])
        }),
        { numRuns: 150 },
      )
      expect(seen.has(true)).toBe(true)
    })
  }
})
