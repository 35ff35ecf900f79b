import { describe, expect, it } from 'vitest'
import { CelError, fromJson } from '../cel/value.ts'
import { partRules } from '../gen/rules/index.ts'
import { fromYaml } from '../yaml/parse.ts'
import { celIssues, NATIVE_RULES, ruleProgram } from './cel.ts'
import { findingOf } from './findings.ts'
import type { RuleNode } from './rule-node.ts'
import { validate } from './validate.ts'

const cel = (kind: string, spec: string): string[] => {
  const group =
    kind === 'Telemetry'
      ? 'telemetry'
      : /Plugin|Extension/.test(kind)
        ? 'extensions'
        : /Auth/.test(kind)
          ? 'security'
          : 'networking'
  const version = /Plugin|Extension/.test(kind) ? 'v1alpha1' : kind === 'EnvoyFilter' ? 'v1alpha3' : 'v1'
  const text = `apiVersion: ${group}.istio.io/${version}\nkind: ${kind}\nmetadata: {name: a}\nspec: ${spec}\n`
  return validate(fromYaml(text).documents, { layers: ['schema', 'cel'] }).map(({ message }) => message)
}

const timeout = (value: string): string[] => cel('VirtualService', `{http: [{timeout: ${value}}]}`)

describe('durations are those of Go, at least 1ms', () => {
  for (const good of [
    '1.5h',
    '"+1s"',
    '.5s',
    '5.s',
    '1s1h1s',
    '1000\u00b5s',
    '1000\u03bcs',
    '1ms',
    '2562047h',
  ]) {
    it(`takes ${good}`, () => expect(timeout(good)).toEqual([]))
  }
  for (const bad of ['1d', '1S', '"1s "', '2562048h', '999us', '0s', '"-1s"', '"5"', '""']) {
    it(`refuses ${bad}`, () => expect(timeout(bad)).toHaveLength(1))
  }
})

describe('rules of the CRDs', () => {
  const cases: readonly (readonly [string, string, string, readonly string[]])[] = [
    [
      'a duration',
      'VirtualService',
      '{http: [{timeout: 1d}]}',
      [
        'spec.http[0].timeout: Invalid value: "string": time: invalid duration "1d" evaluating rule: must be a valid duration greater than 1ms',
      ],
    ],
    [
      'a short duration',
      'VirtualService',
      '{http: [{timeout: 1us}]}',
      ['spec.http[0].timeout: Invalid value: "1us": must be a valid duration greater than 1ms'],
    ],
    [
      'durations that are not checked',
      'DestinationRule',
      '{host: a, trafficPolicy: {connectionPool: {tcp: {idleTimeout: x}}, retryBudget: {budgetInterval: z}}}',
      [],
    ],
    [
      'an upsert without a value',
      'Telemetry',
      '{metrics: [{overrides: [{tagOverrides: {a: {operation: UPSERT}}}]}]}',
      [
        'spec.metrics[0].overrides[0].tagOverrides[a]: Invalid value: "object": no such key: value evaluating rule: value must be set when operation is UPSERT',
      ],
    ],
    [
      'a socket with nothing after unix://',
      'WorkloadEntry',
      '{address: "unix://"}',
      [
        'spec.address: Invalid value: "string": index out of range: 8 evaluating rule: UDS must be an absolute path or abstract socket',
        'spec.address: Invalid value: "unix://": UDS may not be a dir',
      ],
    ],
    ['an abstract socket', 'WorkloadEntry', '{address: "unix://@a"}', []],
    [
      'no resolution means NONE, and an empty list counts as set',
      'ServiceEntry',
      '{hosts: [a.b], endpoints: []}',
      ['spec: Invalid value: NONE mode cannot set endpoints'],
    ],
    [
      'ports that are the same for TCP and UDP',
      'ServiceEntry',
      '{hosts: [a.b], ports: [{name: a, number: 1}, {name: b, number: 1}]}',
      ['spec.ports: Invalid value: port number cannot be duplicated'],
    ],
    [
      'a slash makes a CIDR',
      'ServiceEntry',
      '{hosts: [a.b], addresses: [a/b], resolution: DNS}',
      ['spec: Invalid value: CIDR addresses are allowed only for NONE/STATIC resolution types'],
    ],
    [
      'the odd pair of the TLS rule',
      'Gateway',
      '{servers: [{port: {number: 1, protocol: HTTPS, name: a}, hosts: [a], tls: {credentialName: "", credentialNames: [a]}}, {port: {number: 1, protocol: HTTPS, name: a}, hosts: [a], tls: {credentialName: a, tlsCertificates: [{}]}}]}',
      ['spec.servers[0].tls: Invalid value: only one of credentialName or credentialNames can be set'],
    ],
    [
      'a registry with a port',
      'WasmPlugin',
      '{url: "registry.example:5000/a"}',
      [
        'spec.url: Invalid value: "registry.example:5000/a": url must have schema one of [http, https, file, oci]',
      ],
    ],
    ['an address with a port', 'WasmPlugin', '{url: "10.0.0.1:5000/a"}', []],
    ['an image without a scheme', 'WasmPlugin', '{url: "registry/a:v1"}', []],
    ['an odd address', 'WasmPlugin', '{url: "://a"}', []],
    [
      'odd key addresses',
      'RequestAuthentication',
      '{jwtRules: [{jwksUri: "http:a"}, {jwksUri: "http://"}, {jwksUri: "http://a:99999999"}, {jwksUri: "http://a b"}, {jwksUri: "http://a/%zz"}]}',
      [
        'spec.jwtRules[3].jwksUri: Invalid value: "string": URL parse error during conversion from string: "http://a b" evaluating rule: url must have scheme http:// or https://',
        'spec.jwtRules[4].jwksUri: Invalid value: "string": URL parse error during conversion from string: "http://a/%zz" evaluating rule: url must have scheme http:// or https://',
      ],
    ],
    [
      'odd port keys',
      'PeerAuthentication',
      '{selector: {matchLabels: {a: b}}, portLevelMtls: {"0080": {}, "+80": {}}}',
      [],
    ],
    [
      'a hexadecimal port key',
      'PeerAuthentication',
      '{selector: {matchLabels: {a: b}}, portLevelMtls: {"0x50": {}}}',
      [
        'spec.portLevelMtls: Invalid value: "object": strconv.ParseInt: parsing "0x50": invalid syntax evaluating rule: port must be between 1-65535',
      ],
    ],
    [
      'port levels without a selector',
      'PeerAuthentication',
      '{portLevelMtls: {80: {}}}',
      ['spec: Invalid value: portLevelMtls requires selector'],
    ],
    [
      'a waypoint context without its match',
      'EnvoyFilter',
      '{configPatches: [{match: {context: WAYPOINT}}]}',
      ['spec.configPatches[0].match: Invalid value: only support waypointMatch when context is WAYPOINT'],
    ],
    [
      'neither wasm nor lua',
      'TrafficExtension',
      '{}',
      ['spec: Invalid value: exactly one of wasm or lua must be set'],
    ],
    [
      'two selectors',
      'AuthorizationPolicy',
      '{selector: {}, targetRef: {kind: a, name: b}}',
      ['spec: Invalid value: only one of targetRefs or selector can be set'],
    ],
    [
      'a selector of null is no selector',
      'AuthorizationPolicy',
      '{selector: null, targetRef: {kind: a, name: b}}',
      [],
    ],
    ['the three dialects of selectors', 'Sidecar', '{workloadSelector: {labels: {"*": a, "": b}}}', []],
    [
      'a wildcard in a value',
      'Sidecar',
      '{workloadSelector: {labels: {a: "*"}}}',
      ['spec.workloadSelector.labels[a]: Invalid value: "*": wildcard is not supported in selector'],
    ],
    [
      'no rules where the schema does not hold',
      'WasmPlugin',
      '{url: 5}',
      ['spec.url: Invalid value: "integer": spec.url in body must be of type string: "integer"'],
    ],
  ]
  for (const [title, kind, spec, expected] of cases) {
    it(title, () => expect(cel(kind, spec)).toEqual(expected))
  }
})

function allRules(node: RuleNode): string[] {
  const below = [...Object.values(node.fields ?? {}), node.items, node.values].flatMap((one) =>
    one === undefined ? [] : allRules(one),
  )
  return [...(node.rules ?? []).map(({ rule }) => rule), ...below]
}

it('compiles every rule of every kind', () => {
  const rules = new Set(Object.values(partRules).flatMap((parts) => Object.values(parts).flatMap(allRules)))
  expect(rules.size).toBeGreaterThan(25)
  for (const rule of rules) expect(ruleProgram(rule).uses.has('self')).toBe(true)
})

it('has native rules that give what the engine gives', () => {
  const values = ['1s', '999us', 'x', '', '*', 'a*b', '1ms', '-1s', 0, 1, 65535, 65536, -1]
  for (const [rule, native] of NATIVE_RULES) {
    for (const value of values) {
      let expected: unknown
      try {
        expected = ruleProgram(rule).evaluate({ self: fromJson(value) })
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(CelError)
        expected = false
      }
      expect([rule, value, native(value)]).toEqual([rule, value, expected])
    }
  }
})

describe('transition rules', () => {
  const node: RuleNode = {
    rules: [{ rule: 'self.size() >= oldSelf.size()', message: 'must not shrink' }],
    keys: ['name'],
    items: {
      fields: {
        value: { rules: [{ rule: 'self == oldSelf', messageExpression: '"was " + string(oldSelf)' }] },
      },
    },
  }
  it('compares with what was there, items by their keys', () => {
    const old = [
      { name: 'b', value: 2 },
      { name: 'a', value: 1 },
    ]
    expect(celIssues([{ name: 'a', value: 3 }], node, ['x'], { old })).toEqual([
      { path: ['x'], kind: 'cel', message: 'must not shrink' },
      { path: ['x', 0, 'value'], kind: 'cel', value: 3, message: 'was 1' },
    ])
  })
  it('says in its own words what sort of mistake it is, and where', () => {
    const node = (rule: object): RuleNode => ({ rules: [{ rule: 'false', message: 'no', ...rule }] })
    const messages = (rule: object, value: unknown = { a: 1 }): string[] =>
      celIssues(value, node(rule), ['spec']).map((issue) => findingOf(issue).message)
    expect([
      messages({}),
      messages({}, 5),
      messages({}, 'x'),
      messages({ fieldPath: ".a['b.c'].d" }),
      messages({ reason: 'FieldValueForbidden', fieldPath: '.a' }),
      messages({ reason: 'FieldValueRequired', fieldPath: '.b' }),
      messages({ reason: 'FieldValueDuplicate' }, 'x'),
      messages({ reason: 'FieldValueInvalid' }, true),
      messages({ messageExpression: '"a is " + string(self.a)' }),
      messages({ messageExpression: '"two\\nlines"' }),
      messages({ messageExpression: 'self.missing' }),
      messages({ messageExpression: '"  "' }),
      messages({ message: undefined, rule: ' self.a == 2 ' }),
      messages({ rule: 'self.b == 2', fieldPath: '.a' }),
    ]).toEqual([
      ['spec: Invalid value: no'],
      ['spec: Invalid value: 5: no'],
      ['spec: Invalid value: "x": no'],
      ['spec.a.b.c.d: Invalid value: no'],
      ['spec.a: Forbidden: no'],
      ['spec.b: Required value: no'],
      ['spec: Duplicate value: "x"'],
      ['spec: Invalid value: true: no'],
      ['spec: Invalid value: a is 1'],
      ['spec: Invalid value: no'],
      ['spec: Invalid value: no'],
      ['spec: Invalid value: no'],
      ['spec: Invalid value: failed rule: self.a == 2'],
      ['spec: Invalid value: "object": no such key: b evaluating rule: no'],
    ])
  })
  it('does not run without an old value', () => {
    expect(celIssues([{ name: 'a', value: 3 }], node, [])).toEqual([])
  })
  it('runs on creation when the old value is optional', () => {
    const optional: RuleNode = {
      rules: [
        { rule: '!oldSelf.hasValue() || self == oldSelf.value()', optionalOldSelf: true, message: 'no' },
      ],
    }
    expect([
      celIssues(1, optional, []),
      celIssues(1, optional, [], { old: 1 }),
      celIssues(1, optional, [], { old: 2 }).length,
    ]).toEqual([[], [], 1])
  })
})
