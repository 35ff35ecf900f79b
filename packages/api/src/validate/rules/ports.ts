import { isDnsLabel } from './dns.ts'

/** What is wrong with the number of a port. */
export function portProblem(port: number): string | undefined {
  return port >= 1 && port <= 65535 ? undefined : `port number ${port} must be in the range 1..65535`
}

/** What is wrong with the name of a port. */
export function portNameProblem(name: string): string | undefined {
  return isDnsLabel(name) ? undefined : `invalid port name: ${name}`
}

/** Protocols of ports, in lower case. */
const PROTOCOLS = new Set([
  'tcp',
  'udp',
  'grpc',
  'grpc-web',
  'http',
  'http_proxy',
  'http2',
  'http3',
  'https',
  'tls',
  'mongo',
  'redis',
  'mysql',
])

/** Whether Istio knows a protocol; upper and lower case are the same. */
export function isProtocol(protocol: string): boolean {
  return PROTOCOLS.has(protocol.toLowerCase())
}

/** What is wrong with a protocol that may be left out. */
export function protocolProblem(protocol: string): string | undefined {
  return protocol === '' || isProtocol(protocol) ? undefined : `unsupported protocol: ${protocol}`
}

/** HTTP in the clear, whatever its version. */
export function isHttp(protocol: string): boolean {
  return ['http', 'http2', 'http_proxy', 'grpc', 'grpc-web'].includes(protocol.toLowerCase())
}

/** TLS, with HTTP in it or not. */
export function isTls(protocol: string): boolean {
  return ['https', 'tls'].includes(protocol.toLowerCase())
}

/** Protocols that run over TCP and whose bytes are not HTTP in the clear. */
export function isTcp(protocol: string): boolean {
  return ['tcp', 'https', 'tls', 'mongo', 'redis', 'mysql'].includes(protocol.toLowerCase())
}
