import {
  type Route,
  type RouteConfiguration,
  type VirtualHost,
  virtualHostName,
  WELL_KNOWN_CLUSTERS,
} from '@batten/xds'
import { coversHost, shortNames } from '../../model/host.ts'
import { defineQuery, type Reader } from '../../model/incremental.ts'
import type { NodeCapabilities } from '../../model/node.ts'
import { isHttp, isHttp2, type Protocol } from '../../model/protocol.ts'
import type { Resource } from '../../model/resource.ts'
import { type EgressScope, egressScope } from '../../model/scope.ts'
import type { MeshService, ServicePort } from '../../model/service.ts'
import type { MeshSnapshot } from '../../model/snapshot.ts'
import { MESH_GATEWAY, type MeshVirtualService } from '../../model/virtual-service.ts'
import { ZERO } from '../duration.ts'
import { destinationToCluster } from '../fields/virtual-service/destination.ts'
import { type ClientClass, classOf } from '../node-class.ts'
import { reportsFeature } from '../proxy-features.ts'
import { isSameResource } from '../resource-encoder.ts'
import { hashPolicyOf, ownerOf, visibleService } from './service-lookup.ts'
import { authorityOf, encodeRoutes, MAX_DIRECT_RESPONSE_BYTES, VirtualHostList } from './virtual-host.ts'
import { defaultRoute, guardedRoutes, type RouteContext } from './virtual-service-routes.ts'

/** Which requests a route configuration of a sidecar is for. */
export interface SidecarRouteSpec {
  readonly name: string
  /** Import list of the egress listener. */
  readonly hosts: readonly string[]
  /** Port of the services; 0 stands for all of them (the HTTP proxy listener). */
  readonly port: number
  /** Hostname of the only service that the listener is for, whatever the request's authority; empty: by authority. */
  readonly dedicatedTo: string
  /** Whether that service shall see its own name as authority: callers used the address of the listener. */
  readonly rewritesHost: boolean
}

/** A route configuration for the outbound HTTP requests of a client. */
export const sidecarRoute = defineQuery<MeshSnapshot, Resource>(
  'sidecar-route',
  (read, classKey, specJson) => {
    const client = classOf<ClientClass>(classKey!)
    const spec = JSON.parse(specJson!) as SidecarRouteSpec
    const scope = read.query(egressScope, client.namespace, JSON.stringify(spec.hosts))
    const message: RouteConfiguration = {
      name: spec.name,
      virtualHosts:
        spec.dedicatedTo === ''
          ? sharedVirtualHosts(read, classKey!, client, spec, scope)
          : dedicatedVirtualHosts(read, client, spec, scope),
      validateClusters: { value: false },
      maxDirectResponseBodySizeBytes: { value: MAX_DIRECT_RESPONSE_BYTES },
      // The HTTP proxy listener stands for all ports: there the port of a request says which service port it means.
      ignorePortInHostMatching: spec.port !== 0,
    }
    return encodeRoutes(read, message)
  },
  isSameResource,
)

/** Whether requests to a port are routed one by one for a node with these abilities. */
export function isRoutedPort(protocol: Protocol, capabilities: NodeCapabilities): boolean {
  if (isHttp2(protocol) && !capabilities.http2) return false
  return isHttp(protocol)
}

function sharedVirtualHosts(
  read: Reader<MeshSnapshot>,
  classKey: string,
  client: ClientClass,
  spec: SidecarRouteSpec,
  scope: EgressScope,
): VirtualHost[] {
  const list = new VirtualHostList()
  const owned = new Set<string>()
  for (const service of scope.services) {
    const owner = ownerOf(service.hostname, scope.virtualServices)
    owned.add(service.hostname)
    for (const alias of service.aliases ?? []) owned.add(alias)
    // A further name goes the way of the service, unless a VirtualService is for that name.
    const ownersOfNames = new Map((service.aliases ?? []).map((name) => [name, namedBy(name, scope)]))
    const names = [service.hostname, ...(service.aliases ?? [])].filter((name) => !ownersOfNames.get(name))
    for (const port of service.ports) {
      if (spec.port !== 0 && port.number !== spec.port) continue
      if (!isRoutedPort(port.protocol, client.capabilities) && !(spec.port === 0 && port.protocol === 'AUTO'))
        continue
      const add = (hostnames: readonly string[], virtualService: MeshVirtualService | undefined) =>
        list.add(
          read.query(
            serviceVirtualHost,
            classKey,
            JSON.stringify(spec),
            service.key,
            String(port.number),
            virtualService?.key ?? '',
            JSON.stringify(hostnames),
          ),
        )
      add(names, owner)
      for (const [name, virtualService] of ownersOfNames)
        if (virtualService !== undefined) add([name], virtualService)
    }
  }
  for (const virtualService of scope.virtualServices)
    for (const host of virtualService.hosts) {
      if (owned.has(host) || scope.services.some(({ hostname }) => coversHost(host, hostname))) continue
      const port = portOfUnregisteredHost(virtualService, spec, scope)
      if (port === undefined) continue
      const context = routeContext(read, client, virtualService, port, `${host}:${port}`)
      const routes = guardedRoutes(read, virtualService, context)
      if (routes.length > 0)
        list.add({ name: virtualHostName(host, port), domains: hostDomains(host, port, spec), routes })
    }
  const fallback = catchAllVirtualHost(client)
  list.add(fallback)
  return [...list.hosts.filter(({ name }) => name !== fallback.name).sort(byName), fallback]
}

/** The oldest VirtualService that has exactly this host. */
function namedBy(hostname: string, { virtualServices }: EgressScope): MeshVirtualService | undefined {
  return virtualServices.find(({ hosts }) => hosts.includes(hostname))
}

/** The virtual host of one port of a service under some of its names, with the routes of its VirtualService. */
const serviceVirtualHost = defineQuery<MeshSnapshot, VirtualHost>(
  'service-virtual-host',
  (read, classKey, specJson, serviceKey, portNumber, virtualServiceKey, namesJson) => {
    const client = classOf<ClientClass>(classKey!)
    const spec = JSON.parse(specJson!) as SidecarRouteSpec
    const service = read.entry('services', serviceKey!)!
    const port = service.ports.find(({ number }) => number === Number(portNumber))!
    const hostnames = JSON.parse(namesJson!) as readonly string[]
    return {
      name: virtualHostName(hostnames[0]!, port.number),
      domains: serviceDomains(service, hostnames, port, client, spec),
      routes: serviceRoutes(read, client, service, port, virtualServiceKey!, undefined),
      includeRequestAttemptCount: true,
    }
  },
)

/** One virtual host for every authority: the listener itself says which service is meant. */
function dedicatedVirtualHosts(
  read: Reader<MeshSnapshot>,
  client: ClientClass,
  spec: SidecarRouteSpec,
  scope: EgressScope,
): VirtualHost[] {
  const service = scope.services.find(({ hostname }) => hostname === spec.dedicatedTo)
  const port = service?.ports.find(({ number }) => number === spec.port)
  if (service === undefined || port === undefined) return [catchAllVirtualHost(client)]
  const owner = ownerOf(service.hostname, scope.virtualServices)
  const host = `${service.hostname}:${port.number}`
  return [
    {
      name: virtualHostName(service.hostname, port.number),
      domains: ['*'],
      routes: serviceRoutes(
        read,
        client,
        service,
        port,
        owner?.key ?? '',
        spec.rewritesHost ? host : undefined,
      ),
      includeRequestAttemptCount: true,
    },
  ]
}

function serviceRoutes(
  read: Reader<MeshSnapshot>,
  client: ClientClass,
  service: MeshService,
  port: ServicePort,
  virtualServiceKey: string,
  hostRewrite: string | undefined,
): Route[] {
  const operationHost = `${service.hostname}:${port.number}`
  const virtualService =
    virtualServiceKey === '' ? undefined : read.entry('virtualServices', virtualServiceKey)
  if (virtualService !== undefined && virtualService.spec.http !== undefined) {
    const context = { ...routeContext(read, client, virtualService, port.number, operationHost), hostRewrite }
    const routes = guardedRoutes(read, virtualService, context)
    // No route left for this client: as if the VirtualService were not there.
    if (routes.length > 0) return routes
  }
  const context = { ...routeContext(read, client, undefined, port.number, operationHost), hostRewrite }
  const route = defaultRoute(`outbound|${port.number}||${service.hostname}`, context)
  const hash = context.hashPolicyOf({ host: service.hostname, port: { number: port.number } })
  return [hash === undefined ? route : { ...route, route: { ...route.route, hashPolicy: [hash] } }]
}

function routeContext(
  read: Reader<MeshSnapshot>,
  client: ClientClass,
  virtualService: MeshVirtualService | undefined,
  port: number,
  operationHost: string,
): RouteContext {
  const namespace = virtualService?.namespace ?? client.namespace
  const { domainSuffix, defaultHttpRetryAttempts } = read.field('mesh')
  return {
    client: {
      namespace: client.namespace,
      labels: client.labels,
      gateways: new Set([MESH_GATEWAY]),
      port,
    },
    defaultRetryAttempts: defaultHttpRetryAttempts,
    operationHost,
    clusterOf: (destination) =>
      destinationToCluster(destination, {
        namespace,
        domainSuffix,
        listenerPort: port,
        isGateway: false,
        service: (hostname) => visibleService(read, client.namespace, hostname),
      }),
    hashPolicyOf: (destination) => hashPolicyOf(read, client, destination, namespace, port),
    hasFeature: (feature, object, path) => reportsFeature(read, client.capabilities, feature, object, path),
  }
}

/**
 * A host that is no service lives on port 80, or on the ports of services that the same VirtualService names.
 */
function portOfUnregisteredHost(
  { hosts }: MeshVirtualService,
  spec: SidecarRouteSpec,
  scope: EgressScope,
): number | undefined {
  if (spec.port === 0) return 80
  const siblings = scope.services.filter(({ hostname }) => hosts.some((host) => coversHost(host, hostname)))
  if (siblings.length === 0) return spec.port === 80 ? 80 : undefined
  return siblings.some(({ ports }) => ports.some(({ number }) => number === spec.port))
    ? spec.port
    : undefined
}

function serviceDomains(
  service: MeshService,
  hostnames: readonly string[],
  port: ServicePort,
  client: ClientClass,
  spec: SidecarRouteSpec,
): string[] {
  const names = hostnames.flatMap((name) => [
    name,
    ...shortNames(name, client.namespace, client.domainSuffix),
  ])
  // A headless service has names for its pods below its own.
  if (
    service.registry === 'kubernetes' &&
    service.addresses.length === 0 &&
    service.externalName === undefined
  )
    names.push(...names.map((name) => `*.${name}`))
  if (hostnames.includes(service.hostname))
    names.push(...service.addresses.filter((address) => !address.includes('/')).map(authorityOf))
  const isOnlyPort = service.ports.length === 1
  return names.flatMap((name) => {
    if (spec.port !== 0) return [name]
    const withPort = `${name}:${port.number}`
    return port.number === 80 || isOnlyPort ? [withPort, name] : [withPort]
  })
}

function hostDomains(host: string, port: number, spec: SidecarRouteSpec): string[] {
  if (spec.port !== 0) return [host]
  return host.startsWith('*') ? [host] : [`${host}:${port}`, host]
}

/**
 * What happens to requests for hosts that nobody knows.
 *
 * Differs from Istio: without interception there is no original destination to pass a request on to, so it is
 * answered with 502 whatever the outbound traffic policy says.
 */
function catchAllVirtualHost(client: ClientClass): VirtualHost {
  if (client.outboundMode === 'ALLOW_ANY' && client.interceptionMode !== 'NONE')
    return {
      name: 'allow_any',
      domains: ['*'],
      routes: [
        {
          name: 'allow_any',
          match: { prefix: '/' },
          route: { cluster: WELL_KNOWN_CLUSTERS.passthrough, timeout: ZERO },
        },
      ],
      includeRequestAttemptCount: true,
    }
  return {
    name: 'block_all',
    domains: ['*'],
    routes: [{ name: 'block_all', match: { prefix: '/' }, directResponse: { status: 502 } }],
    includeRequestAttemptCount: true,
  }
}

function byName(a: VirtualHost, b: VirtualHost): number {
  return (a.name ?? '') < (b.name ?? '') ? -1 : 1
}
