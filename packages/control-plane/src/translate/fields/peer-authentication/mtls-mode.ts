import { ALPN } from '@batten/xds'
import type { MtlsMode } from '../../../model/peer-authentication.ts'

/** What a port speaks, as far as filter chains are concerned. */
export type PortKind = 'http' | 'tcp' | 'auto'

/** One filter chain of an inbound port. */
export interface MtlsChain {
  readonly transportProtocol: 'tls' | 'raw_buffer'
  readonly applicationProtocols?: readonly string[]
  /** Mutual TLS of the mesh ends here; otherwise bytes are passed on as they are. */
  readonly terminatesTls: boolean
  readonly kind: 'http' | 'tcp'
}

/** ALPN of clients of the mesh. */
const MESH_ALPN = [ALPN.istioPeerExchange, ALPN.istio, ALPN.istioHttp10, ALPN.istioHttp11, ALPN.istioH2]
const MESH_HTTP_ALPN = [ALPN.istioHttp10, ALPN.istioHttp11, ALPN.istioH2]
const MESH_TCP_ALPN = [ALPN.istioPeerExchange, ALPN.istio]
/** What the HTTP inspector says of plain text. */
const PLAIN_HTTP = [ALPN.http11, ALPN.h2c]

const MTLS = { transportProtocol: 'tls', terminatesTls: true } as const
const OTHER_TLS: MtlsChain = { transportProtocol: 'tls', terminatesTls: false, kind: 'tcp' }
const PLAIN = { transportProtocol: 'raw_buffer', terminatesTls: false } as const

const CHAINS: Readonly<Record<MtlsMode, Readonly<Record<PortKind, readonly MtlsChain[]>>>> = {
  STRICT: {
    http: [{ ...MTLS, kind: 'http' }],
    tcp: [{ ...MTLS, kind: 'tcp' }],
    auto: [
      { ...MTLS, applicationProtocols: MESH_HTTP_ALPN, kind: 'http' },
      { ...MTLS, kind: 'tcp' },
    ],
  },
  PERMISSIVE: {
    http: [
      { ...MTLS, applicationProtocols: MESH_ALPN, kind: 'http' },
      { ...PLAIN, kind: 'http' },
    ],
    tcp: [{ ...MTLS, applicationProtocols: MESH_ALPN, kind: 'tcp' }, OTHER_TLS, { ...PLAIN, kind: 'tcp' }],
    auto: [
      { ...MTLS, applicationProtocols: MESH_HTTP_ALPN, kind: 'http' },
      { ...PLAIN, applicationProtocols: PLAIN_HTTP, kind: 'http' },
      { ...MTLS, applicationProtocols: MESH_TCP_ALPN, kind: 'tcp' },
      { ...PLAIN, kind: 'tcp' },
      OTHER_TLS,
    ],
  },
  DISABLE: {
    http: [{ ...PLAIN, kind: 'http' }],
    tcp: [{ ...PLAIN, kind: 'tcp' }, OTHER_TLS],
    auto: [
      { ...PLAIN, applicationProtocols: PLAIN_HTTP, kind: 'http' },
      { ...PLAIN, kind: 'tcp' },
      OTHER_TLS,
    ],
  },
}

/**
 * `mtls.mode` of a port -> its filter chains. PERMISSIVE knows clients of the mesh by their ALPN, not by their
 * certificate; STRICT takes any TLS and asks for a certificate.
 *
 * @translates PeerAuthentication spec.mtls.mode -> Listener.filter_chains
 * @translates PeerAuthentication spec.portLevelMtls -> Listener.filter_chains (of that port)
 * @translates PeerAuthentication spec.selector -> Listener.filter_chains (of which workloads)
 * @see https://istio.io/latest/docs/reference/config/security/peer_authentication/
 */
export function mtlsModeToChains(mode: MtlsMode, kind: PortKind): readonly MtlsChain[] {
  return CHAINS[mode][kind]
}
