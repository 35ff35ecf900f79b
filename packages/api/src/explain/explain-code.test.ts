import { describe, expect, it } from 'vitest'
import { analyzers } from '../analyze/analyzers/index.ts'
import { analyze } from '../analyze/index.ts'
import { fromYaml } from '../yaml/parse.ts'
import { codeExplanations, explainCode, similarCodes } from './explain-code.ts'
import { exampleText } from './guides/index.ts'

/** Codes that depend on more than the objects of one cluster, or on what is in a certificate. */
const WITHOUT_EXAMPLE = [
  'IST0001',
  'IST0141',
  'IST0142',
  'IST0143',
  'IST0168',
  'IST0169',
  'IST0170',
  'BAT0302',
]

/** Errors of the schema are out of place in an example that is about something else. */
const MAY_BE_INVALID = ['BAT1005', 'IST0106', 'IST0126']

const explanations = codeExplanations()

function codesOf(text: string): string[] {
  const { documents, findings } = fromYaml(text)
  expect(findings).toEqual([])
  return analyze(documents, { analyzers: analyzers.map(({ name }) => name) }).map(({ code }) => code)
}

describe('the guide to each code', () => {
  it.each(explanations.map((one) => [one.code, one] as const))(
    '%s says when it is reported',
    (_, { when }) => {
      expect(when).toMatch(/^[A-Za-z].{20,}\.$/)
    },
  )

  const examples = explanations.flatMap(({ code, fix }) => (fix === undefined ? [] : [[code, fix] as const]))

  it.each(examples)('%s is found in its example, and not in the correction', (code, fix) => {
    for (const line of fix.split('\n')) expect(line).toMatch(/^[-+ ]/)
    const wrong = codesOf(exampleText(fix, 'wrong'))
    const right = codesOf(exampleText(fix, 'right'))
    expect(wrong).toContain(code)
    expect(right).not.toContain(code)
    if (!MAY_BE_INVALID.includes(code)) expect([...wrong, ...right]).not.toContain('IST0106')
  })

  it('has an example unless it depends on more than objects', () => {
    const without = explanations.filter(({ fix }) => fix === undefined).map(({ code }) => code)
    expect(without.filter((code) => !WITHOUT_EXAMPLE.includes(code))).toEqual([])
  })
})

describe('explanations of codes', () => {
  it('say what it means, when it is reported and what to do', () => {
    expect(explainCode('bat0101', 80)).toBe(`BAT0101 SingleDestinationWeight (Info)

A route with one destination sends all requests there, whatever the weight.

When it is reported:
  A route has one destination, and its weight is neither 0 nor 100.

Message:
  The weight <weight> has no effect: the route has one destination, which gets
  everything.

What to do:
  Remove the weight, or add the destination that gets the rest.

Example:
   apiVersion: networking.istio.io/v1
   kind: VirtualService
   metadata: {name: cart, namespace: shop}
   spec:
     hosts: [cart]
     http:
     - route:
       - destination: {host: cart}
  -      weight: 90
   ---
   apiVersion: v1
   kind: Service
   metadata: {name: cart, namespace: shop}
   spec: {ports: [{name: http, port: 80}]}

See ${explanations.find(({ code }) => code === 'BAT0101')!.documentationUrl}
`)
  })

  it('exist for codes of validation, and not for others', () => {
    expect(explainCode('schema_required')).toBe('SCHEMA_REQUIRED\n\nA field is missing.\n')
    expect(explainCode('IST9999')).toBeUndefined()
    expect(explainCode('toString')).toBeUndefined()
  })

  it('know what was probably meant', () => {
    expect(similarCodes('IST101')).toEqual(['IST0101'])
    expect(similarCodes('ist-0101')).toEqual(['IST0101'])
    expect(similarCodes('ReferencedResourceNotFound')).toEqual(['IST0101'])
    expect(similarCodes('SCHEMA_REQUIERD')).toEqual(['SCHEMA_REQUIRED'])
    expect(similarCodes('BAT0100')).toContain('BAT0101')
    expect(similarCodes('VirtualService')).toEqual([])
  })
})
