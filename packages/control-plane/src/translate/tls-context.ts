import {
  ALPN,
  type CommonTlsContext,
  type ConfigSource,
  packAny,
  type SdsSecretConfig,
  type StringMatcher,
  type TlsParameters,
  TRANSPORT_SOCKETS,
  type TransportSocket,
  WELL_KNOWN_CLUSTERS,
  WORKLOAD_SECRETS,
} from '@batten/xds'
import type { NodeCapabilities } from '../model/node.ts'
import { ZERO } from './duration.ts'
import type { UpstreamHttp } from './fields/destination-rule/http-protocol.ts'

/** Everything that a node gets over the stream it is already on. */
export const ADS: ConfigSource = Object.freeze({
  ads: {},
  initialFetchTimeout: ZERO,
  resourceApiVersion: 'V3',
})

/** Cipher suites of TLS 1.2 between workloads, as Istio has them. */
const MESH_CIPHERS: readonly string[] = [
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'AES256-GCM-SHA384',
  'AES128-GCM-SHA256',
]

/** TLS versions and ciphers that servers of the mesh accept. */
export const MESH_SERVER_TLS: TlsParameters = Object.freeze({
  tlsMinimumProtocolVersion: 'TLSv1_2',
  tlsMaximumProtocolVersion: 'TLSv1_3',
  cipherSuites: [...MESH_CIPHERS],
})

/** TLS versions that clients offer, as Istio sets them: Envoy's default for clients ends at 1.2. */
export const CLIENT_TLS: TlsParameters = Object.freeze({
  tlsMinimumProtocolVersion: 'TLSv1_2',
  tlsMaximumProtocolVersion: 'TLSv1_3',
})

/** A secret of the workload itself (its certificate, the mesh's roots), from the agent beside the proxy. */
export function workloadSecret(name: string): SdsSecretConfig {
  return {
    name,
    sdsConfig: {
      apiConfigSource: {
        apiType: 'GRPC',
        transportApiVersion: 'V3',
        setNodeOnFirstMessageOnly: true,
        grpcServices: [{ envoyGrpc: { clusterName: WELL_KNOWN_CLUSTERS.sds } }],
      },
      initialFetchTimeout: ZERO,
      resourceApiVersion: 'V3',
    },
  }
}

/** A secret of Kubernetes, from the control plane. */
export function gatewaySecret(credentialName: string): SdsSecretConfig {
  return { name: secretResourceName(credentialName), sdsConfig: ADS }
}

/** SDS name of a credential: `kubernetes://name`; names that carry a scheme stay. */
export function secretResourceName(credentialName: string): string {
  return credentialName.includes('://') ? credentialName : `kubernetes://${credentialName}`
}

/** The workload's certificate, and peers that the mesh's roots vouch for and whose URI matches. */
export function meshIdentity(sanMatchers: readonly StringMatcher[]): CommonTlsContext {
  return {
    tlsCertificateSdsSecretConfigs: [workloadSecret(WORKLOAD_SECRETS.identity)],
    combinedValidationContext: {
      defaultValidationContext:
        sanMatchers.length === 0
          ? {}
          : {
              matchTypedSubjectAltNames: sanMatchers.map((matcher) => ({ sanType: 'URI' as const, matcher })),
            },
      validationContextSdsSecretConfig: workloadSecret(WORKLOAD_SECRETS.roots),
    },
  }
}

/** What mutual TLS to a service of the mesh needs to know. */
export interface MeshClientTls {
  readonly upstream: UpstreamHttp
  readonly sni: string
  /** SPIFFE IDs of which the server must have one; empty accepts every identity of the mesh. */
  readonly identities: readonly string[]
}

/**
 * Mutual TLS to a service of the mesh.
 *
 * Differs from Istio: a sidecar's `istio.alpn` filter sets the ALPN of each request; here the cluster has what the
 * filter would set, since stock Envoy has no such filter.
 */
export function meshClientTls({ upstream, sni, identities }: MeshClientTls): TransportSocket {
  return {
    name: TRANSPORT_SOCKETS.tls,
    typedConfig: packAny('envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext', {
      commonTlsContext: {
        tlsParams: CLIENT_TLS,
        ...meshIdentity(identities.map((exact) => ({ exact }))),
        alpnProtocols: meshAlpn(upstream),
      },
      sni,
    }),
  }
}

/** What a client of the mesh offers: servers tell its requests from plain TLS by it. */
function meshAlpn(upstream: UpstreamHttp): string[] {
  switch (upstream) {
    case 'http1':
      return [ALPN.istioHttp11, ALPN.istio, ALPN.http11]
    case 'http2':
      return [ALPN.istioH2, ALPN.istio, ALPN.h2]
    // Whatever the application speaks: the server passes it on as bytes.
    case 'downstream':
    case 'none':
      return [ALPN.istio]
  }
}

/** What a server of the mesh asks of its clients. */
export interface MeshServerTls {
  readonly kind: 'http' | 'tcp'
  readonly trustDomains: readonly string[]
  readonly capabilities: NodeCapabilities
}

/** Mutual TLS at a sidecar: clients with any identity of the trust domain, TLS 1.2 or 1.3. */
export function meshServerTls({ kind, trustDomains, capabilities }: MeshServerTls): TransportSocket {
  const http = capabilities.http2 ? [ALPN.h2, ALPN.http11] : [ALPN.http11]
  const first = capabilities.istioExtensions ? ALPN.istioPeerExchange : ALPN.istio
  return {
    name: TRANSPORT_SOCKETS.tls,
    typedConfig: packAny('envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext', {
      commonTlsContext: {
        tlsParams: MESH_SERVER_TLS,
        ...meshIdentity(trustDomains.map((domain) => ({ prefix: `spiffe://${domain}/` }))),
        alpnProtocols: kind === 'http' ? http : [first, ...http],
      },
      requireClientCertificate: { value: true },
    }),
  }
}
