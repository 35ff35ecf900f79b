import { describe, expect, it } from 'vitest'
import { findKind } from '../src/k8s.ts'
import { validate } from '../src/validate/validate.ts'
import { fromYaml } from '../src/yaml/parse.ts'

/** Title, spec in YAML, what the webhook says as `severity path: message`, and annotations. */
export type RuleCase = readonly [
  title: string,
  spec: string,
  expected: readonly string[],
  annotations?: string,
]

/** A text of 1025 characters, one more than an expression may have. */
const LONG = 'a'.repeat(1025)

/** Puts objects of a kind before all layers; only rules may find something. */
export function rulesOf(kind: string, cases: readonly RuleCase[]): void {
  const info = findKind(kind)!
  describe(`rules of ${kind}`, () => {
    for (const [title, spec, expected, annotations = ''] of cases) {
      it(title, () => {
        const head = `apiVersion: ${info.group}/${info.versions[0]}\nkind: ${kind}\nmetadata: {name: a, annotations: {${annotations}}}\n`
        const text = spec === '' ? head : `${head}spec: ${spec.replace('LONG', LONG)}\n`
        const findings = validate(fromYaml(text).documents)
        expect(findings.map(({ severity, path, message }) => `${severity} ${path}: ${message}`)).toEqual(
          expected,
        )
        expect(findings.filter(({ layer }) => layer !== 'rules')).toEqual([])
      })
    }
  })
}
