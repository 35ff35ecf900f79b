import { describe, expect, it } from 'vitest'
import { type PropertySource, type PropertyValue, pluginProperty, streamProperty } from './properties.ts'
import { responseHeaders, SimulatedStream } from './simulated-stream.ts'

const owner = {
  vmId: 'vm-1',
  config: {
    name: 'default.auth',
    rootId: 'auth',
    configuration: new Uint8Array(0),
    node: {
      id: 'node-1',
      cluster: 'shop',
      metadata: { NAME: 'pod', LABELS: { app: 'ä' }, LIST: [1, 'b'], ON: true },
    },
    direction: 'inbound' as const,
  },
}

function sourceOf(hasHeaders: boolean): PropertySource {
  const stream = new SimulatedStream(
    {
      method: 'POST',
      path: '/a/b?c=d#e',
      headers: [
        ['user-agent', 'curl'],
        ['x-a', '1'],
        ['x-a', '2'],
        ['x-request-id', 'id-1'],
      ],
    },
    { onResume() {}, onReply() {}, onReset() {} },
    0,
    1_700_000_000_000.5,
  )
  stream.requestBytes = 300
  stream.responseFlags = ['UF', 'URX']
  stream.responseHeaders = responseHeaders(201, [['grpc-status', '5']])
  stream.state.set('wasm.mine', Buffer.from('stored'))
  stream.metadata.set('envoy.filters.http.jwt_authn', { sub: 'ada', claims: { age: 36 } })
  const { requestHeaders } = stream
  return {
    owner,
    stream,
    requestHeaders: hasHeaders ? requestHeaders : undefined,
    responseHeaders: hasHeaders ? stream.responseHeaders : undefined,
    responseTrailers: undefined,
  }
}

/** As text: numbers of eight bytes in decimal, other bytes as latin1. */
function shown(value: PropertyValue): string | undefined | null {
  if (value === undefined || value === null || typeof value === 'string') return value
  if (value.length === 8) return String(new DataView(value.buffer, value.byteOffset, 8).getBigInt64(0, true))
  return Buffer.from(value).toString('latin1')
}

describe('properties of a request', () => {
  it.each<[string, string | undefined | null]>([
    ['request.path', '/a/b?c=d#e'],
    ['request.url_path', '/a/b'],
    ['request.query', 'c=d'],
    ['request.host', 'example.com'],
    ['request.method', 'POST'],
    ['request.scheme', 'http'],
    ['request.headers.x-a', '1,2'],
    ['request.headers.X-A', '1,2'],
    ['request.headers.x-b', undefined],
    ['request.useragent', 'curl'],
    ['request.referer', undefined],
    ['request.id', 'id-1'],
    ['request.protocol', 'HTTP/1.1'],
    ['request.size', '300'],
    ['request.time', '1700000000000500000'],
    ['request.duration', undefined],
    ['request.nonsense', undefined],
    ['request', null],
    ['request.path.deeper', undefined],
    ['request.headers.x-a.deeper', undefined],
    ['response.flags', String(2 ** 5 + 2 ** 15)],
    ['response.trailers', '\0\0\0\0'],
    ['connection.requested_server_name', ''],
    ['metadata.filter_metadata.nothing', undefined],
    ['xds', null],
    ['plugin_name.deeper', undefined],
    ['response.code', '201'],
    ['response.code_details', 'via_upstream'],
    ['response.grpc_status', '5'],
    ['source.address', '127.0.0.1:40000'],
    ['source.port', '40000'],
    ['destination.port', '8080'],
    ['upstream.address', undefined],
    ['connection.id', '1'],
    ['connection.mtls', '\0'],
    ['connection.tls_version', undefined],
    ['plugin_name', 'default.auth'],
    ['plugin_root_id', 'auth'],
    ['plugin_vm_id', 'vm-1'],
    ['node.id', 'node-1'],
    ['node.metadata.NAME', 'pod'],
    ['node.metadata.LABELS.app', 'Ã¤'],
    ['node.metadata.ON', '\x01'],
    ['node.metadata.LIST.1', 'b'],
    ['node.metadata.NOTHING', undefined],
    ['node.metadata.constructor', undefined],
    ['listener_direction', '1'],
    ['xds.node.cluster', 'shop'],
    ['mine', 'stored'],
    ['filter_state.wasm\0mine', undefined],
    ['other', undefined],
  ])('%s is %j', (path, expected) => {
    expect(shown(streamProperty(sourceOf(true), path.split('.')))).toBe(expected)
  })

  it('walks metadata by namespaces that have dots', () => {
    const path = ['metadata', 'filter_metadata', 'envoy.filters.http.jwt_authn', 'sub']
    expect(shown(streamProperty(sourceOf(true), path))).toBe('ada')
  })

  it('reads what is in headers only as long as the guest can read them', () => {
    const source = sourceOf(false)
    const values = ['request.path', 'request.headers.x-a', 'response.grpc_status', 'response.headers'].map(
      (path) => streamProperty(source, path.split('.')),
    )
    expect(values).toEqual([undefined, undefined, expect.anything(), new Uint8Array(4)])
    expect(shown(values[2])).toBe('2')
    expect(shown(streamProperty(source, ['response', 'code']))).toBe('201')
  })

  it('reads the gRPC status from trailers, headers, or what the HTTP status stands for', () => {
    const source = sourceOf(true)
    const responseTrailers = responseHeaders(200, [['grpc-status', '7']])
    const status = (from: PropertySource) => shown(streamProperty(from, ['response', 'grpc_status']))
    expect(status({ ...source, responseTrailers })).toBe('7')
    expect(status(source)).toBe('5')
    expect(status({ ...source, responseHeaders: undefined })).toBe('2')
  })

  it('gives a header with several values once, joined', () => {
    const bytes = Buffer.from(streamProperty(sourceOf(true), ['request', 'headers']) as Uint8Array)
    expect(bytes.toString('latin1')).toContain('x-a\x001,2\0')
  })

  it('gives maps as pairs', () => {
    const bytes = streamProperty(sourceOf(true), ['response', 'headers'])
    const names = ':status\x00201\0grpc-status\x005\0'
    const sizes = [2, 7, 3, 11, 1].flatMap((size) => [size, 0, 0, 0])
    expect(bytes).toEqual(Buffer.from([...sizes, ...Buffer.from(names, 'latin1')]))
  })
})

it('has no request on the root context', () => {
  expect(pluginProperty(owner, ['request', 'path'])).toBeUndefined()
  expect(shown(pluginProperty(owner, ['plugin_name']))).toBe('default.auth')
})
