import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { findEnvoy } from '../../test/support/envoy.ts'
import { envoyVerdict } from '../../test/support/envoy-validate.ts'
import { objectsOf, routesOf, snapshotOf, testNode } from '../../test/support/translate-case.ts'
import { createTranslator } from './translator.ts'

const corpus =
  process.env['BATTEN_CORPUS'] ??
  fileURLToPath(new URL('../../../../../shared/corpus/istio', import.meta.url))
const networking = join(corpus, 'samples/bookinfo/networking')
const envoy = findEnvoy()

/** What only a cluster has: the pods of the sample's deployments, and the gateway. */
const PODS = [
  ['productpage', 'v1'],
  ['details', 'v1'],
  ['ratings', 'v1'],
  ['reviews', 'v1'],
  ['reviews', 'v2'],
  ['reviews', 'v3'],
]
  .map(
    ([app, version], i) => `
apiVersion: v1
kind: Pod
metadata: { name: ${app}-${version}, labels: { app: ${app}, version: ${version}, security.istio.io/tlsMode: istio } }
spec: { serviceAccountName: bookinfo-${app}, containers: [{ name: app }] }
status: { podIP: 10.0.0.${i + 10}, conditions: [{ type: Ready, status: "True" }] }
`,
  )
  .join('---')
const GATEWAY = `
apiVersion: v1
kind: Pod
metadata: { name: gateway, namespace: istio-system, labels: { istio: ingressgateway } }
spec: { containers: [{ name: proxy }] }
status: { podIP: 10.0.0.99, conditions: [{ type: Ready, status: "True" }] }
`

const nodes = {
  'a sidecar without interception': testNode({
    name: 'productpage-v1',
    labels: { app: 'productpage', version: 'v1' },
    httpProxyPort: 15080,
  }),
  'an intercepting sidecar': testNode({
    name: 'reviews-v1',
    labels: { app: 'reviews', version: 'v1' },
    interceptionMode: 'REDIRECT',
  }),
  'the gateway': testNode({
    type: 'router',
    name: 'gateway',
    namespace: 'istio-system',
    labels: { istio: 'ingressgateway' },
  }),
}

/** What else is wrong with a file on top of the plain sample: it needs parts of the sample that are not there. */
const EXPECTED: Readonly<Record<string, readonly string[]>> = {
  'certmanager-gateway.yaml': ['CP_HOST_UNKNOWN'],
  'virtual-service-all-v1.yaml': ['CP_SUBSET_UNDEFINED'],
  'virtual-service-details-v2.yaml': ['CP_SUBSET_UNDEFINED'],
  'virtual-service-ratings-db.yaml': ['CP_SUBSET_UNDEFINED'],
  'virtual-service-ratings-mysql-vm.yaml': ['CP_SUBSET_UNDEFINED'],
  'virtual-service-ratings-mysql.yaml': ['CP_SUBSET_UNDEFINED'],
  'virtual-service-ratings-test-abort.yaml': ['CP_SUBSET_UNDEFINED'],
  'virtual-service-ratings-test-delay.yaml': ['CP_SUBSET_UNDEFINED'],
  'virtual-service-reviews-50-v3.yaml': ['CP_SUBSET_UNDEFINED'],
  'virtual-service-reviews-80-20.yaml': ['CP_SUBSET_UNDEFINED'],
  'virtual-service-reviews-90-10.yaml': ['CP_SUBSET_UNDEFINED'],
  'virtual-service-reviews-jason-v2-v3.yaml': ['CP_SUBSET_UNDEFINED'],
  'virtual-service-reviews-test-v2.yaml': ['CP_SUBSET_UNDEFINED'],
  'virtual-service-reviews-v2-v3.yaml': ['CP_SUBSET_UNDEFINED'],
  'virtual-service-reviews-v3.yaml': ['CP_SUBSET_UNDEFINED'],
}

function mesh(...files: readonly string[]) {
  const texts = [
    readFileSync(join(corpus, 'samples/bookinfo/platform/kube/bookinfo.yaml'), 'utf8'),
    ...files.map((file) => readFileSync(join(networking, file), 'utf8')),
    PODS,
    GATEWAY,
  ]
  return objectsOf(texts.join('\n---\n'))
}

describe.runIf(existsSync(networking))("Istio's bookinfo networking files", () => {
  const files = globSync('*.yaml', { cwd: networking }).sort()

  it.each(files)(
    '%s translates for every node',
    async (file) => {
      const { snapshot, findings } = await snapshotOf(mesh(file))
      const codes = findings.filter(({ severity }) => severity === 'error').map(({ code }) => code)
      expect([...new Set(codes)]).toEqual(EXPECTED[file] ?? [])
      const translator = createTranslator()
      for (const node of Object.values(nodes)) {
        const view = translator.view(snapshot, node)
        if (envoy !== undefined) expect(envoyVerdict(envoy, view)).toBe('')
      }
    },
    60_000,
  )

  it.each(files.filter((file) => EXPECTED[file]?.[0] === 'CP_SUBSET_UNDEFINED'))(
    '%s is complete with destination-rule-all.yaml',
    async (file) => {
      const { findings } = await snapshotOf(mesh('destination-rule-all.yaml', file))
      expect(findings.filter(({ severity }) => severity === 'error')).toEqual([])
    },
  )

  it('sends jason to v2 and everybody else to v1', async () => {
    const { snapshot } = await snapshotOf(
      mesh('destination-rule-all.yaml', 'virtual-service-reviews-test-v2.yaml'),
    )
    const view = createTranslator().view(snapshot, nodes['a sidecar without interception'])
    const host = routesOf(view)[0]!.virtualHosts!.find(({ name }) => name?.startsWith('reviews.'))
    expect(host?.routes?.map(({ match, route }) => [match?.headers, route?.cluster])).toEqual([
      [
        [{ name: 'end-user', stringMatch: { exact: 'jason' } }],
        'outbound|9080|v2|reviews.default.svc.cluster.local',
      ],
      [undefined, 'outbound|9080|v1|reviews.default.svc.cluster.local'],
    ])
  })
})
