/** Protocols that the name of a port can begin with. */
const PROTOCOLS = new Set([
  'grpc',
  'grpc-web',
  'hbone',
  'http',
  'http2',
  'http_proxy',
  'https',
  'mongo',
  'mysql',
  'redis',
  'tcp',
  'tls',
  'udp',
])

/** Values of `appProtocol` that Kubernetes defines. */
const KUBERNETES_PROTOCOLS = new Set(['kubernetes.io/h2c', 'kubernetes.io/ws', 'kubernetes.io/wss'])

/** Ports that are TCP whatever their name: SMTP, DNS, MySQL, MongoDB, whose servers speak first. */
const SERVER_FIRST_PORTS = new Set([25, 53, 3306, 27017])

/** A port of a Service, as far as it decides about the protocol. */
export interface NamedPort {
  readonly port?: number | undefined
  readonly name?: string | undefined
  readonly protocol?: string | undefined
  readonly appProtocol?: string | undefined
}

/**
 * Whether the protocol of a port is declared, so that no sniffing is needed: by `appProtocol`, by the name, or because
 * the port is well known.
 *
 * @see https://istio.io/latest/docs/ops/configuration/traffic-management/protocol-selection/
 */
export function isProtocolDeclared({ port, name = '', protocol, appProtocol }: NamedPort): boolean {
  if (protocol === 'UDP') return true
  if (appProtocol !== undefined && KUBERNETES_PROTOCOLS.has(appProtocol)) return true
  return isProtocolName(appProtocol ?? name) || SERVER_FIRST_PORTS.has(port ?? 0)
}

/** Whether a name is `<protocol>[-suffix]`. */
export function isProtocolName(name: string): boolean {
  const text = name.toLowerCase()
  if (text.startsWith('grpc-web')) return true
  const hyphen = text.indexOf('-')
  return PROTOCOLS.has(hyphen < 0 ? text : text.slice(0, hyphen))
}

/** A protocol that stands at the end of a name instead of at its beginning: `alpha-grpc`. */
export function misplacedProtocol(name: string): string | undefined {
  const last = name.toLowerCase().split('-').at(-1) ?? ''
  return name.includes('-') && PROTOCOLS.has(last) ? last : undefined
}
