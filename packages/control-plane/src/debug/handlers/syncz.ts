import { shortTypeName, TYPE_URLS } from '@batten/xds'
import type { Connection } from '../../serve/ads-service.ts'
import type { TypeStatus } from '../../serve/type-state.ts'
import type { DebugHandler } from '../debug-handler.ts'

const { CDS, ECDS, EDS, LDS, RDS } = TYPE_URLS

/** What `istioctl proxy-status` reads, and below `types` what it does not tell: why something is rejected. */
export const syncz: DebugHandler = {
  path: '/debug/syncz',
  help: 'Whether each proxy has the newest configuration, by type; what it rejected, and why',
  handle: (_, { server }) => ({
    body: [...server.connections.values()].flatMap((connection) => {
      const status = syncStatus(connection)
      return status === undefined ? [] : [status]
    }),
  }),
}

function syncStatus({ id, stream, connectedAt }: Connection) {
  const { node } = stream
  if (node === undefined) return undefined
  const types = stream.describe()
  const pair = (name: string, typeUrl: string) => {
    const type = types.find((candidate) => candidate.typeUrl === typeUrl)
    return { [`${name}_sent`]: type?.nonceSent ?? '', [`${name}_acked`]: type?.nonceAcked ?? '' }
  }
  return {
    cluster_id: node.clusterId,
    proxy: `${node.name}.${node.namespace}`,
    proxy_id: node.id,
    connection: id,
    proxy_type: node.type,
    istio_version: typeof node.metadata['ISTIO_VERSION'] === 'string' ? node.metadata['ISTIO_VERSION'] : '',
    user_agent: node.capabilities.userAgent,
    protocol: stream.protocol,
    connected_at: new Date(connectedAt).toISOString(),
    revision: stream.snapshot?.revision ?? 0,
    settled_revision: stream.settledRevision,
    ...pair('cluster', CDS),
    ...pair('listener', LDS),
    ...pair('route', RDS),
    ...pair('endpoint', EDS),
    ...pair('extensionconfig', ECDS),
    types: types.map(typeDetails),
  }
}

function typeDetails(type: TypeStatus) {
  return {
    type: shortTypeName(type.typeUrl),
    status: type.status,
    resources: type.sent.size,
    pushes: type.pushes,
    bytes: type.bytes,
    last_push: type.lastPushAt === undefined ? undefined : new Date(type.lastPushAt).toISOString(),
    last_ack: type.lastAckAt === undefined ? undefined : new Date(type.lastAckAt).toISOString(),
    rejected: [...type.rejected].map(([name, rejected]) => ({
      name,
      version: rejected.version,
      error: rejected.error,
      at: new Date(rejected.at).toISOString(),
    })),
  }
}
