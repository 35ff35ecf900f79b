import { describe, expect, it } from 'vitest'
import gateways from '../gen/json-schema/networking.istio.io_gateways.json' with { type: 'json' }
import virtualServices from '../gen/json-schema/networking.istio.io_virtualservices.json' with {
  type: 'json',
}
import { findKind } from '../k8s.ts'
import { type ExplainSchema, explainField } from './explain-field.ts'
import { printExplanation } from './print.ts'

function explain(...path: string[]): string {
  const schema = virtualServices as unknown as ExplainSchema
  return printExplanation(explainField(schema, findKind('VirtualService')!, path))
}

describe('explanations', () => {
  it('go through lists, and list the fields below', () => {
    expect(explain('spec', 'http', 'match', 'uri')).toBe(`VirtualService.spec.http.match.uri <StringMatch>

Path with query. \`ignoreUriCase\` makes exact and prefix comparison indifferent to case.

Example:
  prefix: /api/

Fields:
  exact <string>
    The whole string must be equal.
  prefix <string>
    The string must begin with this.
  regex <string>
    The whole string must match this regular expression in RE2 syntax.

See https://istio.io/latest/docs/reference/config/networking/virtual-service/
`)
  })

  it('say which values there are and what they mean', () => {
    const path = ['spec', 'servers', 'tls', 'mode']
    const { type, values } = explainField(gateways as unknown as ExplainSchema, findKind('Gateway')!, path)
    expect(type).toBe('ServerTLSMode')
    expect(values.map(({ value }) => value)).toEqual(gateways.$defs.ServerTLSMode.enum)
    expect(values.every(({ description }) => description !== '')).toBe(true)
  })

  it('name the versions of a kind', () => {
    expect(explain()).toContain(
      'Versions: networking.istio.io/v1, networking.istio.io/v1alpha3, networking.istio.io/v1beta1',
    )
  })

  it('say what was probably meant', () => {
    expect(() => explain('spec', 'http', 'timeot')).toThrow('VirtualService.spec.http has no field "timeot"')
    try {
      explain('spec', 'http', 'timeot')
    } catch (error) {
      expect(error).toMatchObject({
        code: 'EXPLAIN_FIELD',
        hint: 'did you mean VirtualService.spec.http.timeout?',
      })
    }
  })

  it.each(['constructor', '__proto__', 'toString'])(
    'know no field %s that objects of JavaScript have',
    (name) => {
      expect(() => explain('spec', name)).toThrow(`VirtualService.spec has no field "${name}"`)
    },
  )

  it.each([
    ['http', 'did you mean VirtualService.spec.http?'],
    ['retries', 'did you mean VirtualService.spec.http.retries?'],
    ['spce', 'did you mean VirtualService.spec?'],
    ['nothing', 'its fields are apiVersion, kind, metadata, spec, status'],
  ])('find %s where a level was left out, or letters were swapped', (name, hint) => {
    expect(() => explain(name)).toThrow(expect.objectContaining({ hint }))
  })

  it('leave metadata to Kubernetes', () => {
    const hint = 'metadata is that of every object of Kubernetes: kubectl explain pod.metadata'
    expect(() => explain('metadata', 'name')).toThrow(expect.objectContaining({ hint }))
  })
})
