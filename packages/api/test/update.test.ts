import { describe, expect, it } from 'vitest'
import { createJudge } from '../src/crd/judge.ts'
import type { CustomResourceDefinition } from '../src/crd/schema.ts'
import type { KubernetesObject } from '../src/k8s.ts'
import { type ValidateOptions, validate } from '../src/validate/validate.ts'

function rule(spec: object): KubernetesObject {
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'DestinationRule',
    metadata: { name: 'a' },
    spec: { host: 'a', ...spec },
  }
}

const pool = (tcp: object, http: object = {}): object => ({
  trafficPolicy: { connectionPool: { tcp, http } },
})

describe('an update', () => {
  const messages = (next: object, old: object, options: ValidateOptions = {}): string[] =>
    validate(rule(next), { operation: 'update', old: rule(old), ...options }).map(
      ({ layer, message }) => `${layer}: ${message}`,
    )
  const PATH = 'spec.trafficPolicy.connectionPool'

  it('may keep a value that the CRD refuses, while other things change', () => {
    const layers = ['schema', 'cel'] as const
    const old = pool({ connectTimeout: '1us', maxConnections: 2147483648 })
    expect(messages({ ...old, exportTo: ['.'] }, old, { layers })).toEqual([])
    expect(messages(pool({ connectTimeout: '2us', maxConnections: 2147483648 }), old, { layers })).toEqual([
      `cel: ${PATH}.tcp.connectTimeout: Invalid value: "2us": must be a valid duration greater than 1ms`,
    ])
  })

  it('is refused by the webhook for what it keeps', () => {
    const old = pool({ connectTimeout: '1us' })
    expect(messages({ ...old, exportTo: ['.'] }, old)).toEqual(['rules: duration must be greater than 1ms'])
  })

  it('may not keep types and values that the webhook cannot read', () => {
    const old = pool({ maxConnections: 'many' }, { h2UpgradePolicy: 'upgrade' })
    expect(messages({ ...old, exportTo: ['.'] }, old)).toEqual([
      `schema: ${PATH}.tcp.maxConnections: Invalid value: "string": ${PATH}.tcp.maxConnections in body must be of type integer: "string"`,
      `schema: ${PATH}.http.h2UpgradePolicy: Unsupported value: "upgrade": supported values: "DEFAULT", "DO_NOT_UPGRADE", "UPGRADE"`,
    ])
  })

  it('is told of unknown fields also when they were there before', () => {
    expect(messages({ foo: 1 }, { foo: 1 })).toEqual(['schema: unknown field "spec.foo"'])
  })
})

describe('rules that compare with the object before', () => {
  const crd = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'things.example.org' },
    spec: {
      group: 'example.org',
      scope: 'Namespaced',
      names: { kind: 'Thing', plural: 'things' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: {
              type: 'object',
              properties: {
                spec: {
                  type: 'object',
                  'x-kubernetes-validations': [
                    {
                      rule: '!has(oldSelf.class) || has(self.class)',
                      message: 'the class must stay',
                      fieldPath: '.class',
                      reason: 'FieldValueRequired',
                    },
                  ],
                  properties: {
                    class: {
                      type: 'string',
                      'x-kubernetes-validations': [{ rule: 'self == oldSelf', message: 'is immutable' }],
                    },
                    size: {
                      type: 'integer',
                      default: 1,
                      'x-kubernetes-validations': [
                        { rule: 'self < 100', message: 'too large' },
                        {
                          rule: 'self >= oldSelf',
                          messageExpression: '"was " + string(oldSelf) + " before"',
                          reason: 'FieldValueForbidden',
                        },
                      ],
                    },
                    shares: {
                      type: 'object',
                      additionalProperties: {
                        type: 'integer',
                        'x-kubernetes-validations': [{ rule: 'self >= oldSelf', message: 'must not shrink' }],
                      },
                    },
                    parts: {
                      type: 'array',
                      'x-kubernetes-list-type': 'map',
                      'x-kubernetes-list-map-keys': ['name'],
                      items: {
                        type: 'object',
                        properties: {
                          name: { type: 'string' },
                          count: {
                            type: 'integer',
                            'x-kubernetes-validations': [
                              { rule: 'self <= oldSelf', message: 'must not grow' },
                            ],
                          },
                        },
                      },
                    },
                    tags: {
                      type: 'array',
                      items: {
                        type: 'string',
                        'x-kubernetes-validations': [
                          { rule: 'self == oldSelf', message: 'items have no past' },
                        ],
                      },
                    },
                  },
                },
              },
            },
          },
        },
      ],
    },
  } as unknown as CustomResourceDefinition
  const judge = createJudge(crd)
  const thing = (spec: object): KubernetesObject => ({
    apiVersion: 'example.org/v1',
    kind: 'Thing',
    metadata: { name: 'a' },
    spec,
  })
  const cases: readonly (readonly [title: string, next: object, old: object, expected: readonly string[]])[] =
    [
      ['a value that stays', { class: 'a', size: 2 }, { class: 'a', size: 2 }, []],
      ['a value that comes', { class: 'a' }, {}, []],
      [
        'a value that changes',
        { class: 'b' },
        { class: 'a' },
        ['spec.class: Invalid value: "b": is immutable'],
      ],
      ['a value that goes', {}, { class: 'a' }, ['spec.class: Required value: the class must stay']],
      ['a default against what was', {}, { size: 3 }, ['spec.size: Forbidden: was 3 before']],
      ['a bad value that stays', { size: 200, class: 'a' }, { size: 200 }, []],
      ['a bad value that comes', { size: 200 }, { size: 2 }, ['spec.size: Invalid value: 200: too large']],
      [
        'values of a map, by their keys',
        { shares: { a: 1, b: 2, c: 1 } },
        { shares: { b: 3, a: 1 } },
        ['spec.shares[b]: Invalid value: 2: must not shrink'],
      ],
      [
        'items of a list with keys, wherever they stand',
        {
          parts: [
            { name: 'b', count: 2 },
            { name: 'c', count: 9 },
          ],
        },
        { parts: [{ name: 'a' }, { name: 'b', count: 1 }] },
        ['spec.parts[0].count: Invalid value: 2: must not grow'],
      ],
      ['items of other lists', { tags: ['a'] }, { tags: ['b'] }, []],
    ]
  for (const [title, next, old, expected] of cases) {
    it(title, () => {
      const { errors } = judge('v1', thing(next), { operation: 'update', old: thing(old) })
      expect(errors.map(({ message }) => message)).toEqual(expected)
    })
  }
})
