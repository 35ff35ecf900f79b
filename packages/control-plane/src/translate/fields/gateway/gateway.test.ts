import { unpackAny } from '@batten/xds'
import { describe, expect, it } from 'vitest'
import { attachedHosts, parseServerHost } from './server-hosts.ts'
import { credentialNamesOf, serverTlsToTransportSocket } from './tls.ts'

describe('hosts of a server', () => {
  it.each([
    ['*', { namespace: '*', host: '*' }],
    ['shop.example.com', { namespace: '*', host: 'shop.example.com' }],
    ['./shop.example.com', { namespace: 'home', host: 'shop.example.com' }],
    ['other/*.example.com', { namespace: 'other', host: '*.example.com' }],
    ['*/x', { namespace: '*', host: 'x' }],
  ])('%s', (item, expected) => {
    expect(parseServerHost(item, 'home')).toEqual(expected)
  })

  it.each([
    ['the host of both', ['a.b'], ['a.b'], ['a.b']],
    ['the name below a wildcard of the server', ['*.b'], ['a.b', 'b', 'c.d'], ['a.b']],
    ['the server name below a wildcard of the VirtualService', ['a.b'], ['*.b'], ['a.b']],
    ['everything that the VirtualService names', ['*'], ['a.b', '*.c'], ['a.b', '*.c']],
    ['what namespaces allow', ['home/a.b', 'other/c.d'], ['a.b', 'c.d'], ['a.b']],
    ['nothing without overlap', ['a.b'], ['c.d'], []],
  ])('attaches %s', (_title, servers, hosts, expected) => {
    const serverHosts = servers.map((item) => parseServerHost(item, 'home'))
    expect(attachedHosts(serverHosts, { namespace: 'home', hosts })).toEqual(expected)
  })
})

describe('TLS of a server', () => {
  const context = {
    capabilities: { userAgent: 'batten', http2: false, istioExtensions: false },
    trustDomains: ['cluster.local'],
    kind: 'http' as const,
  }
  const messageOf = (tls: Parameters<typeof serverTlsToTransportSocket>[0]) =>
    unpackAny(serverTlsToTransportSocket(tls, context).typedConfig!).message as Record<string, unknown>

  it('takes certificates from files, and verifies clients by a file', () => {
    expect(
      messageOf({
        mode: 'MUTUAL',
        serverCertificate: '/c',
        privateKey: '/k',
        caCertificates: '/ca',
        verifyCertificateHash: ['00'],
        maxProtocolVersion: 'TLSV1_2',
        cipherSuites: ['A'],
      }),
    ).toEqual({
      commonTlsContext: {
        tlsParams: {
          tlsMinimumProtocolVersion: 'TLSv1_2',
          tlsMaximumProtocolVersion: 'TLSv1_2',
          cipherSuites: ['A'],
        },
        tlsCertificates: [{ certificateChain: { filename: '/c' }, privateKey: { filename: '/k' } }],
        validationContext: { verifyCertificateHash: ['00'], trustedCa: { filename: '/ca' } },
        alpnProtocols: ['http/1.1'],
      },
      requireClientCertificate: { value: true },
    })
  })

  it('asks clients without one for no certificate with OPTIONAL_MUTUAL', () => {
    expect(messageOf({ mode: 'OPTIONAL_MUTUAL', credentialName: 'x' })).toMatchObject({
      requireClientCertificate: {},
    })
  })

  it('uses the identity of the mesh with ISTIO_MUTUAL', () => {
    const { commonTlsContext } = messageOf({ mode: 'ISTIO_MUTUAL' }) as {
      commonTlsContext: { tlsCertificateSdsSecretConfigs: { name: string }[] }
    }
    expect(commonTlsContext.tlsCertificateSdsSecretConfigs.map(({ name }) => name)).toEqual(['default'])
  })

  it.each([
    [undefined, []],
    [{ mode: 'SIMPLE' as const, credentialName: 'x' }, ['x']],
    [{ mode: 'MUTUAL' as const, credentialName: 'x' }, ['x', 'x-cacert']],
    [{ mode: 'ISTIO_MUTUAL' as const, credentialName: 'x' }, []],
    [{ mode: 'SIMPLE' as const, serverCertificate: '/c' }, []],
  ])('%j needs the secrets %j', (tls, expected) => {
    expect(credentialNamesOf(tls)).toEqual(expected)
  })
})
