import { stripTypeScriptTypes } from 'node:module'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Lexer } from 'yaml'
import { toTypeScript } from '../src/groups/convert.ts'
import * as gatewayApi from '../src/groups/gateway-api.ts'
import * as api from '../src/index.ts'
import { fromYaml } from '../src/yaml/parse.ts'
import { toYaml } from '../src/yaml/print.ts'
import { diagnostics } from './compile.ts'
import { corpusFiles, corpusText, hasCorpus } from './corpus.ts'
import { ourCrds } from './crd-sets.ts'
import { mutated, nearly } from './schema-arbitrary.ts'

/** Runs a module that {@link toTypeScript} wrote, and gives its default export. */
function run(code: string): unknown {
  const script = stripTypeScriptTypes(code)
    .replaceAll(/^import (\{[^}]*\}) from '@batten\/api\/gateway-api'/gm, 'const $1 = gatewayApi')
    .replaceAll(/^import (\{[^}]*\}) from '@batten\/api'/gm, 'const $1 = api')
    .replaceAll(/^(const \{[^}]*\})/gm, (names) => names.replaceAll(' as ', ': '))
    .replaceAll(/^export const/gm, 'const')
    .replace(/^export default/m, 'return')
  return new Function('api', 'gatewayApi', script)(api, gatewayApi)
}

/** Texts of the comments of YAML. */
function commentsOf(yaml: string): string[] {
  const tokens = [...new Lexer().lex(yaml)].filter((token) => token.startsWith('#'))
  return tokens.map((token) => token.slice(1).replace(/^ /, '').trimEnd()).filter((text) => text !== '')
}

/** Texts of the comments of TypeScript. */
function comments(code: string): string[] {
  return [...code.matchAll(/^ *\/\/ ?(.*)$/gm)].map(([, text]) => text!)
}

const BOOKINFO = `# Jason sees the stars.
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews, namespace: shop}
spec:
  hosts: [reviews]
  http:
  - match: [{headers: {end-user: {exact: jason}}, uri: {prefix: /api}}, {method: {exact: GET}, withoutHeaders: {x-test: {}}}]
    route: [{destination: {host: reviews, subset: v2}}]
    retries: {attempts: 3, perTryTimeout: 2s}
    timeout: 5s
  - route:
    - {destination: {host: reviews, subset: v1, port: {number: 9080}}, weight: 90}
    - {destination: {host: reviews, subset: v3, port: {number: 9080}}, weight: 10}
    mirror: {host: reviews, subset: v4}
  - redirect: {uri: /}
---
apiVersion: networking.istio.io/v1alpha3
kind: DestinationRule
metadata: {name: reviews}
spec: {host: reviews, trafficPolicy: {loadBalancer: {simple: RANDOM}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: route}
spec: {selector: {matchLabels: {app: a}}, template: {metadata: {labels: {app: a}}, spec: {containers: []}}}
---
apiVersion: example.com/v1
kind: Lamp
metadata: {name: desk}
lit: true
text: "it's\\ntwo lines"
`

const VIRTUAL_SERVICE = 'apiVersion: networking.istio.io/v1\nkind: VirtualService\n'

/** What people, or people who mean no good, write. */
const ODD: Readonly<Record<string, string>> = {
  nothing: '',
  'comments only': '# a\n# b\n',
  'documents without content': '---\n---\n# x\n---\n',
  'names that are words of the language, or no names at all': [
    ...[
      'class',
      'default',
      'await',
      'exports',
      'undefined',
      'NaN',
      'arguments',
      'globalThis',
      '42',
      '1-2',
      '--',
    ],
    ...['é', '日本', 'a.b', 'a b', 'route', 'to', 'virtualService', 'constructor', '__proto__', 'of', 'a/*'],
  ]
    .map((name) => `${VIRTUAL_SERVICE}metadata: {name: ${JSON.stringify(name)}}\nspec: {hosts: [a]}\n`)
    .join('---\n'),
  'one name several times': [
    `${VIRTUAL_SERVICE}metadata: {name: a}\nspec: {hosts: [a]}\n`,
    'apiVersion: v1\nkind: VirtualService\nmetadata: {name: aVirtualService}\n',
    `${VIRTUAL_SERVICE}metadata: {name: a}\nspec: {}\n`,
  ].join('---\n'),
  'odd kinds':
    'apiVersion: x/v1\nkind: "日本"\nmetadata: {}\n---\napiVersion: "x`$y"\nkind: "*/"\nmetadata: 7\n',
  'quotes, backticks, dollars and backslashes': `${VIRTUAL_SERVICE}metadata: {name: a, annotations: {"a\`b": "x\${y}\`z", q: "it's \\"q\\" \\\\", n: "a\\nb\\\\n\${x}\`", r: "a\\r\\nb", u: "\\u2028\\u202e\\u00a0é😀", t: "\\t"}}\nspec: {}\n`,
  numbers:
    'apiVersion: x/v1\nkind: A\nmetadata: {name: a}\nspec: {big: 12345678901234567890, e: 1e21, neg: -0, f: 1.5e-7, o: 017, hex: 0x1F, i: 9007199254740993, u: 1_000}\n',
  'keys that are special in JavaScript': [
    'apiVersion: x/v1\nkind: A\nmetadata: {name: a, labels: {__proto__: b, constructor: c}}\nspec: {__proto__: {a: 1}, x: [{__proto__: 1}]}\n',
    `${VIRTUAL_SERVICE}metadata: {name: a, labels: {__proto__: b}}\nspec: {http: [{match: [{headers: {__proto__: {exact: b}}}], route: [{destination: {host: a, subset: __proto__}, weight: 50}, {destination: {host: a, subset: b}, weight: 50}]}]}\n`,
    `${VIRTUAL_SERVICE}metadata: {name: a}\nspec: {__proto__: {hosts: [b]}, hosts: [a]}\n`,
  ].join('---\n'),
  'Windows line ends and a byte order mark':
    `\ufeff# c\n${VIRTUAL_SERVICE}metadata:\n  name: a # n\nspec:\n  # h\n  hosts: [a]\n`.replaceAll(
      '\n',
      '\r\n',
    ),
  anchors: `${VIRTUAL_SERVICE}metadata: {name: a}\nspec:\n  hosts: &h [a, b]\n  gateways: *h\n  http:\n  - &r\n    route: [{destination: {host: a}}]\n  - <<: *r\n    timeout: 2s\n`,
  'comments with what ends a line of JavaScript': `# a\u2028b\\u2029c */ \u202e\n${VIRTUAL_SERVICE}metadata: {name: a}\nspec:\n  "h\u2028": 1 # d\u2029e\n`,
  'a list of one kind':
    'apiVersion: networking.istio.io/v1\nkind: VirtualServiceList\nitems:\n- metadata: {name: a}\n  spec: {hosts: [a]}\n',
  'Gateways of Istio and of the Gateway API': [
    'apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: a}\nspec: {servers: []}\n',
    'apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: gateway}\nspec: {gatewayClassName: a, listeners: [{name: a, port: 80, protocol: HTTP}]}\n',
    'apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: b, finalizers: [x]}\nspec: {gatewayClassName: a, listeners: []}\n',
  ].join('---\n'),
  'nulls and missing parts': [
    `${VIRTUAL_SERVICE}metadata: {name: a, creationTimestamp: null}\nspec: {hosts: [a]}\nstatus: {}\n`,
    `${VIRTUAL_SERVICE}metadata: {name: b, labels: null}\nspec: {hosts: null}\n`,
    `${VIRTUAL_SERVICE}metadata: null\nspec: null\n`,
    `${VIRTUAL_SERVICE}metadata: {generateName: c-}\n`,
    'apiVersion: gateway.networking.k8s.io/v1\nkind: GatewayClass\nmetadata: {name: a, namespace: b}\nspec: {controllerName: a.b/c}\n',
  ].join('---\n'),
  'values of the wrong type': [
    `${VIRTUAL_SERVICE}metadata: {name: a}\nspec: {hosts: a, http: {}, x: 1, tcp: [1, null]}\n`,
    `${VIRTUAL_SERVICE}metadata: {name: b}\nspec: []\n`,
    `${VIRTUAL_SERVICE}metadata: {name: c}\nspec: {http: [null, 1, {match: 1, route: {}}, {match: [null], route: [null]}, {match: [{headers: 1, uri: 2}], route: [{destination: 1}], fault: 1, mirror: 2, headers: {request: 3}, retries: [], corsPolicy: 4}]}\n`,
    `${VIRTUAL_SERVICE}metadata: {name: 7, labels: {a: 1}}\nspec: {}\n`,
  ].join('---\n'),
  'parts without content': `${VIRTUAL_SERVICE}metadata: {name: a}\nspec: {hosts: [], http: [{}, {match: [{}], route: []}, {route: [], timeout: ""}, {fault: {}, headers: {}, route: [{destination: {host: a}, headers: {}}]}, {redirect: {}}, {delegate: {}}]}\n`,
  'labels of an object and of its workload':
    'apiVersion: networking.istio.io/v1\nkind: WorkloadEntry\nmetadata: {name: a, labels: {x: z}}\nspec: {address: 1.2.3.4, labels: {a: b}}\n',
  'fields that kinds of Kubernetes do not have here':
    'apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspek: {}\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {ports: [], selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: []}}}\n',
  'a version that is not served':
    'apiVersion: networking.istio.io/v1alpha9\nkind: VirtualService\nmetadata: {name: a}\nspec: {hosts: [a]}\n',
}

describe('YAML turned into TypeScript', () => {
  it('uses the short builders where they say the same', () => {
    expect(toTypeScript(BOOKINFO).code).toBe(`import {
  deployment,
  destinationRule,
  header,
  type KubernetesObject,
  method,
  prefix,
  redirect,
  route,
  split,
  to,
  virtualService,
} from '@batten/api'

// Jason sees the stars.
export const reviews = virtualService({
  name: 'reviews',
  namespace: 'shop',
  hosts: ['reviews'],
  http: [
    route(to('reviews', { subset: 'v2' }))
      .when(header('end-user').exact('jason'), prefix('/api'))
      .when(method('GET'), header('x-test').absent())
      .retry(3, { perTryTimeout: '2s' })
      .timeout('5s'),
    route(to('reviews', split({ v1: 90, v3: 10 }), { port: 9080 }))
      .mirror('reviews', { subset: 'v4' }),
    redirect({ uri: '/' }),
  ],
})

export const reviewsDestinationRule = destinationRule({
  apiVersion: 'networking.istio.io/v1alpha3',
  name: 'reviews',
  host: 'reviews',
  trafficPolicy: { loadBalancer: { simple: 'RANDOM' } },
})

export const routeDeployment = deployment({
  name: 'route',
  podLabels: { app: 'a' },
  pod: { containers: [] },
})

export const desk = {
  apiVersion: 'example.com/v1',
  kind: 'Lamp',
  metadata: { name: 'desk' },
  lit: true,
  text: \`it's
two lines\`,
} satisfies KubernetesObject & Record<string, unknown>

export default [reviews, reviewsDestinationRule, routeDeployment, desk]
`)
  })

  it('gives the same objects when it runs', () => {
    expect(run(toTypeScript(BOOKINFO).code)).toEqual(fromYaml(BOOKINFO).objects.map(({ object }) => object))
  })

  it('takes many objects of the same name', () => {
    const text = (comment: number): string =>
      `apiVersion: v1\nkind: Namespace\nmetadata: {name: shop} # the ${comment}th\n`
    const { code } = toTypeScript(Array.from({ length: 6_000 }, (_, i) => text(i)).join('---\n'))
    expect(code.match(/^export const \w+/gm)!.slice(0, 4)).toEqual([
      'export const shop',
      'export const shopNamespace',
      'export const shopNamespace2',
      'export const shopNamespace3',
    ])
    expect(code).toMatch(/the 5999th\nexport const shopNamespace5999 = /)
  })

  it('reports documents that cannot be read, and converts the others', () => {
    const { code, findings } = toTypeScript(
      'a: [\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n',
    )
    expect(findings.map(({ code: one }) => one)).toEqual(['YAML_SYNTAX'])
    expect(code).toBe(`import { namespace } from '@batten/api'

export const shop = namespace({ name: 'shop' })

export default [shop]
`)
  })

  it('keeps comments: of the file at its top, of an object, of its fields and at its end', () => {
    const text = `# Licence

# About reviews.
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: reviews # short
spec:
  # Inside of the mesh.
  hosts: [reviews]
  http:
  # Jason first.
  - match: # by header
    - headers: {end-user: {exact: jason}}
    route: [{destination: {host: reviews, subset: v2}}]
    timeout: 2s # not more
    mirror: {host: audit}
  # - route: [] # switched off
# The end of reviews.
---
# A document without content.
---
apiVersion: v1
kind: List
# About the list.
items:
- apiVersion: example.com/v1
  kind: Lamp
  metadata: {name: desk}
  # About the lamp.
  lit: true
---
# At the very end.
`
    expect(toTypeScript(text).code).toBe(`// Licence

import { header, type KubernetesObject, route, to, virtualService } from '@batten/api'

// About reviews.
export const reviews = virtualService({
  // short
  name: 'reviews',
  // Inside of the mesh.
  hosts: ['reviews'],
  http: [
    // Jason first.
    // by header
    route(to('reviews', { subset: 'v2' }))
      .when(header('end-user').exact('jason'))
      // not more
      .timeout('2s')
      .mirror('audit'),
    // - route: [] # switched off
  ],
})
// The end of reviews.

// A document without content.
// About the list.
export const desk = {
  apiVersion: 'example.com/v1',
  kind: 'Lamp',
  metadata: { name: 'desk' },
  // About the lamp.
  lit: true,
} satisfies KubernetesObject & Record<string, unknown>

export default [reviews, desk]

// At the very end.
`)
  })

  it('writes an object that has not the shape of its kind without a type, and says why', () => {
    expect(
      toTypeScript(
        'apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: a}\nspec: {htp: []}\n',
      ).code,
    ).toBe(`import type { KubernetesObject } from '@batten/api'

// Without a type. VirtualService: unknown field "spec.htp"
export const a = {
  apiVersion: 'networking.istio.io/v1',
  kind: 'VirtualService',
  metadata: { name: 'a' },
  spec: { htp: [] },
} satisfies KubernetesObject & Record<string, unknown>

export default [a]
`)
  })

  it('uses them for TCP and TLS routes, subsets, servers, principals and the Gateway API', () => {
    const text = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: mongo}
spec:
  hosts: [mongo]
  tcp:
  - match: [{port: 27017}]
    route: [{destination: {host: mongo, subset: v1}, weight: 90}, {destination: {host: mongo, subset: v2}, weight: 10}]
  tls:
  - match: [{sniHosts: [mongo]}]
    route: [{destination: {host: mongo, port: {number: 27018}}}]
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: rules}
spec: {host: mongo, subsets: [{name: v1, labels: {version: v1}}, {name: v2, labels: {track: canary}}]}
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: edge}
spec:
  servers:
  - {port: {number: 80, name: http-80, protocol: HTTP}, hosts: [a.example.com]}
  - {port: {number: 443, name: https-443, protocol: HTTPS}, hosts: [a.example.com], tls: {mode: SIMPLE, credentialName: a}}
  - {port: {number: 81, name: web, protocol: HTTP}, hosts: ['*']}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: allow}
spec: {rules: [{from: [{source: {principals: [cluster.local/ns/a/sa/b, '*', td2/ns/a/sa/b]}}]}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: reviews}
spec:
  parentRefs: [{name: edge, sectionName: http}, {group: '', kind: Service, name: reviews, port: 9080}]
  rules: [{backendRefs: [{name: v1, port: 80, weight: 90}, {name: v2, port: 80, weight: 10}]}]
`
    const { code } = toTypeScript(text)
    expect(toYaml(run(code))).toBe(toYaml(fromYaml(text).objects.map(({ object }) => object)))
    expect(code.slice(code.indexOf('export'))).toBe(`export const mongo = virtualService({
  name: 'mongo',
  hosts: ['mongo'],
  tcp: [{ match: [{ port: 27017 }], route: to('mongo', split({ v1: 90, v2: 10 })) }],
  tls: [{ match: [{ sniHosts: ['mongo'] }], route: [to('mongo', { port: 27018 })] }],
})

export const rules = destinationRule({
  name: 'rules',
  host: 'mongo',
  subsets: [subset('v1'), subset('v2', { track: 'canary' })],
})

export const edge = gateway({
  name: 'edge',
  servers: [
    httpServer(80, 'a.example.com'),
    httpsServer(443, 'a', 'a.example.com'),
    { port: { number: 81, name: 'web', protocol: 'HTTP' }, hosts: ['*'] },
  ],
})

export const allow = authorizationPolicy({
  name: 'allow',
  rules: [
    { from: [{ source: { principals: [principal('a', 'b'), '*', principal('a', 'b', 'td2')] } }] },
  ],
})

export const reviews = httpRoute({
  name: 'reviews',
  parentRefs: [onGateway('edge', { sectionName: 'http' }), onService('reviews', 9080)],
  rules: [{ backendRefs: [backend('v1', 80, { weight: 90 }), backend('v2', 80, { weight: 10 })] }],
})

export default [mongo, rules, edge, allow, reviews]
`)
  })

  /** Everything that was written, to be compiled at once. */
  const modules = new Map<string, string>()

  it.each(Object.entries(ODD))('gives the same objects of %s', (title, text) => {
    const { code } = toTypeScript(text)
    expect(toYaml(run(code))).toBe(toYaml(fromYaml(text).objects.map(({ object }) => object)))
    modules.set(`odd-${title.replaceAll(/\W/g, '-')}.ts`, code)
  })

  it('gives the same objects of every kind, nearly valid ones among them', () => {
    let typed = 0
    for (const [kind, { spec }] of ourCrds()) {
      const schema = nearly(spec.versions[0]!.schema!.openAPIV3Schema!.properties!['spec']!)
      const specs = fc.sample(fc.oneof(schema, mutated(schema)), { numRuns: 40, seed: 1 })
      const objects = specs.map((one, i) => ({
        apiVersion: `${spec.group}/${spec.versions[0]!.name}`,
        kind,
        metadata: { name: `${kind.toLowerCase()}-${i}` },
        ...(one === undefined ? {} : { spec: one }),
      }))
      const text = toYaml(objects)
      const { code } = toTypeScript(text)
      expect(toYaml(run(code))).toBe(text)
      modules.set(`${kind}.ts`, code)
      typed += [...code.matchAll(/^export const \w+ = \w+\(/gm)].length
    }
    expect(typed).toBeGreaterThan(100)
  })

  it.skipIf(!hasCorpus)(
    'gives the same YAML for every file of the corpus, and keeps every comment',
    {
      timeout: 180_000,
    },
    () => {
      const folders = ['accepted', 'samples', 'gateway-api', 'analysis', 'authz', 'inject', 'crds']
      const files = folders.flatMap(corpusFiles)
      expect(files.length).toBeGreaterThan(250)
      for (const file of files) {
        const text = corpusText(file)
        const objects = fromYaml(text).objects.map(({ object }) => object)
        const { code, findings } = toTypeScript(text)
        expect(toYaml(run(code)), file).toBe(toYaml(objects))
        const kept = new Set(comments(code))
        const lost = findings.length > 0 ? [] : commentsOf(text).filter((comment) => !kept.has(comment))
        expect(lost, file).toEqual([])
        modules.set(`${file.replaceAll(/\W/g, '-')}.ts`, code)
      }
    },
  )

  it('gives code that compiles in a strict project', { timeout: 180_000 }, () => {
    expect(modules.size).toBeGreaterThan(30)
    expect(diagnostics(modules)).toEqual([])
  })
})
