import { BattenError, type Clock } from '@batten/core'
import { connectGrpc, type GrpcChannel } from '../grpc/grpc-channel.ts'
import type { ConnectError, PendingConnect } from '../network/connect.ts'
import type { StatScope } from '../network/stat-scope.ts'
import type { ClusterConfig } from '../upstream/cluster-config.ts'
import type { CreateTransportFactory } from '../upstream/transport-factory.ts'

/** How to connect to a management server: one way for each of its addresses. */
export interface GrpcTarget {
  /** Name of the cluster, for logs. */
  readonly cluster: string
  /** For people; in the order in which they are tried. */
  readonly addresses: readonly string[]
  readonly isTls: boolean
  /**
   * Connects with the secrets of this moment, so that a rotated certificate is used by the next connection.
   *
   * @param index - which of the addresses
   * @param done - called once, never before this returns, not at all after `cancel`
   */
  connect(index: number, clock: Clock, done: (result: GrpcChannel | ConnectError) => void): PendingConnect
  close(): void
}

/** What a target needs of the proxy that it is for. */
export interface GrpcTargetContext {
  readonly transports: CreateTransportFactory
  readonly stats: { scope(family: 'cluster', name: string): StatScope }
}

const CONNECT_TIMEOUT_MS = 10_000
const KEEPALIVE = { intervalMs: 30_000, timeoutMs: 10_000 } as const

/**
 * The largest response that is taken. Envoy has no limit; a mesh of 10,000 clusters is a response of some 20 MB, and
 * more than this would not be compiled in the memory that a sidecar has.
 */
const MAX_RESPONSE_BYTES = 256 * 1024 * 1024

/**
 * Makes a {@link GrpcTarget} of a static cluster. It connects as traffic of the cluster does, but offers `h2`.
 *
 * Differs from Envoy: where a TLS context has trusted roots and no names to match, the certificate has to be for the
 * SNI. Envoy takes every certificate that the roots have signed, and roots may be those of the machine.
 *
 * @throws BattenError PROXY_XDS_CLUSTER when the cluster has no endpoint
 */
export function grpcTargetOf(
  cluster: ClusterConfig,
  authority: string | undefined,
  context: GrpcTargetContext,
): GrpcTarget {
  if (cluster.hosts.length === 0)
    throw new BattenError('PROXY_XDS_CLUSTER', {
      message: `cluster ${JSON.stringify(cluster.name)} has no endpoint in its load_assignment`,
    })
  const { transport } = cluster
  const tls = transport.kind === 'tls' ? transport.tls : undefined
  const serverName = tls?.sni || undefined
  const transports = context.transports(
    tls === undefined ? transport : { kind: 'tls', tls: { ...tls, alpn: ['h2'] } },
    context.stats.scope('cluster', cluster.statName),
  )
  const checksName = tls?.validation !== undefined && tls.subjectAltNames.length === 0
  return {
    cluster: cluster.name,
    addresses: cluster.hosts.map(({ key }) => key),
    isTls: tls !== undefined,
    connect: (index, clock, done) =>
      connectGrpc(
        {
          target: cluster.hosts[index % cluster.hosts.length]!.address,
          transports,
          isTls: tls !== undefined,
          authority: authority ?? serverName,
          peerName: checksName ? serverName : undefined,
          bindAddress: cluster.bindAddress,
          tcpKeepalive: cluster.keepalive,
        },
        {
          clock,
          connectTimeoutMs: CONNECT_TIMEOUT_MS,
          maxMessageBytes: MAX_RESPONSE_BYTES,
          keepalive: KEEPALIVE,
        },
        done,
      ),
    close: () => transports.close(),
  }
}
