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
        template: expect.stringMatching(/^[0-9a-f]{5}$/),
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

  it('opens the ports that Services send to, whether the containers name them or not', async () => {
    const quiet = structuredClone(deployment())
    quiet.spec.template.spec.containers[0]!.ports = []
    const other = structuredClone(service)
    other.spec.ports = [
      { name: 'admin', port: 81, targetPort: 9081 },
      { name: 'same', port: 82, targetPort: 9080 },
    ]
    const plan = await planMesh(objects(service, quiet, other), runs, 38080, ports)
    expect(plan.pods[0]!.ports.map(({ containerPort }) => containerPort)).toEqual([9080, 9081])
    const slices = platformObjects(plan, objects(service, quiet)) as unknown as {
      kind: string
      ports: object[]
    }[]
    expect(slices.find(({ kind }) => kind === 'EndpointSlice')!.ports).toEqual([
      { name: 'http', port: plan.pods[0]!.ports[0]!.inboundPort, protocol: 'TCP' },
    ])
  })

  it('names the pods of several replicas, and keeps the ports of those that stay', async () => {
    const before = await planMesh(objects(deployment(2)), runs, 38080, ports)
    const after = await planMesh(objects(deployment(3)), runs, 38080, ports, before)
    expect(after.pods.map((pod) => pod.name)).toEqual(['cart-v1-0', 'cart-v1-1', 'cart-v1-2'])
    expect(after.pods.slice(0, 2)).toEqual(before.pods)
  })

  it('gives the pods of a changed template names and ports of their own, and knows them again when it is changed back', async () => {
    const first = await planMesh(objects(deployment()), runs, 38080, ports)
    const changed = structuredClone(deployment())
    changed.spec.template.spec.containers[0]!.env[0]!.value = 'c'
    const second = await planMesh(objects(changed), runs, 38080, ports, first)
    expect(second.pods.map((pod) => [pod.name, pod.env])).toEqual([
      [`cart-v1-${second.pods[0]!.template}`, { A: 'c' }],
    ])
    expect(second.pods[0]!.adminPort).not.toBe(first.pods[0]!.adminPort)
    const both = { ...second, pods: [...first.pods, ...second.pods] }
    expect((await planMesh(objects(deployment()), runs, 38080, ports, both)).pods).toEqual(first.pods)
    expect((await planMesh(objects(changed), runs, 38080, ports, both)).pods).toEqual(second.pods)
  })

  it('keeps the number of pods of one Deployment within what a machine can run', async () => {
    const { pods, limited } = await planMesh(objects(deployment(10_000)), runs, 38080, ports)
    expect([pods.length, limited]).toEqual([16, ['cart-v1']])
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
  it('says which pods take requests', async () => {
    const all = objects(service, deployment(2))
    const plan = await planMesh(all, runs, 38400, ports)
    const written = platformObjects(plan, all, (pod) => pod.name === 'cart-v1-1') as unknown as {
      kind: string
      status: { conditions: { status: string }[] }
      endpoints: { conditions: object }[]
    }[]
    expect(written.filter((o) => o.kind === 'Pod').map((o) => o.status.conditions[0]!.status)).toEqual([
      'False',
      'True',
      'True',
    ])
    expect(written.filter((o) => o.kind === 'EndpointSlice').map((o) => o.endpoints[0]!.conditions)).toEqual([
      { ready: false, serving: false, terminating: false },
      { ready: true, serving: true, terminating: false },
    ])
  })

  it('takes over the outbound side of the Sidecar that a cluster would use', async () => {
    const sidecar = (name: string, namespace: string, host: string, labels?: object) => ({
      apiVersion: 'networking.istio.io/v1',
      kind: 'Sidecar',
      metadata: { name, namespace },
      spec: {
        ...(labels && { workloadSelector: { labels } }),
        egress: [{ hosts: [host] }],
        outboundTrafficPolicy: { mode: 'REGISTRY_ONLY' },
      },
    })
    const egressWith = async (...sidecars: object[]) => {
      const all = objects(service, deployment(), ...sidecars)
      const plan = await planMesh(all, runs, 38500, ports)
      const written = platformObjects(plan, all).find((o) => o.kind === 'Sidecar') as unknown as {
        spec: { egress: object[]; outboundTrafficPolicy?: object }
      }
      return [written.spec.egress, written.spec.outboundTrafficPolicy]
    }
    const mesh = sidecar('default', 'istio-system', 'mesh/*')
    const namespace = sidecar('default', 'default', './*')
    const selecting = sidecar('cart', 'default', './cart.example', { app: 'cart' })
    const other = sidecar('a', 'default', './none', { app: 'other' })
    const registryOnly = { mode: 'REGISTRY_ONLY' }
    expect(await egressWith(mesh)).toEqual([[{ hosts: ['mesh/*'] }], registryOnly])
    expect(await egressWith(mesh, other, namespace)).toEqual([[{ hosts: ['./*'] }], registryOnly])
    expect(await egressWith(mesh, namespace, selecting)).toEqual([
      [{ hosts: ['./cart.example'] }],
      registryOnly,
    ])
    expect(await egressWith(sidecar('x', 'elsewhere', './*'))).toEqual([[{ hosts: ['*/*'] }], undefined])
  })

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
      'Sidecar/0-pod-cart-v1',
      'EndpointSlice/cart-cart-v1',
      'Pod/istio-ingressgateway',
      'Service/istio-ingressgateway',
    ])
    expect(written[1]!.spec).toEqual({
      workloadSelector: { labels: { 'batten.dev/pod': 'cart-v1' } },
      ingress: [
        {
          port: { number: inboundPort, name: 'http' },
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
