import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createJudge, type Judgement } from '../src/crd/judge.ts'
import type { KubernetesObject } from '../src/k8s.ts'
import { accepted, validate } from '../src/validate/validate.ts'
import { hasCorpus } from './corpus.ts'
import { ourCrds, theirCrds } from './crd-sets.ts'
import { mutated, nearly } from './schema-arbitrary.ts'

function sorted(judgement: Judgement): Judgement {
  return { ...judgement, errors: judgement.errors.toSorted((a, b) => (a.message < b.message ? -1 : 1)) }
}

/**
 * Objects that are nearly valid are put before our CRDs and before those of Istio in one engine, and before the
 * generated validators. All three must say the same.
 */
describe.runIf(hasCorpus)(
  'one verdict from our CRDs, from those of Istio and from the generated validators',
  () => {
    const theirs = theirCrds()
    for (const [kind, crd] of ourCrds()) {
      it(kind, () => {
        const ourJudge = createJudge(crd)
        const theirJudge = createJudge(theirs.get(kind)!)
        const { group, versions } = crd.spec
        const properties = versions[0]!.schema!.openAPIV3Schema!.properties!
        const spec = nearly(properties['spec']!)
        const object = fc.tuple(
          fc.constantFrom(...versions.map(({ name }) => name)),
          fc.oneof({ weight: 1, arbitrary: spec }, { weight: 2, arbitrary: mutated(spec) }),
          fc.option(mutated(nearly(properties['status']!)), { nil: undefined, freq: 3 }),
        )
        let good = 0
        let bad = 0
        fc.assert(
          fc.property(object, ([version, spec, status]) => {
            const candidate = {
              apiVersion: `${group}/${version}`,
              kind,
              metadata: { name: 'a' },
              ...(spec === undefined ? {} : { spec }),
              ...(status === undefined ? {} : { status }),
            } as KubernetesObject
            const before = JSON.stringify(candidate)
            const ours = ourJudge(version, candidate)
            const their = theirJudge(version, candidate)
            // The order of errors is that of the fields in the schema, which means nothing.
            expect(sorted(ours)).toEqual(sorted(their))
            const findings = validate(candidate, { layers: ['schema', 'cel'] })
            const isAccepted = ours.errors.length === 0 && ours.unknownFields.length === 0
            expect({ candidate, accepted: accepted(findings), findings }).toEqual({
              candidate,
              accepted: isAccepted,
              findings,
            })
            const unknown = findings
              .filter(({ code }) => code === 'SCHEMA_UNKNOWN_FIELD')
              .map(({ path }) => path)
            // Below a value of the wrong type the validators report the type, and leave it at that.
            if (ours.errors.every(({ kind }) => kind !== 'type'))
              expect(unknown.sort()).toEqual([...ours.unknownFields].sort())
            expect(JSON.stringify(candidate)).toBe(before)
            if (isAccepted) good++
            else bad++
          }),
          { numRuns: 500 },
        )
        // The objects must be of both sorts, or nothing was shown.
        expect(Math.min(good, bad)).toBeGreaterThan(25)
      })
    }
  },
)
