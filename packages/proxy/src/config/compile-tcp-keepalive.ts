import type { Cluster } from '@batten/xds'
import type { TcpKeepalive } from '../upstream/tcp-keepalive.ts'
import type { MessageReader } from './message-reader.ts'

/** `upstream_connection_options.tcp_keepalive`; undefined leaves keepalive off, as Envoy does. */
export function compileTcpKeepalive(cluster: MessageReader<Cluster>): TcpKeepalive | undefined {
  const options = cluster.nested('upstreamConnectionOptions', 'UpstreamConnectionOptions')
  const keepalive = options?.nested('tcpKeepalive', 'TcpKeepalive')
  options?.done()
  if (keepalive === undefined) return undefined
  const compiled: TcpKeepalive = {
    probes: keepalive.number('keepaliveProbes'),
    timeS: keepalive.number('keepaliveTime'),
    intervalS: keepalive.number('keepaliveInterval'),
  }
  keepalive.done()
  return Object.freeze(compiled)
}
