import { describe, expect, it } from 'vitest'
import { unpackAny } from './any.ts'
import { messageFromJson, messageToJson } from './json.ts'

const BOOTSTRAP = {
  node: {
    id: 'sidecar~127.0.0.1~a.b~b.svc.cluster.local',
    cluster: 'a.b',
    metadata: { LABELS: { app: 'a' }, N: [1, null, true] },
  },
  static_resources: {
    clusters: [
      {
        name: 'xds-grpc',
        connect_timeout: '1.5s',
        type: 'STRICT_DNS',
        per_connection_buffer_limit_bytes: 32768,
        typed_extension_protocol_options: {
          'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
            '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
            explicit_http_config: { http2_protocol_options: {} },
          },
        },
      },
    ],
  },
  admin: { address: { socket_address: { address: '127.0.0.1', port_value: 15000 } } },
  stats_flush_interval: '0.250s',
}

describe('messageFromJson', () => {
  it('reads a bootstrap with snake_case names, durations, wrappers, enums, Any and Struct', () => {
    const bootstrap = messageFromJson('envoy.config.bootstrap.v3.Bootstrap', BOOTSTRAP)
    const [cluster] = bootstrap.staticResources!.clusters!
    const { typedExtensionProtocolOptions, ...rest } = cluster!
    expect(rest).toEqual({
      name: 'xds-grpc',
      connectTimeout: { seconds: 1, nanos: 500_000_000 },
      type: 'STRICT_DNS',
      perConnectionBufferLimitBytes: { value: 32768 },
    })
    expect(unpackAny(Object.values(typedExtensionProtocolOptions!)[0]!)).toEqual({
      name: 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
      message: { explicitHttpConfig: { http2ProtocolOptions: {} } },
    })
    expect(bootstrap.statsFlushInterval).toEqual({ nanos: 250_000_000 })
    expect(bootstrap.node!.metadata!.fields!['N']).toEqual({
      listValue: { values: [{ numberValue: 1 }, { nullValue: 'NULL_VALUE' }, { boolValue: true }] },
    })
  })

  it('prints it back as it was, in .proto casing', () => {
    const bootstrap = messageFromJson('envoy.config.bootstrap.v3.Bootstrap', BOOTSTRAP)
    const json = messageToJson('envoy.config.bootstrap.v3.Bootstrap', bootstrap, { snakeCase: true })
    const expected = structuredClone(BOOTSTRAP) as typeof BOOTSTRAP & {
      static_resources: { clusters: { connect_timeout: string }[] }
    }
    expected.static_resources.clusters[0]!.connect_timeout = '1.500s'
    expect(json).toEqual(expected)
  })

  it.each([
    [
      'an unknown field',
      { static_resources: { listeners: [{ foo: 1 }] } },
      'static_resources.listeners[0].foo: unknown field',
    ],
    ['a misspelled case', { Node: {} }, 'Node: unknown field'],
    ['text where an object belongs', { node: 'x' }, 'node: expected an object, got "x"'],
    ['a number where text belongs', { node: { id: 5 } }, 'node.id: expected a string, got number 5'],
    [
      'one item where a list belongs',
      { static_resources: { clusters: {} } },
      'static_resources.clusters: expected an array, got an object',
    ],
    [
      'a word that is no enum value',
      { static_resources: { clusters: [{ type: 'DNS' }] } },
      'static_resources.clusters[0].type: "DNS" is no value of envoy.config.cluster.v3.Cluster.DiscoveryType',
    ],
    [
      'a bare number as a duration',
      { stats_flush_interval: 5 },
      'stats_flush_interval: expected a duration like "1.5s", got number 5',
    ],
    [
      'a unit that protobuf lacks',
      { stats_flush_interval: '5ms' },
      'stats_flush_interval: "5ms" is no duration',
    ],
    [
      'a number that is too large',
      { admin: { address: { socket_address: { port_value: 4294967296 } } } },
      'admin.address.socket_address.port_value: 4294967296 does not fit uint32',
    ],
    [
      'a field given twice',
      { node: { user_agent_name: 'a', userAgentName: 'b' } },
      'node.userAgentName: given twice',
    ],
    [
      'two members of a oneof',
      { admin: { address: { pipe: { path: '/x' }, socket_address: {} } } },
      'admin.address: only one of "pipe" and "socket_address" may be set',
    ],
    [
      'an Any without a type',
      { static_resources: { listeners: [{ access_log: [{ typed_config: { path: '/' } }] }] } },
      'static_resources.listeners[0].access_log[0].typed_config: an Any needs "@type", the type URL of its message',
    ],
    [
      'an unknown field inside an Any',
      {
        static_resources: {
          listeners: [
            {
              access_log: [
                {
                  typed_config: {
                    '@type': 'type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog',
                    paht: '/',
                  },
                },
              ],
            },
          ],
        },
      },
      'static_resources.listeners[0].access_log[0].typed_config.paht: unknown field',
    ],
  ])('says where there is %s', (_, json, message) => {
    expect(() => messageFromJson('envoy.config.bootstrap.v3.Bootstrap', json)).toThrow(
      expect.objectContaining({ code: 'XDS_JSON_INVALID', message }),
    )
  })

  it('says where there is an extension that we do not have', () => {
    const json = { access_log: [{ typed_config: { '@type': 'type.googleapis.com/acme.Log' } }] }
    expect(() => messageFromJson('envoy.config.listener.v3.Listener', json, { path: 'lds.yaml: ' })).toThrow(
      expect.objectContaining({
        code: 'XDS_UNKNOWN_TYPE',
        message: 'unknown message type type.googleapis.com/acme.Log',
        where: 'lds.yaml: access_log[0].typed_config',
      }),
    )
  })

  it('stops at the limits of depth and size', () => {
    let deep: unknown = 1
    for (let i = 0; i < 200; i++) deep = [deep]
    expect(() => messageFromJson('google.protobuf.Value', deep)).toThrow('nested deeper than 100')
    const wide = { metadata: { a: Array.from({ length: 50 }, () => 1) } }
    expect(() => messageFromJson('envoy.config.core.v3.Node', wide, { maxValues: 20 })).toThrow(
      'too many values',
    )
  })

  it('takes enums by number, 64-bit integers as text, both base64 alphabets and null for "not set"', () => {
    expect(messageFromJson('envoy.config.cluster.v3.Cluster', { type: 3, name: null })).toEqual({
      type: 'EDS',
    })
    expect(
      messageFromJson('istio.v1.auth.IstioCertificateRequest', { validityDuration: '9223372036854775807' }),
    ).toEqual({
      validityDuration: 9223372036854775807n,
    })
    const source = (inline_bytes: string) =>
      messageFromJson('envoy.config.core.v3.DataSource', { inline_bytes })
    expect(source('+/8=')).toEqual({ inlineBytes: new Uint8Array([251, 255]) })
    expect(source('-_8')).toEqual(source('+/8='))
  })

  it('reads well-known types inside an Any from "value"', () => {
    const any = messageFromJson('google.protobuf.Any', {
      '@type': 'type.googleapis.com/google.protobuf.StringValue',
      value: 'x',
    })
    expect(unpackAny(any)).toEqual({ name: 'google.protobuf.StringValue', message: { value: 'x' } })
    expect(messageToJson('google.protobuf.Any', any)).toEqual({
      '@type': 'type.googleapis.com/google.protobuf.StringValue',
      value: 'x',
    })
  })
})

describe('messageToJson', () => {
  it('prints a message that it does not know as base64', () => {
    expect(
      messageToJson('google.protobuf.Any', { typeUrl: 'x/acme.B', value: new Uint8Array([1, 2]) }),
    ).toEqual({
      '@type': 'x/acme.B',
      value: 'AQI=',
    })
  })

  it('hides what Envoy marks as sensitive, inside lists and Any too', () => {
    const secret = {
      name: 'default',
      tlsCertificate: {
        certificateChain: { inlineString: 'public' },
        privateKey: { inlineString: 'private' },
        password: { inlineBytes: new Uint8Array([1]) },
      },
    }
    expect(
      messageToJson('envoy.extensions.transport_sockets.tls.v3.Secret', secret, {
        snakeCase: true,
        redact: true,
      }),
    ).toEqual({
      name: 'default',
      tls_certificate: {
        certificate_chain: { inline_string: 'public' },
        private_key: { inline_string: '[redacted]' },
        password: { inline_bytes: Buffer.from('[redacted]').toString('base64') },
      },
    })
  })

  it('hides secrets inside a TypedStruct that stands for a message it knows', () => {
    const json = {
      '@type': 'type.googleapis.com/xds.type.v3.TypedStruct',
      type_url: 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.TlsCertificate',
      value: { private_key: { inline_string: 'private' } },
    }
    const any = messageFromJson('google.protobuf.Any', json)
    expect(JSON.stringify(messageToJson('google.protobuf.Any', any, { redact: true }))).not.toContain(
      'private"}',
    )
    expect(messageToJson('google.protobuf.Any', any, { snakeCase: true })).toEqual(json)
  })

  it('leaves defaults out but keeps what has presence', () => {
    expect(
      messageToJson('envoy.config.route.v3.RouteAction', {
        cluster: '',
        timeout: {},
        clusterHeader: undefined,
      }),
    ).toEqual({ cluster: '', timeout: '0s' })
    expect(
      messageToJson('envoy.config.core.v3.SocketAddress', { address: '', protocol: 'TCP', portValue: 0 }),
    ).toEqual({
      portValue: 0,
    })
  })

  it('prints times, field masks and special numbers', () => {
    expect(messageToJson('google.protobuf.Timestamp', { seconds: 0, nanos: 5000 })).toBe(
      '1970-01-01T00:00:00.000005Z',
    )
    expect(messageToJson('google.protobuf.FieldMask', { paths: ['load_assignment.name'] })).toBe(
      'loadAssignment.name',
    )
    expect(messageToJson('google.protobuf.DoubleValue', { value: Number.POSITIVE_INFINITY })).toBe('Infinity')
    expect(messageToJson('google.protobuf.UInt64Value', { value: 5 })).toBe('5')
  })
})
