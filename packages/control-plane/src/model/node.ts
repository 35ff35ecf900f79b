/** What kind of proxy a node is; the first part of its id. */
export type NodeType = 'sidecar' | 'router' | 'waypoint'

/**
 * A connected proxy as xDS knows it, read from `Node` (id `<type>~<ip>~<pod>.<ns>~<ns>.svc.<domain>` and Istio's
 * metadata) when its stream opens.
 */
export interface XdsNode {
  /** `node.id` */
  readonly id: string
  readonly type: NodeType
  readonly ipAddresses: readonly string[]
  /** Pod or workload name. */
  readonly name: string
  readonly namespace: string
  readonly dnsDomain: string
  readonly labels: Readonly<Record<string, string>>
  readonly serviceAccount: string
  readonly clusterId: string
  readonly network: string
  readonly locality: { readonly region: string; readonly zone: string; readonly subZone: string }
  readonly interceptionMode: 'REDIRECT' | 'TPROXY' | 'NONE'
  /** Port of the HTTP proxy listener (`proxyHttpPort`); 0 is off. */
  readonly httpProxyPort: number
  /** The whole metadata as JSON, for debug pages and translators of rare fields. */
  readonly metadata: Readonly<Record<string, unknown>>
  readonly capabilities: NodeCapabilities
}

/** What the proxy behind a node understands beyond plain HTTP/1.1; a stock Envoy gets what stock Envoy has. */
export interface NodeCapabilities {
  /** `batten` or `envoy`, from `user_agent_name`. */
  readonly userAgent: string
  /** May be offered `h2`. Batten's proxy says so in `client_features` (`batten.http2`); Envoy always can. */
  readonly http2: boolean
  /** Has Istio's own filters (`istio.stats`, `istio.alpn`, peer metadata): metadata `ISTIO_EXTENSIONS: "true"`. */
  readonly istioExtensions: boolean
  /**
   * Names of the HTTP filters that the proxy has, from `Node.extensions` (category `envoy.filters.http`). Undefined
   * when it does not say: then all of stock Envoy's, or those of the first version of Batten's proxy.
   */
  readonly httpFilters?: readonly string[] | undefined
  /** What Batten's proxy says it can do, from `client_features`; Envoy can do everything. */
  readonly features?: readonly string[] | undefined
}
