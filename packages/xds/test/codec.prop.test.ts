import {
  codec,
  enumDescriptor,
  findCodec,
  type MessageName,
  messageDescriptor,
  messageNames,
  type PlainMessage,
  type ValueType,
} from '@batten/xds'
import fc from 'fast-check'
import protobuf from 'protobufjs'
import { describe, expect, it } from 'vitest'
import { arbitraryMessage } from './arbitrary-message.ts'

const MAIN: MessageName[] = [
  'envoy.config.bootstrap.v3.Bootstrap',
  'envoy.config.cluster.v3.Cluster',
  'envoy.config.core.v3.Node',
  'envoy.config.endpoint.v3.ClusterLoadAssignment',
  'envoy.config.listener.v3.Listener',
  'envoy.config.rbac.v3.RBAC',
  'envoy.config.route.v3.RouteConfiguration',
  'envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication',
  'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
  'envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext',
  'envoy.extensions.transport_sockets.tls.v3.Secret',
  'envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext',
  'envoy.service.discovery.v3.DeltaDiscoveryRequest',
  'envoy.service.discovery.v3.DeltaDiscoveryResponse',
  'envoy.service.discovery.v3.DiscoveryRequest',
  'envoy.service.discovery.v3.DiscoveryResponse',
  'istio.networking.nds.v1.NameTable',
  'istio.v1.auth.IstioCertificateRequest',
  'stats.PluginConfig',
]

/** protobufjs's own reflection of the same descriptors: a second implementation of the wire format. */
const reflection = (() => {
  const root = new protobuf.Root()
  const typeOf = (value: ValueType) => (value.kind === 'scalar' ? value.scalar : `.${value.name}`)
  const add = (name: string) => {
    if (root.lookup(name) !== null) return
    const parent = root.define(`_${name}`.slice(1).split('.').slice(0, -1))
    const type = new protobuf.Type(name.split('.').at(-1)!)
    const existing = parent.get(type.name)
    if (existing instanceof protobuf.Namespace && !(existing instanceof protobuf.Type))
      parent.remove(existing)
    parent.add(type)
    const oneofs = new Map<string, string[]>()
    for (const field of messageDescriptor(name)!.fields) {
      type.add(
        field.mapKey === undefined
          ? new protobuf.Field(
              field.name,
              field.number,
              typeOf(field.value),
              field.repeated ? 'repeated' : undefined,
            )
          : new protobuf.MapField(field.name, field.number, field.mapKey, typeOf(field.value)),
      )
      if (field.oneof !== undefined) oneofs.set(field.oneof, [...(oneofs.get(field.oneof) ?? []), field.name])
    }
    for (const [oneof, members] of oneofs) type.add(new protobuf.OneOf(`oneof_${oneof}`, members))
  }
  // Parents before their nested messages.
  for (const name of messageNames().sort((a, b) => a.length - b.length)) add(name)
  for (const name of messageNames())
    for (const { value } of messageDescriptor(name)!.fields)
      if (value.kind === 'enum' && root.lookup(value.name) === null) {
        const parts = value.name.split('.')
        const parent = root.lookup(parts.slice(0, -1).join('.')) ?? root.define(parts.slice(0, -1))
        const values = Object.fromEntries(enumDescriptor(value.name).byName)
        ;(parent as protobuf.Namespace).add(new protobuf.Enum(parts.at(-1)!, values))
      }
  return root.resolveAll()
})()

/** A protobufjs message in our representation. */
function plain(name: string, bytes: Uint8Array): PlainMessage {
  const type = reflection.lookupType(name)
  const object = type.toObject(type.decode(bytes), { enums: String, longs: String, bytes: Uint8Array })
  return narrowLongs(name, object)
}

function narrowLongs(name: string, object: PlainMessage): PlainMessage {
  const result: PlainMessage = {}
  for (const field of messageDescriptor(name)!.fields) {
    const value = object[field.name]
    if (value === undefined) continue
    const one = (item: unknown): unknown => {
      if (field.value.kind === 'message') return narrowLongs(field.value.name, item as PlainMessage)
      if (field.value.kind === 'enum' || !field.value.scalar.endsWith('64')) return item
      const exact = BigInt(item as string)
      return Number.isSafeInteger(Number(exact)) ? Number(exact) : exact
    }
    if (field.repeated) result[field.name] = (value as unknown[]).map(one)
    else if (field.mapKey === undefined) result[field.name] = one(value)
    else
      result[field.name] = Object.fromEntries(
        Object.entries(value as PlainMessage).map(([key, item]) => [key, one(item)]),
      )
  }
  return result
}

/** What protobufjs's `fromObject` takes: 64-bit integers as text. */
function widenLongs(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (Array.isArray(value)) return value.map(widenLongs)
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, widenLongs(item)]))
}

describe.each(MAIN)('%s', (name) => {
  const found = findCodec(name)!

  it('decodes what it encodes, and encodes it to the same bytes again', () => {
    fc.assert(
      fc.property(arbitraryMessage(name), (message) => {
        const bytes = found.encode(message)
        const decoded = found.decode(bytes)
        expect(decoded).toEqual(message)
        expect(found.encode(decoded)).toEqual(bytes)
        expect(found.verify(message)).toBeUndefined()
      }),
      { numRuns: 40 },
    )
  })

  it('agrees with the reflection of protobufjs on the wire format', () => {
    fc.assert(
      fc.property(arbitraryMessage(name), (message) => {
        expect(plain(name, found.encode(message))).toEqual(message)
        const type = reflection.lookupType(name)
        const theirs = type.encode(type.fromObject(widenLongs(message) as PlainMessage)).finish()
        expect(found.decode(theirs)).toEqual(message)
      }),
      { numRuns: 40 },
    )
  })

  it('reads back the JSON that it prints, in both casings', () => {
    fc.assert(
      fc.property(arbitraryMessage(name), fc.boolean(), (message, snakeCase) => {
        const bytes = found.encode(message)
        const text = JSON.stringify(found.toJson(message, { snakeCase }))
        expect(found.encode(found.fromJson(JSON.parse(text)))).toEqual(bytes)
      }),
      { numRuns: 40 },
    )
  })

  it('never does more than throw XDS_DECODE_FAILED on damaged bytes', () => {
    fc.assert(
      fc.property(
        arbitraryMessage(name),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }),
        fc.nat(),
        (message, flips, cut) => {
          const bytes = found.encode(message).slice()
          for (const [at, value] of flips) if (bytes.length > 0) bytes[at % bytes.length] = value
          try {
            found.decode(bytes.subarray(0, cut % (bytes.length + 1)))
          } catch (thrown) {
            expect(thrown).toMatchObject({ code: 'XDS_DECODE_FAILED' })
          }
        },
      ),
      { numRuns: 40 },
    )
  })
})

describe('every message', () => {
  it('has codecs that compile and keep an empty message empty', () => {
    for (const name of messageNames()) {
      const found = findCodec(name)!
      expect([name, found.encode({}).length, found.decode(new Uint8Array(0))]).toEqual([name, 0, {}])
    }
  })

  it('writes the same bytes whatever the order of properties and map keys', () => {
    const labels = codec('google.protobuf.Struct')
    const one = labels.encode({ fields: { b: { stringValue: '1' }, a: { boolValue: true } } })
    const two = labels.encode({ fields: { a: { boolValue: true }, b: { stringValue: '1' } } })
    expect(one).toEqual(two)
  })
})
