import type { KubernetesObject } from '@batten/api'
import { afterEach, describe, expect, it } from 'vitest'
import { planMesh } from './plan.ts'
import { platformObjects } from './platform-objects.ts'
import { PortPool } from './port-pool.ts'

const service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'cart' },
  spec: { selector: { app: 'cart' }, ports: [{ name: 'http', port: 80, targetPort: 9080 }] },
}
const deployment = (replicas?: number) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'cart-v1' },
  spec: {
    replicas,
    template: {
      metadata: { labels: { app: 'cart', version: 'v1' } },
      spec: {
        serviceAccountName: 'cart',
        containers: [{ env: [{ name: 'A', value: 'b' }], ports: [{ containerPort: 9080 }] }],
      },
    },
  },
})
const gateway = {
  apiVersion: 'networking.istio.io/v1',
  kind: 'Gateway',
  metadata: { name: 'shop' },
  spec: { servers: [{ port: { number: 80, protocol: 'HTTP', name: 'http' }, hosts: ['*'] }] },
}
const objects = (...list: object[]) => list as unknown as KubernetesObject[]
const runs = () => true

const ports = new PortPool()
afterEach(() => ports.release())

describe('planMesh', () => {
  it('plans a pod with ports of its own for the application and its sidecar', async () => {
    const {
      pods,
      gateway: planned,
      notRun,
    } = await planMesh(objects(service, deployment(), gateway), runs, 38080, ports)
    expect(notRun).toEqual([])
    expect(pods).toEqual([
      {
        name: 'cart-v1',
        namespace: 'default',
        deployment: 'cart-v1',
        labels: { app: 'cart', version: 'v1', 'batten.dev/pod': 'cart-v1' },
        serviceAccount: 'cart',
        env: { A: 'b' },
        ports: [
          { containerPort: 9080, name: '', appPort: expect.any(Number), inboundPort: expect.any(Number) },
        ],
        httpProxyPort: expect.any(Number),
        adminPort: expect.any(Number),
      },
    ])
    expect([...planned.ports]).toEqual([[80, expect.any(Number)]])
    expect([...planned.ports.values()][0]).toBeGreaterThanOrEqual(38080)
  })

  it('names the pods of several replicas, and keeps the ports of those that stay', async () => {
    const before = await planMesh(objects(deployment(2)), runs, 38080, ports)
    const after = await planMesh(objects(deployment(3)), runs, 38080, ports, before)
    expect(after.pods.map((pod) => pod.name)).toEqual(['cart-v1-0', 'cart-v1-1', 'cart-v1-2'])
    expect(after.pods.slice(0, 2)).toEqual(before.pods)
  })

  it('reports a Deployment that nobody runs', async () => {
    expect(await planMesh(objects(deployment()), () => false, 38080, ports)).toMatchObject({
      pods: [],
      notRun: ['cart-v1'],
    })
  })

  it('takes the next port when the wanted one is taken', async () => {
    const first = await ports.takeFrom(38200)
    expect(await ports.takeFrom(first)).toBeGreaterThan(first)
  })
})

describe('platformObjects', () => {
  it('writes what a cluster would add: pod, sidecar, endpoints, gateway', async () => {
    const all = objects(service, deployment(), gateway)
    const plan = await planMesh(all, runs, 38300, ports)
    const written = platformObjects(plan, all) as unknown as {
      kind: string
      metadata: { name: string }
      spec?: object
      ports?: object
      endpoints?: object
    }[]
    const { appPort, inboundPort } = plan.pods[0]!.ports[0]!
    expect(written.map((o) => `${o.kind}/${o.metadata.name}`)).toEqual([
      'Pod/cart-v1',
      'Sidecar/pod-cart-v1',
      'EndpointSlice/cart-cart-v1',
      'Pod/istio-ingressgateway',
      'Service/istio-ingressgateway',
    ])
    expect(written[1]!.spec).toEqual({
      workloadSelector: { labels: { 'batten.dev/pod': 'cart-v1' } },
      ingress: [
        {
          port: { number: inboundPort, name: 'http', protocol: 'HTTP' },
          bind: '127.0.0.1',
          captureMode: 'NONE',
          defaultEndpoint: `127.0.0.1:${appPort}`,
        },
      ],
      egress: [{ hosts: ['*/*'] }],
    })
    expect(written[2]!.ports).toEqual([{ name: 'http', port: inboundPort, protocol: 'TCP' }])
    expect(written[4]!.spec).toMatchObject({
      ports: [{ port: 80, targetPort: [...plan.gateway.ports.values()][0] }],
    })
  })
})
