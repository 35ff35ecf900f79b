import { describe, expect, it } from 'vitest'
import { packAny, unpackAny, unpackAnyAs, unpackExtension } from './any.ts'
import { codec } from './codec.ts'
import { jsonToStruct } from './struct.ts'

describe('Any', () => {
  const router = packAny('envoy.extensions.filters.http.router.v3.Router', { suppressEnvoyHeaders: true })

  it('carries the type URL and comes back as the message', () => {
    expect(router.typeUrl).toBe('type.googleapis.com/envoy.extensions.filters.http.router.v3.Router')
    expect(unpackAny(router)).toEqual({
      name: 'envoy.extensions.filters.http.router.v3.Router',
      message: { suppressEnvoyHeaders: true },
    })
  })

  it('names the type that nobody knows', () => {
    expect(() => unpackAny({ typeUrl: 'type.googleapis.com/acme.Filter' })).toThrow(
      expect.objectContaining({
        code: 'XDS_UNKNOWN_TYPE',
        message: 'unknown message type type.googleapis.com/acme.Filter',
      }),
    )
    expect(() => unpackAny({})).toThrow('an Any without a type URL')
  })

  it('refuses a message of another type than the expected one', () => {
    expect(() => unpackAnyAs('envoy.config.cluster.v3.Cluster', router)).toThrow(
      'expected envoy.config.cluster.v3.Cluster, got type.googleapis.com/envoy.extensions.filters.http.router.v3.Router',
    )
  })

  it.each(['xds.type.v3.TypedStruct', 'udpa.type.v1.TypedStruct'] as const)('looks through a %s', (name) => {
    const typeUrl = 'type.googleapis.com/stats.PluginConfig'
    const packed = packAny(name, { typeUrl, value: jsonToStruct({ disable_host_header_fallback: true }) })
    expect(unpackExtension(packed)).toEqual({
      typeUrl,
      name: 'stats.PluginConfig',
      struct: { fields: { disable_host_header_fallback: { boolValue: true } } },
      message: undefined,
    })
  })

  it('leaves other messages as they are', () => {
    expect(unpackExtension(router)).toMatchObject({
      typeUrl: router.typeUrl,
      message: { suppressEnvoyHeaders: true },
    })
  })
})

describe('codec', () => {
  const cluster = codec('envoy.config.cluster.v3.Cluster')

  it('names the field and the value that cannot be encoded', () => {
    const wrong: object = { name: 'a', lbPolicy: 'FASTEST' }
    expect(() => cluster.encode(wrong)).toThrow(
      expect.objectContaining({
        code: 'XDS_ENCODE_FAILED',
        message:
          'envoy.config.cluster.v3.Cluster.lbPolicy: expected a value of envoy.config.cluster.v3.Cluster.LbPolicy, got string "FASTEST"',
      }),
    )
    const notText: object = { name: 5 }
    expect(() => cluster.encode(notText)).toThrow(
      'envoy.config.cluster.v3.Cluster.name: expected a string, got number 5',
    )
  })

  it('keeps an enum value that is newer than the descriptor, as its number', () => {
    const newer: object = { lbPolicy: '99' }
    expect(cluster.decode(cluster.encode(newer))).toEqual({ lbPolicy: '99' })
    expect(cluster.toJson(newer)).toEqual({ lbPolicy: 99 })
  })

  it('tells about fields that it does not know, wherever they are', () => {
    const unknown: [string, number][] = []
    // field 1 "a"; field 4000 varint 1; field 4 (connect_timeout) with an unknown field 15 varint 3
    const bytes = new Uint8Array([0x0a, 1, 0x61, 0x80, 0xfa, 0x01, 1, 0x22, 2, 0x78, 3])
    const decoded = cluster.decode(bytes, {
      onUnknownField: (message, field) => unknown.push([message, field]),
    })
    expect(decoded).toEqual({ name: 'a', connectTimeout: {} })
    expect(unknown).toEqual([
      ['envoy.config.cluster.v3.Cluster', 4000],
      ['google.protobuf.Duration', 15],
    ])
  })

  it('merges a message field that occurs twice and takes the last member of a oneof', () => {
    const node = codec('envoy.config.core.v3.Node')
    const first = node.encode({ locality: { region: 'eu' }, userAgentVersion: '1' })
    const second = node.encode({
      locality: { zone: 'a' },
      userAgentBuildVersion: { version: { majorNumber: 2 } },
    })
    expect(node.decode(Buffer.concat([first, second]))).toEqual({
      locality: { region: 'eu', zone: 'a' },
      userAgentBuildVersion: { version: { majorNumber: 2 } },
    })
  })

  it('refuses messages that are nested too deep', () => {
    const value = codec('google.protobuf.Value')
    let bytes = new Uint8Array(0)
    for (let i = 0; i < 120; i++) {
      const list = Buffer.concat([Buffer.from([0x0a]), varint(bytes.length), bytes])
      bytes = new Uint8Array(Buffer.concat([Buffer.from([0x32]), varint(list.length), list]))
    }
    expect(() => value.decode(bytes)).toThrow('messages nested deeper than 100')
  })

  it('keeps 64-bit integers exact', () => {
    const request = codec('istio.v1.auth.IstioCertificateRequest')
    for (const validityDuration of [86_400, -1, 2 ** 53 - 1, 2n ** 60n + 1n, -(2n ** 63n)])
      expect(request.decode(request.encode({ validityDuration }))).toEqual({ validityDuration })
  })

  it('keeps a map key that would be a prototype', () => {
    const struct = codec('google.protobuf.Struct')
    const fields = JSON.parse('{"__proto__": {"stringValue": "x"}}') as Record<
      string,
      { stringValue: string }
    >
    const decoded = struct.decode(struct.encode({ fields }))
    expect(Object.keys(decoded.fields!)).toEqual(['__proto__'])
    expect(Object.getPrototypeOf(decoded.fields)).toBe(Object.prototype)
  })

  it('finds unknown properties and two members of one oneof', () => {
    expect(cluster.verify({ nam: 'a' })).toBe('nam: unknown field of envoy.config.cluster.v3.Cluster')
    expect(cluster.verify({ type: 'EDS', clusterType: { name: 'x' } })).toBe(
      'clusterType: only one of "type" and "clusterType" may be set',
    )
    expect(cluster.verify({ loadAssignment: { endpoints: [{ priority: -1 }] } })).toBe(
      'loadAssignment.endpoints[0].priority: expected uint32, got number',
    )
    expect(cluster.verify({ name: 'a', type: 'EDS' })).toBeUndefined()
  })
})

function varint(value: number): Buffer {
  return value < 128 ? Buffer.from([value]) : Buffer.from([(value & 127) | 128, value >> 7])
}
