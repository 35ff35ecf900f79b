import { BattenError } from '@batten/core'

/** What a cluster's name says: `outbound|80|v1|reviews.default.svc.cluster.local`. */
export interface ClusterName {
  readonly direction: 'inbound' | 'outbound'
  readonly port: number
  /** Empty for the whole service. */
  readonly subset: string
  /** Empty for inbound clusters. */
  readonly host: string
}

/**
 * Istio's name of a cluster.
 *
 * @example
 * formatClusterName({ direction: 'outbound', port: 80, subset: 'v1', host: 'reviews.shop.svc.cluster.local' })
 * // outbound|80|v1|reviews.shop.svc.cluster.local
 */
export function formatClusterName(name: ClusterName): string {
  return `${name.direction}|${name.port}|${name.subset}|${name.host}`
}

/** The name of the cluster that leads to the workload's own port: `inbound|9080||`. */
export function inboundClusterName(port: number): string {
  return `inbound|${port}||`
}

export function outboundClusterName(host: string, port: number, subset = ''): string {
  return `outbound|${port}|${subset}|${host}`
}

/** Takes a cluster's name apart, in both of Istio's forms; undefined if it is neither. */
export function parseClusterName(name: string): ClusterName | undefined {
  const parts =
    name.startsWith('outbound_.') || name.startsWith('inbound_.') ? splitSni(name) : name.split('|')
  if (parts === undefined || parts.length !== 4) return undefined
  const [direction, port, subset, host] = parts as [string, string, string, string]
  if (direction !== 'inbound' && direction !== 'outbound') return undefined
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) return undefined
  return { direction, port: Number(port), subset, host }
}

/**
 * The form without `|`, which TLS server names and the clusters of SNI-DNAT gateways have:
 * `outbound_.80_.v1_.reviews.shop.svc.cluster.local`.
 */
export function formatSniName(name: ClusterName): string {
  return `${name.direction}_.${name.port}_.${name.subset}_.${name.host}`
}

/** `direction_.port_.subset_.host`; a host may contain `_.`, the parts before it may not. */
function splitSni(name: string): string[] | undefined {
  const parts: string[] = []
  let from = 0
  for (let i = 0; i < 3; i++) {
    const at = name.indexOf('_.', from)
    if (at < 0) return undefined
    parts.push(name.slice(from, at))
    from = at + 2
  }
  parts.push(name.slice(from))
  return parts
}

/** What a route configuration's name says. */
export type RouteName =
  /** `9080`: all HTTP services on a port, for sidecars */
  | { readonly kind: 'port'; readonly port: number }
  /** `reviews.shop.svc.cluster.local:9080`: one service whose protocol is sniffed, or a headless one */
  | { readonly kind: 'service'; readonly host: string; readonly port: number }
  /** `http_proxy`: requests that name their target, for the HTTP proxy listener */
  | { readonly kind: 'http-proxy' }
  /** `http.8080` or `http.8080.<bind>`: a gateway's plaintext port */
  | { readonly kind: 'gateway-http'; readonly port: number; readonly bind: string }
  /** `https.443.https.bookinfo.default` or with `.<bind>`: one TLS server of a gateway */
  | {
      readonly kind: 'gateway-https'
      readonly port: number
      readonly portName: string
      readonly gateway: string
      readonly namespace: string
      readonly bind: string
    }
  /** `inbound|9080||`: the inline configuration of an inbound chain */
  | { readonly kind: 'inbound'; readonly port: number }
  /** a Unix socket's path, or a name that somebody else chose */
  | { readonly kind: 'other'; readonly name: string }

/** Istio's name of a route configuration. */
export function formatRouteName(name: RouteName): string {
  switch (name.kind) {
    case 'port':
      return String(name.port)
    case 'service':
      return `${name.host}:${name.port}`
    case 'http-proxy':
      return 'http_proxy'
    case 'gateway-http':
      return `http.${name.port}${name.bind === '' ? '' : `.${name.bind}`}`
    case 'gateway-https': {
      for (const part of [name.portName, name.gateway, name.namespace])
        if (part === '' || part.includes('.'))
          throw new BattenError('XDS_BAD_RESOURCE_NAME', {
            message: `"${part}" cannot be part of a gateway's route name: names and port names have no dots`,
          })
      const { port, portName, gateway, namespace, bind } = name
      return `https.${port}.${portName}.${gateway}.${namespace}${bind === '' ? '' : `.${bind}`}`
    }
    case 'inbound':
      return inboundClusterName(name.port)
    case 'other':
      return name.name
  }
}

/** Takes a route configuration's name apart. Never fails: what has no known form is `other`. */
export function parseRouteName(name: string): RouteName {
  if (name === 'http_proxy') return { kind: 'http-proxy' }
  if (isPort(name)) return { kind: 'port', port: Number(name) }
  const cluster = name.startsWith('inbound|') ? parseClusterName(name) : undefined
  if (cluster !== undefined) return { kind: 'inbound', port: cluster.port }
  const parts = name.split('.')
  if (parts[0] === 'http' && isPort(parts[1]))
    return { kind: 'gateway-http', port: Number(parts[1]), bind: parts.slice(2).join('.') }
  if (parts[0] === 'https' && isPort(parts[1]) && parts.length >= 5) {
    const [, port, portName, gateway, namespace, ...bind] = parts as [string, string, string, string, string]
    return { kind: 'gateway-https', port: Number(port), portName, gateway, namespace, bind: bind.join('.') }
  }
  const colon = name.lastIndexOf(':')
  if (colon > 0 && !name.startsWith('/') && isPort(name.slice(colon + 1)))
    return { kind: 'service', host: name.slice(0, colon), port: Number(name.slice(colon + 1)) }
  return { kind: 'other', name }
}

function isPort(text: string | undefined): boolean {
  return text !== undefined && /^\d{1,5}$/.test(text) && Number(text) > 0 && Number(text) <= 65_535
}

/** A listener's name is its address and port: `0.0.0.0_9080`. */
export function listenerName(address: string, port: number): string {
  return `${address}_${port}`
}

/** A virtual host's name: `reviews.shop.svc.cluster.local:9080`. */
export function virtualHostName(host: string, port: number): string {
  return `${host}:${port}`
}
