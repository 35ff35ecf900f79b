import { jsonToStruct, type Node } from '@batten/xds'
import { describe, expect, it } from 'vitest'
import { parseNode } from './parse-node.ts'

const id = 'sidecar~10.0.0.7~reviews-v1-abc.shop~shop.svc.cluster.local'

describe('parseNode', () => {
  it('reads id, metadata, locality and capabilities', () => {
    const node: Node = {
      id,
      userAgentName: 'batten',
      clientFeatures: ['batten.http2'],
      locality: { region: 'r', zone: 'z', subZone: 's' },
      extensions: [
        { name: 'envoy.filters.http.wasm', category: 'envoy.filters.http' },
        { name: 'envoy.filters.http.fault', category: 'envoy.filters.http' },
        { name: 'raw_buffer', category: 'envoy.transport_sockets.upstream' },
      ],
      metadata: jsonToStruct({
        NAMESPACE: 'shop',
        LABELS: { app: 'reviews', number: 1 },
        SERVICE_ACCOUNT: 'reviews',
        CLUSTER_ID: 'Kubernetes',
        NETWORK: 'net',
        INTERCEPTION_MODE: 'NONE',
        INSTANCE_IPS: '10.0.0.7, fd00::7, nonsense',
        PROXY_CONFIG: { proxyHttpPort: 15080 },
        ISTIO_EXTENSIONS: 'true',
      }),
    }
    const { metadata, ...parsed } = parseNode(node)
    expect(metadata['CLUSTER_ID']).toBe('Kubernetes')
    expect(parsed).toEqual({
      id,
      type: 'sidecar',
      ipAddresses: ['10.0.0.7', 'fd00::7'],
      name: 'reviews-v1-abc',
      namespace: 'shop',
      dnsDomain: 'shop.svc.cluster.local',
      labels: { app: 'reviews' },
      serviceAccount: 'reviews',
      clusterId: 'Kubernetes',
      network: 'net',
      locality: { region: 'r', zone: 'z', subZone: 's' },
      interceptionMode: 'NONE',
      httpProxyPort: 15080,
      capabilities: {
        userAgent: 'batten',
        http2: true,
        istioExtensions: true,
        httpFilters: ['envoy.filters.http.fault', 'envoy.filters.http.wasm'],
        features: ['http2'],
      },
    })
  })

  it('takes a stock Envoy with nothing but an id', () => {
    expect(parseNode({ id, userAgentName: 'envoy' })).toMatchObject({
      ipAddresses: ['10.0.0.7'],
      namespace: 'shop',
      interceptionMode: 'REDIRECT',
      httpProxyPort: 0,
      capabilities: { userAgent: 'envoy', http2: true, istioExtensions: false },
    })
  })

  it.each([
    ['no node', undefined, /no node id/],
    ['no id', {}, /no node id/],
    ['too few parts', { id: 'a~b~c' }, /3 parts in place of 4/],
    ['an unknown type', { id: 'ztunnel~10.0.0.1~a.b~b.svc' }, /"ztunnel" is no node type/],
    ['no address', { id: 'sidecar~nowhere~a.b~b.svc' }, /"nowhere" is no IP address/],
    ['no namespace', { id: 'sidecar~10.0.0.1~a~' }, /no namespace/],
    ['an endless id', { id: 'x'.repeat(5000) }, /5000 characters/],
  ])('refuses %s', (_, node, message) => {
    expect(() => parseNode(node)).toThrow(
      expect.objectContaining({ code: 'XDS_BAD_NODE', message: expect.stringMatching(message) }),
    )
  })
})
