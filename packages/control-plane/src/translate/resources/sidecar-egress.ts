import { defineQuery } from '../../model/incremental.ts'
import { type Protocol, parseProtocol } from '../../model/protocol.ts'
import { EVERYTHING, egressScope } from '../../model/scope.ts'
import type { MeshService, ServicePort } from '../../model/service.ts'
import type { MeshSnapshot } from '../../model/snapshot.ts'
import { type ClientClass, classOf } from '../node-class.ts'
import { isRoutedPort, type SidecarRouteSpec } from './route-sidecar.ts'

/** A listener that an egress listener of a Sidecar asks for by its port. */
export interface EgressPort {
  readonly port: number
  readonly bind: string
  readonly bindsToPort: boolean
  readonly kind: 'http' | 'tcp' | 'http-proxy'
  /** Route configuration of an HTTP listener. */
  readonly routes: SidecarRouteSpec
  /** Key of the service behind a TCP listener, and its port. */
  readonly service: string
  readonly servicePort: number
}

/** Route configuration of the HTTP proxy listener. */
export const HTTP_PROXY_ROUTES = 'http_proxy'

const LOOPBACK = '127.0.0.1'

/**
 * The egress listeners of a client that have a port.
 *
 * Differs from Istio: a listener that binds to a port which the only service that it imports does not have is that
 * service's own: everything that arrives there goes to it, whatever the authority says. (In Istio there would be no
 * listener.) That gives an application without interception a port for each service that it calls.
 *
 * @translates Sidecar spec.egress[].port -> Listener (outbound)
 * @translates Sidecar spec.egress[].bind -> Listener.address
 * @translates Sidecar spec.egress[].captureMode -> Listener.bind_to_port
 */
export const egressPorts = defineQuery<MeshSnapshot, readonly EgressPort[]>(
  'egress-ports',
  (read, classKey) => {
    const client = classOf<ClientClass>(classKey!)
    return client.egress.flatMap((listener): EgressPort[] => {
      const port = listener.port?.number ?? 0
      if (port === 0) return []
      const mode = listener.captureMode ?? 'DEFAULT'
      const bindsToPort = mode === 'NONE' || (mode === 'DEFAULT' && client.interceptionMode === 'NONE')
      const base = { port, bindsToPort, bind: listener.bind || (bindsToPort ? LOOPBACK : '0.0.0.0') }
      const declared = parseProtocol(listener.port?.protocol)
      if (declared === 'HTTP_PROXY')
        return [{ ...base, ...NO_SERVICE, ...proxyRoutes(String(port), listener.hosts) }]
      const { services } = read.query(egressScope, client.namespace, JSON.stringify(listener.hosts))
      const found = findService(services, port, listener.port?.name, bindsToPort)
      if (found === undefined) return []
      const { service, servicePort, isDedicated } = found
      const protocol: Protocol = declared === 'AUTO' ? servicePort.protocol : declared
      return [
        {
          ...base,
          kind: isRoutedPort(protocol, client.capabilities) ? 'http' : 'tcp',
          routes: {
            name: String(port),
            hosts: listener.hosts,
            port: isDedicated ? servicePort.number : port,
            dedicatedTo: isDedicated ? service.hostname : '',
            rewritesHost: isDedicated,
          },
          service: service.key,
          servicePort: servicePort.number,
        },
      ]
    })
  },
  (a, b) => JSON.stringify(a) === JSON.stringify(b),
)

const NO_SERVICE = { service: '', servicePort: 0 }

function proxyRoutes(name: string, hosts: readonly string[]) {
  return {
    kind: 'http-proxy' as const,
    routes: { name, hosts, port: 0, dedicatedTo: '', rewritesHost: false },
  }
}

/** The route configuration of a client's HTTP proxy listener: everything that it sees. */
export function httpProxyRoutes(client: ClientClass): SidecarRouteSpec {
  const hosts =
    client.egress.length === 0 ? EVERYTHING : [...new Set(client.egress.flatMap(({ hosts }) => hosts))]
  return { name: HTTP_PROXY_ROUTES, hosts, port: 0, dedicatedTo: '', rewritesHost: false }
}

function findService(
  services: readonly MeshService[],
  port: number,
  portName: string | undefined,
  mayBeDedicated: boolean,
): { service: MeshService; servicePort: ServicePort; isDedicated: boolean } | undefined {
  for (const service of services) {
    const servicePort = service.ports.find(({ number, protocol }) => number === port && protocol !== 'UDP')
    if (servicePort !== undefined) return { service, servicePort, isDedicated: false }
  }
  const [only, ...others] = services
  if (!mayBeDedicated || only === undefined || others.length > 0) return undefined
  const servicePort = only.ports.find(({ name }) => name === portName) ?? only.ports[0]
  return servicePort === undefined ? undefined : { service: only, servicePort, isDedicated: true }
}
