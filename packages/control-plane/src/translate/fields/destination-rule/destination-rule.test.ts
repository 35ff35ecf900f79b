import type {
  ConnectionPoolSettings,
  DestinationRuleSpec,
  LoadBalancerSettings,
  OutlierDetection,
} from '@batten/api'
import { unpackAny, unpackAnyAs } from '@batten/xds'
import { describe, expect, it } from 'vitest'
import { connectionPoolToCluster } from './connection-pool.ts'
import { httpProtocolOptions, upstreamHttpOf } from './http-protocol.ts'
import { loadBalancerToCluster, loadBalancerToHashPolicy } from './load-balancer.ts'
import { outlierDetectionToCluster } from './outlier-detection.ts'
import { tlsToTransportSocket } from './tls.ts'
import { effectivePolicy } from './traffic-policy.ts'

const envoy = { userAgent: 'envoy', http2: true, istioExtensions: false }
const batten = { userAgent: 'batten', http2: false, istioExtensions: false }

describe('effectivePolicy', () => {
  const rule: DestinationRuleSpec = {
    host: 'a',
    trafficPolicy: {
      loadBalancer: { simple: 'RANDOM' },
      tls: { mode: 'ISTIO_MUTUAL' },
      portLevelSettings: [{ port: { number: 81 }, loadBalancer: { simple: 'ROUND_ROBIN' } }],
    },
    subsets: [
      { name: 'plain' },
      { name: 'own', trafficPolicy: { tls: { mode: 'DISABLE' } } },
      {
        name: 'port',
        trafficPolicy: {
          portLevelSettings: [{ port: { number: 80 }, outlierDetection: { interval: '1s' } }],
        },
      },
    ],
  }
  it.each<[string, string, number, unknown]>([
    ['the policy of the rule', '', 80, { loadBalancer: { simple: 'RANDOM' }, tls: { mode: 'ISTIO_MUTUAL' } }],
    ['the settings of a port alone, nothing inherited', '', 81, { loadBalancer: { simple: 'ROUND_ROBIN' } }],
    [
      'the policy of the rule for a subset without one',
      'plain',
      80,
      { loadBalancer: { simple: 'RANDOM' }, tls: { mode: 'ISTIO_MUTUAL' } },
    ],
    [
      'the settings of a subset over those of the rule',
      'own',
      80,
      { loadBalancer: { simple: 'RANDOM' }, tls: { mode: 'DISABLE' } },
    ],
    ['the settings of a port of a subset alone', 'port', 80, { outlierDetection: { interval: '1s' } }],
  ])('uses %s', (_title, subset, port, expected) => {
    expect(effectivePolicy(rule, subset, port)).toEqual(expected)
  })

  it('is empty without a rule', () => {
    expect(effectivePolicy(undefined, '', 80)).toEqual({})
  })
})

describe('loadBalancerToCluster', () => {
  it.each<[LoadBalancerSettings | undefined, unknown]>([
    [undefined, { lbPolicy: 'LEAST_REQUEST' }],
    [{ simple: 'UNSPECIFIED' }, { lbPolicy: 'LEAST_REQUEST' }],
    [{ simple: 'LEAST_CONN' }, { lbPolicy: 'LEAST_REQUEST' }],
    [{ simple: 'RANDOM' }, { lbPolicy: 'RANDOM' }],
    [{ simple: 'PASSTHROUGH' }, { lbPolicy: 'CLUSTER_PROVIDED', isPassthrough: true }],
    [
      { simple: 'ROUND_ROBIN', warmupDurationSecs: '10s' },
      {
        lbPolicy: 'ROUND_ROBIN',
        roundRobinLbConfig: { slowStartConfig: { slowStartWindow: { seconds: 10 } } },
      },
    ],
    [
      { consistentHash: { useSourceIp: true } },
      { lbPolicy: 'RING_HASH', ringHashLbConfig: { minimumRingSize: { value: 1024 } } },
    ],
    [{ consistentHash: { useSourceIp: true, maglev: {} } }, { lbPolicy: 'MAGLEV' }],
  ])('%j', (settings, expected) => {
    expect(loadBalancerToCluster(settings)).toEqual(expected)
  })
})

describe('loadBalancerToHashPolicy', () => {
  it.each<[LoadBalancerSettings | undefined, unknown]>([
    [undefined, undefined],
    [{ simple: 'RANDOM' }, undefined],
    [{ consistentHash: { httpHeaderName: 'x' } }, { header: { headerName: 'x' } }],
    [{ consistentHash: { httpQueryParameterName: 'q' } }, { queryParameter: { name: 'q' } }],
    [{ consistentHash: { useSourceIp: true } }, { connectionProperties: { sourceIp: true } }],
    [
      { consistentHash: { httpCookie: { name: 'c', ttl: '0s', path: '/' } } },
      { cookie: { name: 'c', ttl: { seconds: 0 }, path: '/' } },
    ],
  ])('%j', (settings, expected) => {
    expect(loadBalancerToHashPolicy(settings)).toEqual(expected)
  })
})

describe('connectionPoolToCluster', () => {
  const unlimited = { value: 4_294_967_295 }
  it('lifts the limits of Envoy unless the rule sets some', () => {
    expect(connectionPoolToCluster(undefined, 10_000)).toEqual({
      connectTimeout: { seconds: 10 },
      circuitBreakers: {
        thresholds: [
          {
            maxConnections: unlimited,
            maxPendingRequests: unlimited,
            maxRequests: unlimited,
            maxRetries: unlimited,
          },
        ],
      },
    })
  })

  it('sets limits, connect timeout, keepalive and retry budget', () => {
    const pool: ConnectionPoolSettings = {
      tcp: { maxConnections: 1, connectTimeout: '30ms', tcpKeepalive: { probes: 3, time: '1m' } },
      http: { http1MaxPendingRequests: 2, http2MaxRequests: 3, maxRetries: 4 },
    }
    expect(connectionPoolToCluster(pool, 10_000, { percent: 25 })).toEqual({
      connectTimeout: { seconds: 0, nanos: 30_000_000 },
      circuitBreakers: {
        thresholds: [
          {
            maxConnections: { value: 1 },
            maxPendingRequests: { value: 2 },
            maxRequests: { value: 3 },
            maxRetries: { value: 4 },
            retryBudget: { budgetPercent: { value: 25 }, minRetryConcurrency: { value: 3 } },
          },
        ],
      },
      upstreamConnectionOptions: {
        tcpKeepalive: { keepaliveProbes: { value: 3 }, keepaliveTime: { value: 60 } },
      },
    })
  })
})

describe('how a cluster speaks HTTP', () => {
  it.each<[string, Parameters<typeof upstreamHttpOf>, string]>([
    ['a plain HTTP port', ['HTTP', undefined, envoy], 'http1'],
    ['a gRPC port', ['GRPC', undefined, envoy], 'http2'],
    ['a gRPC port of a node without HTTP/2', ['GRPC', undefined, batten], 'http1'],
    ['a port that is found out', ['AUTO', undefined, envoy], 'downstream'],
    ['a TCP port', ['TCP', undefined, envoy], 'none'],
    ['an upgraded port', ['HTTP', { http: { h2UpgradePolicy: 'UPGRADE' } }, envoy], 'http2'],
    ['a port that follows its clients', ['HTTP', { http: { useClientProtocol: true } }, envoy], 'downstream'],
  ])('%s', (_title, args, expected) => {
    expect(upstreamHttpOf(...args)).toBe(expected)
  })

  it('needs no options for plain HTTP/1.1', () => {
    expect(httpProtocolOptions('http1', undefined)).toBeUndefined()
    expect(httpProtocolOptions('none', { http: { idleTimeout: '1s' } })).toBeUndefined()
  })

  it('carries idle timeout, requests per connection and HTTP/2 settings', () => {
    const any = httpProtocolOptions('http2', {
      tcp: { maxConnectionDuration: '1h' },
      http: { idleTimeout: '1s', maxRequestsPerConnection: 2, maxConcurrentStreams: 3 },
    })
    expect(unpackAny(any!).message).toEqual({
      commonHttpProtocolOptions: {
        idleTimeout: { seconds: 1 },
        maxConnectionDuration: { seconds: 3600 },
        maxRequestsPerConnection: { value: 2 },
      },
      explicitHttpConfig: { http2ProtocolOptions: { maxConcurrentStreams: { value: 3 } } },
    })
  })
})

describe('outlierDetectionToCluster', () => {
  it.each<[string, OutlierDetection | undefined, unknown]>([
    ['nothing', undefined, {}],
    [
      'an empty setting, which still turns the success rate off',
      {},
      {
        outlierDetection: { enforcingSuccessRate: { value: 0 } },
        commonLbConfig: { healthyPanicThreshold: { value: 0 } },
      },
    ],
    [
      'every setting',
      {
        consecutive5xxErrors: 0,
        consecutiveGatewayErrors: 3,
        splitExternalLocalOriginErrors: true,
        consecutiveLocalOriginFailures: 4,
        interval: '1s',
        baseEjectionTime: '2s',
        maxEjectionPercent: 50,
        minHealthPercent: 20,
      },
      {
        outlierDetection: {
          enforcingSuccessRate: { value: 0 },
          consecutive5xx: { value: 0 },
          enforcingConsecutive5xx: { value: 0 },
          consecutiveGatewayFailure: { value: 3 },
          enforcingConsecutiveGatewayFailure: { value: 100 },
          splitExternalLocalOriginErrors: true,
          consecutiveLocalOriginFailure: { value: 4 },
          enforcingConsecutiveLocalOriginFailure: { value: 100 },
          enforcingLocalOriginSuccessRate: { value: 0 },
          interval: { seconds: 1 },
          baseEjectionTime: { seconds: 2 },
          maxEjectionPercent: { value: 50 },
        },
        commonLbConfig: { healthyPanicThreshold: { value: 20 } },
      },
    ],
  ])('translates %s', (_title, outlier, expected) => {
    expect(outlierDetectionToCluster(outlier)).toEqual(expected)
  })
})

describe('tlsToTransportSocket', () => {
  const context = {
    upstream: 'http1' as const,
    meshSni: 'outbound_.80_._.a',
    identities: ['spiffe://cluster.local/ns/default/sa/a'],
    serviceSans: ['san.example.com'],
    hostname: 'a.example.com',
  }
  const messageOf = (tls: Parameters<typeof tlsToTransportSocket>[0]) =>
    unpackAny(tlsToTransportSocket(tls, context)!.typedConfig!).message as Record<string, unknown>

  it('is plain text with DISABLE', () => {
    expect(tlsToTransportSocket({ mode: 'DISABLE' }, context)).toBeUndefined()
  })

  it('expects the identities of the service with ISTIO_MUTUAL, or those that the rule lists', () => {
    const sansOf = (sans: string[] | undefined) => {
      const message = messageOf({ mode: 'ISTIO_MUTUAL', ...(sans && { subjectAltNames: sans }) }) as {
        sni: string
        commonTlsContext: {
          alpnProtocols: string[]
          combinedValidationContext: { defaultValidationContext: { matchTypedSubjectAltNames: unknown } }
        }
      }
      const { alpnProtocols, combinedValidationContext } = message.commonTlsContext
      expect(message.sni).toBe('outbound_.80_._.a')
      expect(alpnProtocols).toEqual(['istio-http/1.1', 'istio', 'http/1.1'])
      return combinedValidationContext.defaultValidationContext.matchTypedSubjectAltNames
    }
    expect(sansOf(undefined)).toEqual([{ sanType: 'URI', matcher: { exact: context.identities[0] } }])
    expect(sansOf(['spiffe://x/y'])).toEqual([{ sanType: 'URI', matcher: { exact: 'spiffe://x/y' } }])
  })

  it('verifies outside servers with the given authority, or with those of the machine', () => {
    expect(messageOf({ mode: 'SIMPLE', caCertificates: '/ca.pem', caCrl: '/crl.pem' })).toEqual({
      commonTlsContext: {
        tlsParams: { tlsMinimumProtocolVersion: 'TLSv1_2', tlsMaximumProtocolVersion: 'TLSv1_3' },
        alpnProtocols: ['http/1.1'],
        validationContext: {
          trustedCa: { filename: '/ca.pem' },
          crl: { filename: '/crl.pem' },
          matchTypedSubjectAltNames: [{ sanType: 'DNS', matcher: { exact: 'san.example.com' } }],
        },
      },
      sni: 'a.example.com',
    })
    const { commonTlsContext } = messageOf({ mode: 'SIMPLE', sni: 'b' }) as {
      commonTlsContext: { combinedValidationContext: { validationContextSdsSecretConfig: { name: string } } }
    }
    expect(commonTlsContext.combinedValidationContext.validationContextSdsSecretConfig.name).toBe(
      'file-root:system',
    )
  })

  it.each([
    ['the name of the host, when nobody names another', {}, {}, ['a.example.com']],
    ['no name, when the rule has a server name of its own', { sni: 'b' }, {}, undefined],
    ['no name of a wildcard', {}, { hostname: '*.example.com' }, undefined],
    ['no name of what is not HTTP', {}, { upstream: 'none' as const }, undefined],
    ['the names of the rule', { subjectAltNames: ['c'] }, {}, ['c']],
  ])('expects of the certificate of an outside server %s', (_title, tls, more, expected) => {
    const socket = tlsToTransportSocket({ mode: 'SIMPLE', ...tls }, { ...context, serviceSans: [], ...more })
    const { commonTlsContext } = unpackAnyAs(
      'envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext',
      socket!.typedConfig!,
    )
    const names = commonTlsContext?.combinedValidationContext?.defaultValidationContext
    expect(names?.matchTypedSubjectAltNames).toEqual(
      expected?.map((exact) => ({ sanType: 'DNS', matcher: { exact } })),
    )
  })

  it('shows a client certificate with MUTUAL, from files or from a secret', () => {
    expect(
      messageOf({ mode: 'MUTUAL', clientCertificate: '/c', privateKey: '/k', insecureSkipVerify: true }),
    ).toEqual({
      commonTlsContext: {
        tlsParams: { tlsMinimumProtocolVersion: 'TLSv1_2', tlsMaximumProtocolVersion: 'TLSv1_3' },
        alpnProtocols: ['http/1.1'],
        tlsCertificates: [{ certificateChain: { filename: '/c' }, privateKey: { filename: '/k' } }],
      },
      sni: 'a.example.com',
    })
    const { commonTlsContext } = messageOf({ mode: 'MUTUAL', credentialName: 'cred' }) as {
      commonTlsContext: {
        tlsCertificateSdsSecretConfigs: { name: string }[]
        combinedValidationContext: { validationContextSdsSecretConfig: { name: string } }
      }
    }
    expect(commonTlsContext.tlsCertificateSdsSecretConfigs.map(({ name }) => name)).toEqual([
      'kubernetes://cred',
    ])
    expect(commonTlsContext.combinedValidationContext.validationContextSdsSecretConfig.name).toBe(
      'kubernetes://cred-cacert',
    )
  })
})
