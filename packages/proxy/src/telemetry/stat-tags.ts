import type { Labels } from '@batten/core'

/** A dotted Envoy stat name, split into its Prometheus name and labels. */
export interface TaggedName {
  /** `envoy_cluster_upstream_rq_xx` */
  readonly prometheusName: string
  readonly labels: Labels
}

/**
 * Families of stats that carry a name chosen by configuration right after their first segment:
 * `cluster.<cluster name>.upstream_rq_total`.
 */
export const NAMED_SCOPES: Readonly<Record<string, string>> = {
  cluster: 'envoy_cluster_name',
  http: 'envoy_http_conn_manager_prefix',
  listener: 'envoy_listener_address',
  tcp: 'envoy_tcp_prefix',
  'wasm-plugin': 'envoy_wasm_plugin',
}

const RESPONSE_CODE = /_rq_(\d{3})$/
const RESPONSE_CODE_CLASS = /_rq_(\d)xx$/
const ROUTE_CONFIG = /^rds\.(.+)\.([^.]+)$/
const LISTENER_HTTP = /^http\.([^.]+)\.(.+)$/
const WORKER = /^worker_(\d+)\.(.+)$/
const SSL_CIPHER = /^(ssl\.ciphers)\.(.+)$/
/** Stats of user-defined metrics: Envoy registers this namespace, and prints the rest of the name without `envoy_`. */
const CUSTOM_NAMESPACE = 'wasmcustom.'

/**
 * Finds the tags of a dotted stat name, as Envoy's default tag extractors do.
 *
 * A scope's name may itself contain dots (`outbound|80||a.default.svc.cluster.local`): the caller passes it when it is
 * known; otherwise the name ends at its first dot.
 *
 * Differs from Envoy: a cluster's name with dots is one tag. Envoy's default extractors end it at the first dot, and
 * leave the rest in the name of the metric; Istio's bootstraps bring expressions of their own to have it whole.
 *
 * @see https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/statistics
 */
export function tagStatName(dotted: string, scopeName?: string): TaggedName {
  if (dotted.startsWith(CUSTOM_NAMESPACE))
    return { prometheusName: sanitize(dotted.slice(CUSTOM_NAMESPACE.length)), labels: {} }
  // In the order in which Envoy prints them: what the end of the name says comes first.
  const labels: Record<string, string> = {}
  const dottedName = extractSuffix(dotted, labels)
  let family = ''
  let rest = dottedName
  const firstDot = dotted.indexOf('.')
  const label = firstDot < 0 ? undefined : NAMED_SCOPES[dotted.slice(0, firstDot)]
  if (label !== undefined) {
    const name = scopeName ?? segmentAfter(dotted, firstDot + 1)
    const end = firstDot + 1 + name.length
    if (name !== '' && dotted.charCodeAt(end) === 0x2e) {
      family = dotted.slice(0, firstDot + 1)
      rest = dottedName.slice(end + 1)
      const listenerHttp = family === 'listener.' ? LISTENER_HTTP.exec(rest) : null
      rest = extractInner(rest, labels, listenerHttp)
      labels[label] = name
    }
  }
  return { prometheusName: `envoy_${sanitize(family + rest)}`, labels }
}

function extractInner(
  rest: string,
  labels: Record<string, string>,
  listenerHttp: RegExpExecArray | null,
): string {
  if (listenerHttp !== null) {
    labels['envoy_http_conn_manager_prefix'] = listenerHttp[1]!
    return `http.${listenerHttp[2]}`
  }
  const worker = WORKER.exec(rest)
  if (worker !== null) {
    labels['envoy_worker_id'] = worker[1]!
    return `worker.${worker[2]}`
  }
  const rds = ROUTE_CONFIG.exec(rest)
  if (rds !== null) {
    labels['envoy_rds_route_config'] = rds[1]!
    return `rds.${rds[2]}`
  }
  const cipher = SSL_CIPHER.exec(rest)
  if (cipher !== null) {
    labels['envoy_ssl_cipher'] = cipher[2]!
    return cipher[1]!
  }
  return rest
}

function extractSuffix(name: string, labels: Record<string, string>): string {
  const code = RESPONSE_CODE.exec(name)
  if (code !== null) {
    labels['envoy_response_code'] = code[1]!
    return `${name.slice(0, code.index)}_rq`
  }
  const codeClass = RESPONSE_CODE_CLASS.exec(name)
  if (codeClass !== null) {
    labels['envoy_response_code_class'] = codeClass[1]!
    return `${name.slice(0, codeClass.index)}_rq_xx`
  }
  return name
}

function segmentAfter(dotted: string, start: number): string {
  const end = dotted.indexOf('.', start)
  return end < 0 ? '' : dotted.slice(start, end)
}

/** Replaces what a Prometheus metric name may not contain. */
function sanitize(name: string): string {
  const clean = name.replace(/[^a-zA-Z0-9_:]/g, '_')
  return /^\d/.test(clean) ? `_${clean}` : clean
}
