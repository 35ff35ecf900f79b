import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { KubernetesObject } from '@batten/api'
import { codec, TYPE_URLS } from '@batten/xds'
import { credentials } from '@grpc/grpc-js'
import { afterEach, describe, expect, it } from 'vitest'
import { createTestRequest } from '../test/support/certificate-request.ts'
import { eventually } from '../test/support/eventually.ts'
import { createCertificate } from '../test/support/grpc-client.ts'
import { GrpcDeltaNode } from '../test/support/grpc-delta-node.ts'
import { testNode } from '../test/support/test-node.ts'
import { clustersOfRoutes } from '../test/support/test-resources.ts'
import { type ControlPlaneOptions, createControlPlane } from './control-plane.ts'
import { FileSource } from './ingest/files/file-source.ts'
import { MemorySource } from './ingest/memory/memory-source.ts'
import type { Finding } from './model/finding.ts'

const { CDS, EDS, LDS, RDS } = TYPE_URLS
const closers: (() => unknown)[] = []

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'batten-control-plane-'))
  closers.push(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

async function start(options: ControlPlaneOptions) {
  const controlPlane = await createControlPlane(options)
  closers.push(() => controlPlane.close())
  return controlPlane
}

const service = (name: string): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace: 'shop' },
  spec: { selector: { app: name }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
})

const pod = (name: string, app: string): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'shop', labels: { app } },
  spec: { serviceAccountName: app, containers: [{ name: 'app' }] },
  status: { podIP: '10.0.0.1', phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
})

const routeAllTo = (host: string): KubernetesObject => ({
  apiVersion: 'networking.istio.io/v1',
  kind: 'VirtualService',
  metadata: { name: 'reviews', namespace: 'shop' },
  spec: { hosts: ['reviews'], http: [{ route: [{ destination: { host } }] }] },
})

/** A sidecar that follows what its clusters and listeners refer to. */
function connect(address: string): GrpcDeltaNode {
  const node = new GrpcDeltaNode(address, testNode({ name: 'reviews-v1' }))
  closers.push(() => node.close())
  node.subscribe(CDS, '*')
  node.subscribe(LDS, '*')
  node.subscribe(RDS, '80')
  const clusters = codec('envoy.config.cluster.v3.Cluster')
  node.client.onApplied = () => {
    const wanted = node.client.type(EDS).wanted
    for (const [name, { value }] of node.client.type(CDS).resources)
      if (!wanted.has(name) && clusters.decode(value).type === 'EDS') node.client.subscribe(EDS, name)
  }
  return node
}

const routed = (node: GrpcDeltaNode): string[] => {
  const resource = node.client.type(RDS).resources.get('80')
  return resource === undefined ? [] : clustersOfRoutes(resource.value)
}

describe('a control plane', () => {
  it('serves what its sources hold, and what they change', async () => {
    const memory = new MemorySource([service('reviews'), service('ratings'), pod('reviews-v1', 'reviews')])
    const controlPlane = await start({ sources: [memory] })
    const node = connect(controlPlane.xdsAddress!)
    await eventually('the node has routes', () => routed(node).length > 0)
    await controlPlane.waitUntilServed()
    expect([...node.client.type(CDS).resources.keys()]).toContain(
      'outbound|80||reviews.shop.svc.cluster.local',
    )
    memory.apply([routeAllTo('ratings')])
    controlPlane.flush()
    await controlPlane.waitUntilServed()
    const target = 'outbound|80||ratings.shop.svc.cluster.local'
    expect(routed(node).filter((cluster) => cluster === target)).toHaveLength(2)
    expect(controlPlane.nodes).toEqual(['sidecar~127.0.0.1~reviews-v1.shop~shop.svc.cluster.local'])
  })

  it('follows files, tells what is wrong in them, and keeps the last good state of a broken one', async () => {
    const directory = temporaryDirectory()
    const file = join(directory, 'shop.yaml')
    const yaml = (host: string) =>
      [service('reviews'), service('ratings'), routeAllTo(host)]
        .map((object) => JSON.stringify(object))
        .join('\n---\n')
    writeFileSync(file, yaml('reviews'))
    let findings: readonly Finding[] = []
    const controlPlane = await start({
      sources: [new FileSource({ paths: [directory] })],
      onFindings: (list) => void (findings = list),
    })
    const node = connect(controlPlane.xdsAddress!)
    await eventually('the node has routes', () => routed(node).length > 0)
    writeFileSync(file, '{{{')
    await eventually('the broken file is told', () => findings.some((finding) => finding.file === file))
    await controlPlane.waitUntilServed()
    expect(routed(node)).toContain('outbound|80||reviews.shop.svc.cluster.local')
    writeFileSync(file, yaml('ratings'))
    const target = 'outbound|80||ratings.shop.svc.cluster.local'
    await eventually(
      'the new routes arrive',
      () => routed(node).filter((name) => name === target).length === 2,
    )
    expect(findings.filter((finding) => finding.severity === 'error')).toEqual([])
  })

  it('tells where configuration stands that a proxy cannot do, and serves the rest of it', async () => {
    const directory = temporaryDirectory()
    const file = join(directory, 'shop.yaml')
    const rules = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: reviews, namespace: shop }
spec:
  hosts: [reviews]
  http:
    - route: [{ destination: { host: ratings } }]
      mirror: { host: reviews }
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: reviews, namespace: shop }
spec:
  host: reviews
  trafficPolicy:
    outlierDetection: { interval: 1s }
    portLevelSettings:
      - port: { number: 80 }
        loadBalancer: { consistentHash: { httpHeaderName: x } }
        connectionPool: { tcp: { tcpKeepalive: { time: 60s } } }
        tls: { mode: SIMPLE }
`
    const objects = [service('reviews'), service('ratings')].map((object) => JSON.stringify(object))
    writeFileSync(file, [rules, ...objects].join('\n---\n'))
    let findings: readonly Finding[] = []
    const controlPlane = await start({
      sources: [new FileSource({ paths: [directory] })],
      onFindings: (list) => void (findings = list),
    })
    const node = connect(controlPlane.xdsAddress!)
    await eventually('the route is there without its mirror', () =>
      routed(node).includes('outbound|80||ratings.shop.svc.cluster.local'),
    )
    await eventually('it is told', () => findings.length === 4)
    expect(findings.map(({ code, object, path, file, line }) => [code, object, path, file, line])).toEqual([
      ['CP_UNSUPPORTED_FIELD', 'VirtualService shop/reviews', 'spec.http[0].mirror', file, 8],
      [
        'CP_UNSUPPORTED_FIELD',
        'DestinationRule shop/reviews',
        'spec.trafficPolicy.portLevelSettings[0].loadBalancer.consistentHash',
        file,
        19,
      ],
      [
        'CP_UNSUPPORTED_FIELD',
        'DestinationRule shop/reviews',
        'spec.trafficPolicy.portLevelSettings[0].connectionPool.tcp.tcpKeepalive',
        file,
        20,
      ],
      [
        'CP_UNSUPPORTED_FIELD',
        'DestinationRule shop/reviews',
        'spec.trafficPolicy.portLevelSettings[0].tls.mode',
        file,
        21,
      ],
    ])
    node.close()
    const envoy = new GrpcDeltaNode(
      controlPlane.xdsAddress!,
      testNode({ name: 'reviews-v2', userAgent: 'envoy' }),
    )
    closers.push(() => envoy.close())
    envoy.subscribe(CDS, '*')
    const clusters = codec('envoy.config.cluster.v3.Cluster')
    const name = 'outbound|80||reviews.shop.svc.cluster.local'
    await eventually('stock Envoy gets all of it', () => {
      const value = envoy.client.type(CDS).resources.get(name)?.value
      return value !== undefined && clusters.decode(value).lbPolicy === 'RING_HASH'
    })
  })

  it('tells of fields that have no effect yet, by object and path', async () => {
    const rule: KubernetesObject = {
      apiVersion: 'networking.istio.io/v1',
      kind: 'DestinationRule',
      metadata: { name: 'reviews', namespace: 'shop' },
      spec: { host: 'reviews', trafficPolicy: { proxyProtocol: { version: 'V1' } } },
    }
    const controlPlane = await start({ sources: [new MemorySource([service('reviews'), rule])] })
    expect(controlPlane.findings).toMatchObject([
      {
        code: 'CP_UNSUPPORTED_FIELD',
        object: 'DestinationRule shop/reviews',
        path: 'spec.trafficPolicy.proxyProtocol',
      },
    ])
  })

  it('tells of pushes, answers, and the moment when a node has everything', async () => {
    const memory = new MemorySource([service('reviews')])
    const told: string[] = []
    const controlPlane = await start({
      sources: [memory],
      onPush: ({ typeUrl, resources }) => void (typeUrl === CDS && told.push(`push ${resources.length > 0}`)),
      onAck: ({ typeUrl, error }) => void (typeUrl === CDS && told.push(`ack ${error === undefined}`)),
      onSettled: ({ node, revision }) => void told.push(`settled ${node.name} ${revision}`),
    })
    connect(controlPlane.xdsAddress!)
    await eventually('the node has everything', () => told.some((line) => line.startsWith('settled')))
    expect(told.slice(0, 2)).toEqual(['push true', 'ack true'])
    expect(told).toContain(`settled reviews-v1 ${controlPlane.snapshot.revision}`)
  })

  it('keeps root and tokens in its state directory, so that a restart changes neither', async () => {
    const stateDirectory = temporaryDirectory()
    const first = await createControlPlane({ sources: [], stateDirectory })
    const token = await first.issueToken('shop', 'reviews')
    const root = first.rootCertificate
    await first.close()
    const second = await start({ sources: [], stateDirectory })
    expect(second.rootCertificate).toBe(root)
    const chain = await createCertificate(
      second.tlsAddress!,
      { csr: createTestRequest().csr },
      { credentials: credentials.createSsl(Buffer.from(root)), token },
    )
    expect(chain).toHaveLength(2)
  })

  it('shares a process with others', async () => {
    const [one, two] = await Promise.all([start({ sources: [] }), start({ sources: [] })])
    expect(one.xdsAddress).not.toBe(two.xdsAddress)
    expect(one.rootCertificate).not.toBe(two.rootCertificate)
  })

  it('listens only where it is asked to', async () => {
    const controlPlane = await start({ sources: [], xdsPort: false, tlsPort: false, debugPort: false })
    expect([controlPlane.xdsAddress, controlPlane.tlsAddress, controlPlane.debugAddress]).toEqual([
      undefined,
      undefined,
      undefined,
    ])
  })

  it('leaves nothing behind when it cannot start', async () => {
    const taken = await start({ sources: [] })
    const port = Number(taken.debugAddress!.split(':')[1])
    await expect(createControlPlane({ sources: [], debugPort: port })).rejects.toMatchObject({
      code: 'SERVER_BIND_FAILED',
    })
  })

  it('stops waiting when asked to, and when it is closed', async () => {
    const memory = new MemorySource([service('reviews')])
    const controlPlane = await start({ sources: [memory] })
    const silent = new GrpcDeltaNode(controlPlane.xdsAddress!, testNode())
    closers.push(() => silent.close())
    silent.stream.onFrame = () => {} // never answers
    silent.subscribe(CDS, '*')
    await eventually('it is connected', () => controlPlane.nodes.length === 1)
    const abort = new AbortController()
    const waiting = controlPlane.waitUntilServed(abort.signal)
    abort.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
    const other = controlPlane.waitUntilServed()
    await Promise.all([expect(other).rejects.toThrow(/was closed/), controlPlane.close()])
  })
})
