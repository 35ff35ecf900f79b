/**
 * What is spoken on a port. `AUTO` is found out from the first bytes.
 *
 * @see https://istio.io/latest/docs/ops/configuration/traffic-management/protocol-selection/
 */
export type Protocol =
  | 'HTTP'
  | 'HTTP2'
  | 'GRPC'
  | 'GRPC-WEB'
  | 'HTTPS'
  | 'TLS'
  | 'TCP'
  | 'MONGO'
  | 'MYSQL'
  | 'REDIS'
  | 'UDP'
  | 'HTTP_PROXY'
  | 'AUTO'

const BY_NAME: ReadonlyMap<string, Protocol> = new Map<string, Protocol>([
  ['http', 'HTTP'],
  ['http2', 'HTTP2'],
  ['h2c', 'HTTP2'],
  ['kubernetes.io/h2c', 'HTTP2'],
  ['kubernetes.io/ws', 'HTTP'],
  ['kubernetes.io/wss', 'HTTPS'],
  ['grpc', 'GRPC'],
  ['grpc-web', 'GRPC-WEB'],
  ['https', 'HTTPS'],
  ['tls', 'TLS'],
  ['tcp', 'TCP'],
  ['mongo', 'MONGO'],
  ['mysql', 'MYSQL'],
  ['redis', 'REDIS'],
  ['udp', 'UDP'],
  ['http_proxy', 'HTTP_PROXY'],
])

/** Ports that are never guessed, since their servers speak first: SMTP, DNS, MySQL, MongoDB. */
const SERVER_FIRST_PORTS: ReadonlySet<number> = new Set([25, 53, 3306, 27017])

/** The protocol a name stands for (`spec.servers[].port.protocol`, `appProtocol`); anything unknown is `AUTO`. */
export function parseProtocol(name: string | undefined): Protocol {
  return BY_NAME.get((name ?? '').toLowerCase()) ?? 'AUTO'
}

/**
 * Protocol of a Kubernetes service port: `appProtocol` decides when it is there, even when it is unknown, else the
 * port's name; of both the part up to the first dash counts. `grpc-web` is the one name with a dash.
 *
 * @see https://istio.io/latest/docs/ops/configuration/traffic-management/protocol-selection/
 */
export function protocolOfPort(port: {
  readonly name?: string | undefined
  readonly port?: number | undefined
  readonly protocol?: string | undefined
  readonly appProtocol?: string | null | undefined
}): Protocol {
  if (port.protocol === 'UDP') return 'UDP'
  const name = (port.appProtocol || port.name || '').toLowerCase()
  if (name === 'grpc-web' || name.startsWith('grpc-web-')) return 'GRPC-WEB'
  const dash = name.indexOf('-')
  const protocol = parseProtocol(dash === -1 ? name : name.slice(0, dash))
  if (protocol === 'AUTO' && SERVER_FIRST_PORTS.has(port.port ?? 0)) return 'TCP'
  return protocol
}

/** Routed request by request. */
export function isHttp(protocol: Protocol): boolean {
  return protocol === 'HTTP' || isHttp2(protocol) || protocol === 'GRPC-WEB' || protocol === 'HTTP_PROXY'
}

/** HTTP/2 without asking. */
export function isHttp2(protocol: Protocol): boolean {
  return protocol === 'HTTP2' || protocol === 'GRPC' || protocol === 'GRPC-WEB'
}

/** Encrypted by the application, routed by server name. */
export function isTls(protocol: Protocol): boolean {
  return protocol === 'TLS' || protocol === 'HTTPS'
}
