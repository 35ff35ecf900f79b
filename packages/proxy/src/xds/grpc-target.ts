import { checkServerIdentity } from 'node:tls'
import { BattenError } from '@batten/core'
import type { ChannelCredentials, ClientOptions } from '@grpc/grpc-js'
import { subjectAltNames } from '../tls/subject-alt-names.ts'
import type { SecretStore, TlsClientConfig } from '../tls/tls-config.ts'
import type { ClusterConfig } from '../upstream/cluster-config.ts'
import { grpcLibrary } from './grpc-library.ts'

/** How to connect to a management server: one way for each of its addresses. */
export interface GrpcTarget {
  /** Name of the cluster, for logs. */
  readonly cluster: string
  /** gRPC target of every endpoint. */
  readonly addresses: readonly string[]
  readonly isTls: boolean
  /** Names of secrets that have to be in the store before a connection makes sense. */
  readonly secrets: readonly string[]
  /** Made for each connection, so that a rotated certificate is used by the next one. */
  credentials(): ChannelCredentials
  /** For connections to one of the addresses. */
  readonly options: ClientOptions
}

/** Makes a {@link GrpcTarget} of a static cluster. */
export function grpcTargetOf(
  cluster: ClusterConfig,
  authority: string | undefined,
  store: SecretStore,
): GrpcTarget {
  const addresses = cluster.hosts.map(({ address }) =>
    'path' in address
      ? `unix:${address.path}`
      : dnsTarget(address.host, address.port, cluster.discovery.kind),
  )
  if (addresses.length === 0)
    throw new BattenError('PROXY_XDS_CLUSTER', {
      message: `cluster ${JSON.stringify(cluster.name)} has no endpoint in its load_assignment`,
    })
  const { transport } = cluster
  const tls = transport.kind === 'tls' ? transport.tls : undefined
  const serverName = tls?.sni || undefined
  return {
    cluster: cluster.name,
    addresses,
    isTls: tls !== undefined,
    secrets: [tls?.certificate, tls?.validation].filter((name) => name !== undefined),
    credentials: () =>
      tls === undefined ? grpcLibrary().credentials.createInsecure() : tlsCredentials(tls, store),
    options: {
      'grpc.default_authority': authority ?? serverName,
      'grpc.ssl_target_name_override': tls === undefined ? undefined : serverName,
      'grpc.keepalive_time_ms': 30_000,
      'grpc.keepalive_timeout_ms': 10_000,
      'grpc.keepalive_permit_without_calls': 1,
      'grpc.max_receive_message_length': -1,
      'grpc.max_send_message_length': -1,
      // Two proxies of one process must not share connections, nor their certificates.
      'grpc.use_local_subchannel_pool': 1,
      'grpc.enable_http_proxy': 0,
      'grpc.enable_retries': 0,
      'grpc.service_config_disable_resolution': 1,
    },
  }
}

function dnsTarget(host: string, port: number, discovery: ClusterConfig['discovery']['kind']): string {
  const isName = discovery === 'strict-dns' || discovery === 'logical-dns'
  if (host.includes(':')) return `ipv6:[${host}]:${port}`
  return isName ? `dns:${host}:${port}` : `ipv4:${host}:${port}`
}

function tlsCredentials(tls: TlsClientConfig, store: SecretStore): ChannelCredentials {
  const certificate = tls.certificate === undefined ? undefined : store.get(tls.certificate)
  const validation = tls.validation === undefined ? undefined : store.get(tls.validation)
  const roots = validation?.kind === 'validation' ? Buffer.from(validation.trustedCa) : null
  const pair = certificate?.kind === 'certificate' ? certificate : undefined
  return grpcLibrary().credentials.createSsl(
    roots,
    pair === undefined ? null : Buffer.from(pair.privateKey),
    pair === undefined ? null : Buffer.from(pair.certificateChain),
    {
      // Without a validation context Envoy does not verify; neither do we.
      rejectUnauthorized: tls.validation !== undefined,
      checkServerIdentity: (host, peer) => {
        if (tls.subjectAltNames.length === 0)
          return tls.sni === '' ? undefined : checkServerIdentity(host, peer)
        const { uris, dns } = subjectAltNames(peer.raw)
        const names = [...uris, ...dns]
        if (tls.subjectAltNames.some((matcher) => names.some((name) => matcher.matches(name))))
          return undefined
        return new Error(`the names of the peer's certificate (${names.join(', ')}) are not those expected`)
      },
    },
  )
}
