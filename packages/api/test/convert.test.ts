import { stripTypeScriptTypes } from 'node:module'
import { describe, expect, it } from 'vitest'
import { toTypeScript } from '../src/groups/convert.ts'
import * as gatewayApi from '../src/groups/gateway-api.ts'
import * as api from '../src/index.ts'
import { fromYaml } from '../src/yaml/parse.ts'
import { toYaml } from '../src/yaml/print.ts'
import { corpusFiles, corpusText, hasCorpus } from './corpus.ts'

/** Runs a module that {@link toTypeScript} wrote, and gives its default export. */
function run(code: string): unknown {
  const script = stripTypeScriptTypes(code)
    .replaceAll(/^import \{([^}]*)\} from '@batten\/api\/gateway-api'/gm, 'const {$1} = gatewayApi')
    .replaceAll(/^import \{([^}]*)\} from '@batten\/api'/gm, 'const {$1} = api')
    .replaceAll(/^export const/gm, 'const')
    .replace(/^export default/m, 'return')
  return new Function('api', 'gatewayApi', script)(api, gatewayApi)
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

describe('YAML turned into TypeScript', () => {
  it('uses the short builders where they say the same', () => {
    expect(toTypeScript(BOOKINFO).code).toBe(`import {
  type Deployment,
  type KubernetesObject,
  destinationRule,
  header,
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
      .with({ mirror: { host: 'reviews', subset: 'v4' } }),
    redirect({ uri: '/' }),
  ],
})

export const reviewsDestinationRule = {
  ...destinationRule({
    name: 'reviews',
    host: 'reviews',
    trafficPolicy: { loadBalancer: { simple: 'RANDOM' } },
  }),
  apiVersion: 'networking.istio.io/v1alpha3',
}

export const routeDeployment: Deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'route' },
  spec: {
    selector: { matchLabels: { app: 'a' } },
    template: { metadata: { labels: { app: 'a' } }, spec: { containers: [] } },
  },
}

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

  it.skipIf(!hasCorpus)('gives the same YAML for every file of the corpus', () => {
    const files = ['accepted', 'samples', 'gateway-api', 'analysis', 'authz'].flatMap(corpusFiles)
    expect(files.length).toBeGreaterThan(150)
    for (const file of files) {
      const text = corpusText(file)
      const objects = fromYaml(text).objects.map(({ object }) => object)
      expect(toYaml(run(toTypeScript(text).code)), file).toBe(toYaml(objects))
    }
  })
})
