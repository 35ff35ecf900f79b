import { BattenError } from '@batten/core'
import { messageFromJson } from '@batten/xds'
import { describe, expect, it } from 'vitest'
import { type RecordedFilter, recordingEnvironment } from '../../test/support/compile-environment.ts'
import { configErrorText } from '../errors.ts'
import { compileListener } from './compile-listener.ts'
import { FieldPath } from './field-path.ts'

const HCM =
  'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager'
const ROUTER = {
  name: 'envoy.filters.http.router',
  typed_config: { '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router' },
}
const address = { socket_address: { address: '0.0.0.0', port_value: 8080 } }

function compile(json: object, environment = recordingEnvironment()) {
  const message = messageFromJson('envoy.config.listener.v3.Listener', { name: 'l', address, ...json })
  return compileListener(message, 'v1', environment, FieldPath.of('listener', 'l'))
}

/** A listener with one connection manager. */
function withManager(manager: object) {
  return {
    filter_chains: [
      {
        filters: [
          {
            name: 'envoy.filters.network.http_connection_manager',
            typed_config: {
              '@type': HCM,
              stat_prefix: 's',
              rds: { route_config_name: 'r', config_source: { ads: {} } },
              http_filters: [ROUTER],
              ...manager,
            },
          },
        ],
      },
    ],
  }
}

function managerOf(json: object) {
  const { config, chains } = compile(withManager(json))
  return {
    config: (config.filterChains[0]!.filters[0] as RecordedFilter).config,
    references: chains[0]!.references,
  }
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

describe('compileListener', () => {
  it("gives a connection manager that says little Envoy's defaults", () => {
    const { config, references } = managerOf({})
    expect(config).toEqual({
      statPrefix: 's',
      routes: { name: 'r', current: undefined },
      filters: [{ name: 'envoy.filters.http.router', current: expect.anything() }],
      serverName: 'envoy',
      serverHeader: 'overwrite',
      useRemoteAddress: false,
      xffTrustedHops: 0,
      skipXffAppend: false,
      generateRequestId: true,
      preserveExternalRequestId: false,
      alwaysSetRequestIdInResponse: false,
      forwardClientCert: {
        mode: 'sanitize',
        subject: false,
        dns: false,
        uri: false,
        cert: false,
        chain: false,
      },
      normalizePath: false,
      mergeSlashes: false,
      stripMatchingHostPort: false,
      stripAnyHostPort: false,
      via: '',
      accessLoggers: [],
      allowCustomMethods: false,
      upgrades: new Set(),
      limits: { maxRequestHeadersBytes: 61_440, maxHeaders: 100, maxRequestsPerConnection: 0 },
      timeouts: {
        idleMs: 3_600_000,
        streamIdleMs: 300_000,
        requestMs: 0,
        requestHeadersMs: 0,
        maxStreamDurationMs: 0,
        maxConnectionDurationMs: 0,
        drainMs: 5000,
        delayedCloseMs: 1000,
      },
      acceptHttp10: false,
    })
    expect(references.routes).toEqual([
      {
        name: 'r',
        source: { kind: 'ads' },
        initialFetchTimeoutMs: 15_000,
        slot: { name: 'r', current: undefined },
      },
    ])
  })

  it('compiles the inbound listener of a sidecar: matches, TLS, inspectors, timeouts', () => {
    const { config, chains } = compile({
      traffic_direction: 'INBOUND',
      continue_on_listener_filters_timeout: true,
      listener_filters_timeout: '0s',
      listener_filters: [
        {
          name: 'envoy.filters.listener.tls_inspector',
          typed_config: {
            '@type': 'type.googleapis.com/envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector',
            initial_read_buffer_size: 512,
          },
        },
        {
          name: 'envoy.filters.listener.http_inspector',
          typed_config: {
            '@type': 'type.googleapis.com/envoy.extensions.filters.listener.http_inspector.v3.HttpInspector',
          },
        },
      ],
      filter_chains: [
        {
          name: 'mtls',
          filter_chain_match: {
            destination_port: 9080,
            transport_protocol: 'tls',
            application_protocols: ['istio', 'istio-http/1.1'],
            server_names: ['*.Example.com'],
            prefix_ranges: [{ address_prefix: '10.0.0.0', prefix_len: 8 }],
          },
          transport_socket: {
            name: 'envoy.transport_sockets.tls',
            typed_config: {
              '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext',
              require_client_certificate: true,
              common_tls_context: {
                alpn_protocols: ['h2', 'http/1.1'],
                tls_params: {
                  tls_minimum_protocol_version: 'TLSv1_3',
                  cipher_suites: [
                    '[ECDHE-ECDSA-AES128-GCM-SHA256|ECDHE-ECDSA-CHACHA20-POLY1305]',
                    'AES128-SHA',
                  ],
                },
                tls_certificate_sds_secret_configs: [
                  {
                    name: 'default',
                    sds_config: {
                      resource_api_version: 'V3',
                      api_config_source: {
                        api_type: 'GRPC',
                        set_node_on_first_message_only: true,
                        transport_api_version: 'V3',
                        grpc_services: [{ envoy_grpc: { cluster_name: 'sds-grpc' } }],
                      },
                    },
                  },
                ],
                combined_validation_context: {
                  default_validation_context: {
                    match_subject_alt_names: [{ prefix: 'spiffe://cluster.local/' }],
                  },
                  validation_context_sds_secret_config: { name: 'ROOTCA', sds_config: { ads: {} } },
                },
              },
            },
          },
          ...withManager({}).filter_chains[0],
        },
        {
          filters: [
            {
              name: 'tcp',
              typed_config: {
                '@type': 'type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy',
                stat_prefix: 't',
                weighted_clusters: {
                  clusters: [
                    { name: 'a', weight: 3 },
                    { name: 'b', weight: 1 },
                  ],
                },
              },
            },
          ],
        },
      ],
    })
    expect(config).toMatchObject({
      name: 'l',
      address: { host: '0.0.0.0', port: 8080 },
      bindToPort: true,
      direction: 'inbound',
      inspectors: { tls: true, http: true },
      listenerFiltersTimeoutMs: 0,
      continueOnListenerFiltersTimeout: true,
      connectionBufferLimitBytes: 1_048_576,
      version: 'v1',
      filterChains: [
        {
          name: 'mtls',
          match: {
            destinationPort: 9080,
            transportProtocol: 'tls',
            applicationProtocols: ['istio', 'istio-http/1.1'],
            serverNames: ['*.example.com'],
            prefixRanges: ['10.0.0.0/8'],
            sourceType: 'any',
          },
          tls: {
            certificate: 'default',
            validation: 'ROOTCA',
            requireClientCertificate: true,
            alpn: ['http/1.1'],
            minVersion: 'TLSv1.3',
            maxVersion: 'TLSv1.3',
            ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305:AES128-SHA',
            groups: [],
            signatureAlgorithms: [],
          },
        },
        {
          name: 'filter-chain-1',
          match: { destinationPort: undefined, transportProtocol: '' },
          tls: undefined,
        },
      ],
    })
    expect((config.filterChains[1]!.filters[0] as RecordedFilter).config).toEqual({
      statPrefix: 't',
      clusters: [
        { name: 'a', weight: 3 },
        { name: 'b', weight: 1 },
      ],
      idleTimeoutMs: 3_600_000,
      maxConnectionDurationMs: 0,
      maxConnectAttempts: 1,
      accessLoggers: [],
    })
    expect([...chains[1]!.references.clusters]).toEqual(['a', 'b'])
    expect(chains[0]!.references.secrets.get('default')!.source).toEqual({
      kind: 'grpc',
      api: { cluster: 'sds-grpc', delta: false, authority: undefined, initialMetadata: [] },
    })
  })

  it('uses an equal chain of the listener before again, filters and all', () => {
    const environment = recordingEnvironment()
    const json = messageFromJson('envoy.config.listener.v3.Listener', {
      name: 'l',
      address,
      ...withManager({}),
      default_filter_chain: withManager({ stat_prefix: 'other' }).filter_chains[0],
    })
    const first = compileListener(json, '1', environment, FieldPath.of('listener', 'l'))
    const changed = { ...json, statPrefix: 'changed' }
    const byVersion = new Map(first.chains.map((chain) => [chain.config.version, chain]))
    const second = compileListener(changed, '2', environment, FieldPath.of('listener', 'l'), (version) =>
      byVersion.get(version),
    )
    expect(second.config.filterChains[0]).toBe(first.config.filterChains[0])
    expect(second.config.defaultFilterChain).toBe(first.config.defaultFilterChain)
    expect(second.config.statPrefix).toBe('changed')
  })

  it('leaves filters out that only report, as they are listed', () => {
    const { config } = managerOf({
      http_filters: [
        {
          name: 'istio.stats',
          typed_config: {
            '@type': 'type.googleapis.com/udpa.type.v1.TypedStruct',
            type_url: 'type.googleapis.com/stats.PluginConfig',
            value: {},
          },
        },
        ROUTER,
      ],
    })
    expect('filters' in config && config.filters.map((slot) => slot.name)).toEqual([
      'envoy.filters.http.router',
    ])
  })

  it('keeps a place for a filter that ECDS delivers, and compiles what arrives for it', () => {
    const { config, references } = managerOf({
      http_filters: [
        {
          name: 'ecds-tag',
          config_discovery: {
            config_source: { ads: {}, initial_fetch_timeout: '0s' },
            type_urls: ['type.googleapis.com/test.Tag'],
            default_config: typedTag('default'),
          },
        },
        ROUTER,
      ],
    })
    const [reference] = references.extensions
    expect(reference).toMatchObject({ name: 'ecds-tag', initialFetchTimeoutMs: 0, withoutWarming: false })
    expect(reference!.fallback!.name).toBe('tag default')
    expect('filters' in config && config.filters[0]).toBe(reference!.slot)
    expect(reference!.slot.current).toBeUndefined()
    const any = messageFromJson('google.protobuf.Any', typedTag('x'))
    expect(reference!.compile(any, FieldPath.of('extension', 'ecds-tag')).name).toBe('tag x')
    const router = messageFromJson('google.protobuf.Any', ROUTER.typed_config)
    expect(() => reference!.compile(router, FieldPath.of('extension', 'ecds-tag'))).toThrow(
      'is not one of the types that the listener takes: test.Tag',
    )
  })

  const manager = 'listener "l": filter_chains[0].filters[0].typed_config'
  it.each([
    [
      { use_original_dst: true, ...withManager({}) },
      'listener "l": use_original_dst: interception of connections is not supported yet',
    ],
    [{}, 'listener "l": filter_chains: at least one filter chain is required'],
    [withManager({ codec_type: 'HTTP2' }), `${manager}.codec_type: HTTP2 is not supported yet`],
    [withManager({ local_reply_config: {} }), `${manager}.local_reply_config: not supported yet`],
    [
      withManager({ internal_address_config: {}, scoped_routes: undefined }),
      `${manager}.internal_address_config: not supported yet`,
    ],
    [withManager({ http_filters: [] }), `${manager}.http_filters: at least the router is required`],
    [
      withManager({ http_filters: [ROUTER, { ...ROUTER, name: 'second' }] }),
      `${manager}.http_filters[0]: envoy.filters.http.router ends the chain and must be the last filter`,
    ],
    [
      withManager({ http_filters: [{ name: 'tag', typed_config: typedTag('x') }] }),
      `${manager}.http_filters[0]: the last filter must end the chain; tag does not`,
    ],
    [
      withManager({ http_filters: [{ name: 'tag', typed_config: typedTag(1) }, ROUTER] }),
      `${manager}.http_filters[0].typed_config: header must be a string`,
    ],
    [
      withManager({
        http_filters: [
          {
            name: 'x',
            typed_config: { '@type': 'type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer' },
          },
          ROUTER,
        ],
      }),
      `${manager}.http_filters[0].typed_config: type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer is not supported yet`,
    ],
    [
      { filter_chains: [...withManager({}).filter_chains, ...withManager({}).filter_chains] },
      'listener "l": filter_chains[1].filter_chain_match: is the same as that of filter_chains[0]',
    ],
    [
      withManager({
        access_log: [
          {
            name: 'x',
            filter: { runtime_filter: { runtime_key: 'x' } },
            typed_config: {
              '@type': 'type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog',
            },
          },
        ],
      }),
      `${manager}.access_log[0].filter.runtime_filter: not supported yet`,
    ],
  ])('refuses %o by name', (json, expected) => {
    expect(refusal(json)).toBe(expected)
  })
})

function typedTag(header: unknown) {
  return {
    '@type': 'type.googleapis.com/xds.type.v3.TypedStruct',
    type_url: 'type.googleapis.com/test.Tag',
    value: { header },
  }
}
