import { describe, expect, it } from 'vitest'
import { accepted, validate } from '../src/validate/validate.ts'
import { fromYaml } from '../src/yaml/parse.ts'
import { corpusFiles, corpusText, hasCorpus } from './corpus.ts'

const ALWAYS_REJECT = 'internal.istio.io/webhook-always-reject'

describe.runIf(hasCorpus)('objects that Istio accepts', () => {
  for (const file of corpusFiles('accepted')) {
    it(`${file} is accepted, and refused with the annotation that asks for it`, () => {
      const { documents, objects } = fromYaml(corpusText(file), { file })
      expect(objects.length).toBeGreaterThan(0)
      expect(validate(documents).filter(({ severity }) => severity === 'error')).toEqual([])
      for (const { object } of objects) {
        const metadata = {
          ...object.metadata,
          annotations: { ...object.metadata.annotations, [ALWAYS_REJECT]: 'true' },
        }
        const findings = validate({ ...object, metadata })
        expect(accepted(findings)).toBe(false)
        expect(findings.filter(({ severity }) => severity === 'error').map(({ code }) => code)).toEqual([
          'RULE_ALWAYS_REJECT',
        ])
      }
    })
  }

  for (const file of corpusFiles('samples')) {
    it(`${file} is accepted`, () => {
      const text = corpusText(file)
      // Templates of Helm are not YAML.
      if (text.includes('{{')) return
      const errors = validate(fromYaml(text, { file }).documents).filter(
        ({ severity }) => severity === 'error',
      )
      expect(errors.filter(({ code }) => code !== 'YAML_NOT_AN_OBJECT')).toEqual([])
    })
  }
})
