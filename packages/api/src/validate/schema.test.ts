import { describe, expect, it } from 'vitest'
import type { KubernetesObject } from '../k8s.ts'
import { fromYaml } from '../yaml/parse.ts'
import { validate } from './validate.ts'

const VIRTUAL_SERVICE = 'apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: a}\n'
const WASM_PLUGIN = 'apiVersion: extensions.istio.io/v1alpha1\nkind: WasmPlugin\nmetadata: {name: a}\n'
const SERVICE_ENTRY = 'apiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata: {name: a}\n'

const messages = (text: string): string[] =>
  validate(fromYaml(text).documents, { layers: ['schema'] }).map(({ message }) => message)

describe('schema errors have the words of the API server', () => {
  const cases: readonly (readonly [string, string, readonly string[]])[] = [
    [
      'a missing field',
      `${VIRTUAL_SERVICE}spec: {http: [{route: [{weight: 1}]}]}`,
      ['spec.http[0].route[0].destination: Required value'],
    ],
    [
      'null for a required field',
      `${VIRTUAL_SERVICE}spec: {http: [{mirror: {host: null}}]}`,
      ['spec.http[0].mirror.host: Required value'],
    ],
    ['null for an optional field', `${VIRTUAL_SERVICE}spec: {hosts: null, http: null}`, []],
    [
      'null in a list',
      `${VIRTUAL_SERVICE}spec: {hosts: [null]}`,
      ['spec.hosts[0]: Invalid value: "null": spec.hosts[0] in body must be of type string: "null"'],
    ],
    [
      'the wrong type',
      `${VIRTUAL_SERVICE}spec: {hosts: a, http: [{timeout: 5}]}`,
      [
        'spec.hosts: Invalid value: "string": spec.hosts in body must be of type array: "string"',
        'spec.http[0].timeout: Invalid value: "integer": spec.http[0].timeout in body must be of type string: "integer"',
      ],
    ],
    [
      'a value that is not in the enumeration',
      `${WASM_PLUGIN}spec: {url: a, phase: authn}`,
      [
        'spec.phase: Unsupported value: "authn": supported values: "UNSPECIFIED_PHASE", "AUTHN", "AUTHZ", "STATS"',
      ],
    ],
    [
      'unknown fields at all depths, also in the status',
      `${VIRTUAL_SERVICE}foo: 1\nspec: {htp: [], http: [{rout: []}]}\nstatus: {any: 1, conditions: [{typ: a, status: 5}]}`,
      [
        'unknown field "foo"',
        'unknown field "spec.htp"',
        'unknown field "spec.http[0].rout"',
        'unknown field "status.conditions[0].typ"',
      ],
    ],
    [
      'numbers out of bounds',
      `${WASM_PLUGIN}spec: {url: a, priority: 2147483648, match: [{ports: [{number: 0}, {number: 65536}]}]}`,
      [
        'spec.priority: Invalid value: 2147483648: spec.priority in body must be of type int32: 2147483648',
        'spec.match[0].ports[0].number: Invalid value: 0: spec.match[0].ports[0].number in body should be greater than or equal to 1',
        'spec.match[0].ports[1].number: Invalid value: 65536: spec.match[0].ports[1].number in body should be less than or equal to 65535',
      ],
    ],
    ['80.0 for an integer', `${WASM_PLUGIN}spec: {url: a, priority: 80.0}`, []],
    [
      'lengths, which count code points',
      `${WASM_PLUGIN}spec: {url: "", imagePullSecret: "", selector: {matchLabels: {a: "${'😀'.repeat(63)}", b: "${'x'.repeat(64)}"}}}`,
      [
        'spec.url: Invalid value: "": spec.url in body should be at least 1 chars long',
        'spec.imagePullSecret: Invalid value: "": spec.imagePullSecret in body should be at least 1 chars long',
        'spec.selector.matchLabels.b: Too long: may not be more than 63 bytes',
      ],
    ],
    [
      'items of a list with the same key',
      `${SERVICE_ENTRY}spec: {hosts: [a.b], ports: [{name: a, number: 1}, {name: a, number: 2}]}`,
      ['spec.ports[1]: Duplicate value: {"name":"a"}'],
    ],
    ['a missing spec', SERVICE_ENTRY, ['spec: Required value']],
    ['a missing spec where the CRD does not ask for one', VIRTUAL_SERVICE, []],
    [
      'a pattern',
      `${WASM_PLUGIN}spec: {url: a, sha256: abc}`,
      [`spec.sha256: Invalid value: "abc": spec.sha256 in body should match '(^$|^[a-f0-9]{64}$)'`],
    ],
    [
      'base64',
      `${VIRTUAL_SERVICE}spec: {http: [{directResponse: {status: 200, body: {bytes: "YQ"}}}]}`,
      [
        'spec.http[0].directResponse.body.bytes: Invalid value: "YQ": spec.http[0].directResponse.body.bytes in body must be of type byte: "YQ"',
      ],
    ],
    [
      'a version that is not served',
      'apiVersion: networking.istio.io/v2\nkind: Gateway\nmetadata: {name: a}\nspec: {}\n',
      ['no matches for kind "Gateway" in version "networking.istio.io/v2"'],
    ],
    [
      'names and labels',
      'apiVersion: v1\nkind: Service\nmetadata: {name: 9a, namespace: A, labels: {a/b/c: x, ok: "-"}, foo: 1}\n',
      [
        'unknown field "metadata.foo"',
        `metadata.name: Invalid value: "9a": a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')`,
        `metadata.namespace: Invalid value: "A": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')`,
        `metadata.labels: Invalid value: "a/b/c": a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
        `metadata.labels: Invalid value: "-": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')`,
      ],
    ],
  ]
  for (const [title, text, expected] of cases) {
    it(title, () => {
      expect(messages(text)).toEqual(expected)
    })
  }
})

it('says where it is, with file, line and column', () => {
  const { documents } = fromYaml(`${VIRTUAL_SERVICE}spec:\n  hosts: [a]\n  htp: []\n`, { file: 'a.yaml' })
  expect(validate(documents, { layers: ['schema'] })).toEqual([
    {
      code: 'SCHEMA_UNKNOWN_FIELD',
      severity: 'error',
      layer: 'schema',
      path: 'spec.htp',
      message: 'unknown field "spec.htp"',
      object: 'VirtualService a',
      file: 'a.yaml',
      range: { line: 6, column: 3, endLine: 6, endColumn: 6 },
    },
  ])
})

it('judges the items of a list', () => {
  const item = { metadata: { name: 'a' }, spec: { hosts: ['a'], htp: [] } }
  const type = { apiVersion: 'networking.istio.io/v1', kind: 'VirtualService' }
  const found = (list: object): unknown[] =>
    validate(list as KubernetesObject, { layers: ['schema'] }).map(({ path, message, object }) => [
      path,
      message,
      object,
    ])
  const expected = [
    ['items[0].spec.htp', 'unknown field "spec.htp"', 'VirtualService a'],
    ['items[1]', 'expected an object of Kubernetes, found a number', undefined],
  ]
  expect(found({ apiVersion: 'v1', kind: 'List', items: [{ ...type, ...item }, 7] })).toEqual(expected)
  expect(found({ ...type, kind: 'VirtualServiceList', items: [item, 7] })).toEqual(expected)
  expect(found({ ...type, kind: 'ThingList', items: [] })).toEqual([
    ['apiVersion', 'no matches for kind "ThingList" in version "networking.istio.io/v1"', undefined],
  ])
})

describe('thousands of findings of one object', () => {
  const unknown = Object.fromEntries(Array.from({ length: 1500 }, (_, i) => [`field${i}`, 1]))
  const object = {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name: 'reviews' },
    spec: { hosts: ['reviews'], http: [{ route: [{ destination: { host: 'reviews' } }] }], ...unknown },
  }

  it('are counted when they are not shown', () => {
    const findings = validate(object)
    expect(findings).toHaveLength(1001)
    expect(findings.at(-1)).toMatchObject({
      code: 'TOO_MANY_FINDINGS',
      severity: 'warning',
      message: '500 more findings are not shown',
    })
  })

  it('do not hide an error behind warnings', () => {
    const findings = validate({ ...object, metadata: {} }, { fieldValidation: 'Warn' })
    expect(findings).toHaveLength(1001)
    expect(findings.filter(({ severity }) => severity === 'error')).toMatchObject([{ path: 'metadata.name' }])
  })
})
