import type { DownstreamTlsContext, TransportSocket, UpstreamTlsContext } from '@batten/xds'
import type { TlsServerConfig } from '../tls/tls-config.ts'
import type { TransportConfig } from '../upstream/cluster-config.ts'
import { compileDownstreamTls, compileUpstreamTls } from './compile-tls.ts'
import { MessageReader } from './message-reader.ts'
import type { ResourceReferences } from './resource-references.ts'
import { unknownExtension, unpackExtension } from './unpack.ts'

const RAW_BUFFER = 'envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer'
const DOWNSTREAM_TLS = 'envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext'
const UPSTREAM_TLS = 'envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext'

/** The transport socket of a filter chain: TLS, or undefined for plain text. */
export function compileDownstreamTransport(
  socket: MessageReader<TransportSocket> | undefined,
  references: ResourceReferences,
): TlsServerConfig | undefined {
  const config = unpackSocket(socket)
  if (config === undefined) return undefined
  if (config.name !== DOWNSTREAM_TLS) throw unknownExtension(config.typeUrl, config.at)
  const message = config.message as DownstreamTlsContext
  return compileDownstreamTls(new MessageReader(message, 'DownstreamTlsContext', config.at), references)
}

/** The transport socket of a cluster. */
export function compileUpstreamTransport(
  socket: MessageReader<TransportSocket> | undefined,
  references: ResourceReferences,
): TransportConfig {
  const config = unpackSocket(socket)
  if (config === undefined) return PLAIN
  if (config.name !== UPSTREAM_TLS) throw unknownExtension(config.typeUrl, config.at)
  const message = config.message as UpstreamTlsContext
  const tls = compileUpstreamTls(new MessageReader(message, 'UpstreamTlsContext', config.at), references)
  return Object.freeze({ kind: 'tls', tls })
}

const PLAIN: TransportConfig = Object.freeze({ kind: 'plain' })

function unpackSocket(socket: MessageReader<TransportSocket> | undefined) {
  if (socket === undefined) return undefined
  const name = socket.requiredText('name')
  const typedConfig = socket.take('typedConfig')
  socket.done()
  const at = socket.path('typedConfig')
  // Envoy looks a socket without a config up by its name, and raw_buffer needs none.
  if (typedConfig === undefined && (name === 'envoy.transport_sockets.raw_buffer' || name === 'raw_buffer'))
    return undefined
  const unpacked = unpackExtension(typedConfig, at)
  return unpacked.name === RAW_BUFFER ? undefined : { ...unpacked, at }
}
