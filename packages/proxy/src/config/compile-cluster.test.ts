import { BattenError } from '@batten/core'
import { messageFromJson } from '@batten/xds'
import { describe, expect, it } from 'vitest'
import { configErrorText } from '../errors.ts'
import { compileCluster } from './compile-cluster.ts'
import { FieldPath } from './field-path.ts'

function compile(json: object) {
  const message = messageFromJson('envoy.config.cluster.v3.Cluster', { name: 'a', ...json })
  return compileCluster(message, FieldPath.of('cluster', 'a'))
}

function refusal(json: object): string {
  try {
    compile(json)
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(BattenError)
    return configErrorText(thrown)
  }
  throw new Error('it was not refused')
}

const endpoint = (address: string, port: number) => ({
  endpoint: { address: { socket_address: { address, port_value: port } } },
})

const tls = (context: object) => ({
  name: 'envoy.transport_sockets.tls',
  typed_config: {
    '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext',
    ...context,
  },
})

const sds = (name: string) => ({
  name,
  sds_config: { ads: {}, resource_api_version: 'V3', initial_fetch_timeout: '0s' },
})

describe('compileCluster', () => {
  it('reads the TCP keepalive of its connections', () => {
    const keepalive = (tcp_keepalive: object) =>
      compile({ upstream_connection_options: { tcp_keepalive } }).config.keepalive
    expect([
      compile({}).config.keepalive,
      keepalive({}),
      keepalive({ keepalive_probes: 3, keepalive_time: 60, keepalive_interval: 5 }),
    ]).toEqual([
      undefined,
      { probes: undefined, timeS: undefined, intervalS: undefined },
      { probes: 3, timeS: 60, intervalS: 5 },
    ])
    expect(
      refusal({ upstream_connection_options: { set_local_interface_name_on_upstream_connections: true } }),
    ).toContain('set_local_interface_name_on_upstream_connections')
  })

  it("gives a cluster that says nothing Envoy's defaults", () => {
    expect(compile({}).config).toEqual({
      name: 'a',
      statName: 'a',
      discovery: { kind: 'static' },
      hosts: [],
      connectTimeoutMs: 5000,
      loadBalancer: 'round-robin',
      choiceCount: 2,
      healthyPanicPercent: 50,
      circuitBreaker: { maxConnections: 1024, maxPendingRequests: 1024, maxRequests: 1024, maxRetries: 3 },
      transport: { kind: 'plain' },
      transportMatches: [],
      http: {
        protocol: 'http1',
        idleTimeoutMs: 3_600_000,
        maxRequestsPerConnection: 0,
        maxConnectionDurationMs: undefined,
      },
      metadata: {},
      bindAddress: undefined,
    })
  })

  it('compiles what Istio sends for a service with automatic mutual TLS', () => {
    const { config, references, endpointSource } = compile({
      type: 'EDS',
      eds_cluster_config: {
        eds_config: { ads: {}, initial_fetch_timeout: '0s', resource_api_version: 'V3' },
        service_name: 'outbound|9080||reviews.default.svc.cluster.local',
      },
      connect_timeout: '10s',
      lb_policy: 'LEAST_REQUEST',
      circuit_breakers: {
        thresholds: [
          {
            max_connections: 4294967295,
            max_pending_requests: 4294967295,
            max_requests: 4294967295,
            max_retries: 4294967295,
            track_remaining: true,
          },
        ],
      },
      common_lb_config: { healthy_panic_threshold: {} },
      alt_stat_name: 'outbound|9080||reviews.default.svc.cluster.local;',
      metadata: { filter_metadata: { istio: { services: [{ host: 'reviews.default.svc.cluster.local' }] } } },
      transport_socket_matches: [
        {
          name: 'tlsMode-istio',
          match: { tlsMode: 'istio' },
          transport_socket: tls({
            common_tls_context: {
              tls_params: {
                tls_minimum_protocol_version: 'TLSv1_2',
                tls_maximum_protocol_version: 'TLSv1_3',
              },
              tls_certificate_sds_secret_configs: [sds('default')],
              combined_validation_context: {
                default_validation_context: {
                  match_subject_alt_names: [{ exact: 'spiffe://cluster.local/ns/default/sa/reviews' }],
                },
                validation_context_sds_secret_config: sds('ROOTCA'),
              },
              alpn_protocols: ['istio-peer-exchange', 'istio', 'h2'],
            },
            sni: 'outbound_.9080_._.reviews.default.svc.cluster.local',
          }),
        },
        {
          name: 'tlsMode-disabled',
          match: {},
          transport_socket: {
            name: 'envoy.transport_sockets.raw_buffer',
            typed_config: {
              '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer',
            },
          },
        },
      ],
    })
    expect(config).toMatchObject({
      statName: 'outbound|9080||reviews.default.svc.cluster.local;',
      discovery: { kind: 'eds', serviceName: 'outbound|9080||reviews.default.svc.cluster.local' },
      connectTimeoutMs: 10_000,
      loadBalancer: 'least-request',
      healthyPanicPercent: 0,
      metadata: { istio: { services: [{ host: 'reviews.default.svc.cluster.local' }] } },
      transportMatches: [
        {
          name: 'tlsMode-istio',
          match: { tlsMode: 'istio' },
          transport: {
            kind: 'tls',
            tls: {
              certificate: 'default',
              validation: 'ROOTCA',
              // HTTP/2 and peer metadata are not spoken, so they are not offered.
              alpn: ['istio'],
              minVersion: 'TLSv1.2',
              maxVersion: 'TLSv1.3',
              ciphers: '',
              groups: [],
              signatureAlgorithms: [],
              sni: 'outbound_.9080_._.reviews.default.svc.cluster.local',
            },
          },
        },
        { name: 'tlsMode-disabled', match: {}, transport: { kind: 'plain' } },
      ],
    })
    const [first] = config.transportMatches
    const names = first!.transport.kind === 'tls' ? first!.transport.tls.subjectAltNames : []
    expect(
      names.map(
        ({ type, matcher }) =>
          type === 'any' && matcher.matches('spiffe://cluster.local/ns/default/sa/reviews'),
      ),
    ).toEqual([true])
    expect(endpointSource).toEqual({ source: { kind: 'ads' }, initialFetchTimeoutMs: 0 })
    expect([...references.secrets.keys()]).toEqual(['default', 'ROOTCA'])
  })

  it('compiles static endpoints with weight, priority, locality, health and labels', () => {
    const { hosts } = compile({
      load_assignment: {
        cluster_name: 'a',
        endpoints: [
          {
            locality: { region: 'r', zone: 'z', sub_zone: 's' },
            priority: 1,
            load_balancing_weight: 3,
            lb_endpoints: [
              {
                ...endpoint('10.0.0.1', 80),
                health_status: 'UNHEALTHY',
                load_balancing_weight: 7,
                metadata: { filter_metadata: { 'envoy.transport_socket_match': { tlsMode: 'istio', n: 1 } } },
              },
              endpoint('::1', 81),
              endpoint('10.0.0.1', 80),
            ],
          },
          { lb_endpoints: [{ endpoint: { address: { pipe: { path: '/tmp/s' } } } }] },
        ],
      },
    }).config
    const locality = { region: 'r', zone: 'z', subZone: 's' }
    const nowhere = { region: '', zone: '', subZone: '' }
    expect(hosts).toEqual([
      {
        key: '10.0.0.1:80',
        address: { host: '10.0.0.1', port: 80 },
        weight: 7,
        priority: 1,
        locality,
        health: 'unhealthy',
        transportLabels: { tlsMode: 'istio' },
        metadata: { 'envoy.transport_socket_match': { tlsMode: 'istio', n: 1 } },
        hostname: '',
      },
      {
        key: '[::1]:81',
        address: { host: '::1', port: 81 },
        weight: 1,
        priority: 1,
        locality,
        health: 'healthy',
        transportLabels: {},
        metadata: {},
        hostname: '',
      },
      {
        key: 'pipe:/tmp/s',
        address: { path: '/tmp/s' },
        weight: 1,
        priority: 0,
        locality: nowhere,
        health: 'healthy',
        transportLabels: {},
        metadata: {},
        hostname: '',
      },
    ])
  })

  it.each([
    [{ outlier_detection: { consecutive_5xx: 5 } }, 'cluster "a": outlier_detection: not supported yet'],
    [{ lb_policy: 'RING_HASH' }, 'cluster "a": lb_policy: RING_HASH is not supported yet'],
    [{ connect_timeout: '0s' }, 'cluster "a": connect_timeout: must be greater than 0'],
    [
      { type: 'STATIC', eds_cluster_config: { service_name: 'x' } },
      'cluster "a": eds_cluster_config: does not go with type STATIC',
    ],
    [
      { load_assignment: { endpoints: [{ lb_endpoints: [endpoint('reviews', 80)] }] } },
      'cluster "a": load_assignment.endpoints[0].lb_endpoints[0].endpoint.address.socket_address.address: "reviews" is no IP address',
    ],
    [
      { type: 'ORIGINAL_DST' },
      'cluster "a": lb_policy: CLUSTER_PROVIDED goes with clusters of type ORIGINAL_DST, and only with them',
    ],
    [
      {
        typed_extension_protocol_options: {
          'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
            '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
            explicit_http_config: { http2_protocol_options: {} },
          },
        },
      },
      'cluster "a": typed_extension_protocol_options["envoy.extensions.upstreams.http.v3.HttpProtocolOptions"].explicit_http_config.http2_protocol_options: not supported yet',
    ],
    [
      {
        transport_socket: tls({
          common_tls_context: { validation_context: { verify_certificate_spki: ['x'] } },
        }),
      },
      'cluster "a": transport_socket.typed_config.common_tls_context.validation_context.verify_certificate_spki: "x" is no SHA-256 in base64',
    ],
    [
      {
        transport_socket: tls({
          common_tls_context: { validation_context: { match_subject_alt_names: [{ exact: 'a' }] } },
        }),
      },
      'cluster "a": transport_socket.typed_config.common_tls_context.validation_context: checking names of peers without trusted_ca is insecure',
    ],
    [
      {
        transport_socket: {
          name: 'x',
          typed_config: {
            '@type':
              'type.googleapis.com/envoy.extensions.transport_sockets.internal_upstream.v3.InternalUpstreamTransport',
          },
        },
      },
      'cluster "a": transport_socket.typed_config: type.googleapis.com/envoy.extensions.transport_sockets.internal_upstream.v3.InternalUpstreamTransport is not supported yet',
    ],
  ])('refuses %o by name', (json, expected) => {
    expect(refusal(json)).toBe(expected)
  })

  it.each([
    ['http_protocol_options', { http_protocol_options: { enable_trailers: true, accept_http_10: true } }],
    [
      'typed_extension_protocol_options',
      {
        typed_extension_protocol_options: {
          'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
            '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
            explicit_http_config: { http_protocol_options: { enable_trailers: true } },
          },
        },
      },
    ],
  ])('passes trailers on where %s says so', (_field, json) => {
    expect(compile({ name: 'a', ...json }).config.http.enableTrailers).toBe(true)
  })

  it('keeps the limits of both priorities, the address family of names and the overprovisioning factor', () => {
    const { config } = compile({
      name: 'a',
      type: 'STRICT_DNS',
      dns_lookup_family: 'V4_ONLY',
      circuit_breakers: {
        thresholds: [{ priority: 'HIGH', max_retries: 9 }, { max_retries: 8 }, { max_retries: 7 }],
      },
      load_assignment: {
        cluster_name: 'a',
        policy: { overprovisioning_factor: 100 },
        endpoints: [
          {
            lb_endpoints: [
              { endpoint: { address: { socket_address: { address: 'a.example', port_value: 80 } } } },
            ],
          },
        ],
      },
    })
    expect([config.circuitBreaker.maxRetries, config.highCircuitBreaker?.maxRetries]).toEqual([8, 9])
    expect(config.discovery).toEqual({ kind: 'strict-dns', refreshMs: 5000, family: 'v4' })
    expect(config.hosts[0]!.overprovisioningPercent).toBe(100)
  })

  it('takes the first policy of load_balancing_policy that it knows', () => {
    const policy = (name: string, config: object = {}) => ({
      typed_extension_config: {
        name,
        typed_config: {
          '@type': `type.googleapis.com/envoy.extensions.load_balancing_policies.${name}`,
          ...config,
        },
      },
    })
    const { config } = compile({
      load_balancing_policy: {
        policies: [policy('maglev.v3.Maglev'), policy('least_request.v3.LeastRequest', { choice_count: 4 })],
      },
    })
    expect([config.loadBalancer, config.choiceCount]).toEqual(['least-request', 4])
  })
})
