import type { ServiceEntry } from '@batten/api'
import { isEqual } from './equal.ts'
import { DEFAULT_NAMESPACE } from './object-key.ts'
import { parseProtocol } from './protocol.ts'
import { type MeshService, type ServiceResolution, serviceKey } from './service.ts'

const RESOLUTIONS: Readonly<Record<string, ServiceResolution>> = {
  NONE: 'passthrough',
  STATIC: 'endpoints',
  DNS: 'dns',
  DNS_ROUND_ROBIN: 'dns-round-robin',
}

/**
 * A service with the further ports of a younger ServiceEntry that has the same host in the same namespace. Of ports
 * with one number the older counts, and of two that differ in more than their ports the older alone.
 */
export function withPortsOf(older: MeshService, younger: MeshService): MeshService {
  if (!isAlike(older, younger)) return older
  const more = younger.ports.filter(({ number }) => older.ports.every((port) => port.number !== number))
  if (more.length === 0) return older
  const names = new Set(older.ports.map(({ name }) => name))
  const ports = more.map((port) => ({
    ...port,
    // Endpoints know their port by its name.
    name: names.has(port.name) ? `${port.name}-${port.number}` : port.name,
    from: { entry: younger.name, port: port.name },
  }))
  return { ...older, ports: [...older.ports, ...ports] }
}

function isAlike(a: MeshService, b: MeshService): boolean {
  return (
    a.registry === 'external' &&
    b.registry === 'external' &&
    a.resolution === b.resolution &&
    a.isExternal === b.isExternal &&
    isEqual(a.selector, b.selector) &&
    isEqual(a.exportTo, b.exportTo)
  )
}

/**
 * The services of a ServiceEntry: one for each of its hosts.
 *
 * @translates ServiceEntry spec.hosts -> Cluster.name, VirtualHost.domains
 * @translates ServiceEntry spec.addresses -> Listener.address, VirtualHost.domains
 * @translates ServiceEntry spec.ports -> Listener.address, Cluster.name
 * @translates ServiceEntry spec.location -> Cluster.transport_socket_matches (mutual TLS of the mesh or none)
 * @translates ServiceEntry spec.resolution -> Cluster.type
 * @translates ServiceEntry spec.workloadSelector -> ClusterLoadAssignment.endpoints
 * @translates ServiceEntry spec.exportTo -> which nodes get it
 * @translates ServiceEntry spec.subjectAltNames -> CertificateValidationContext.match_typed_subject_alt_names
 * @see https://istio.io/latest/docs/reference/config/networking/service-entry/
 */
export function servicesFromEntry(object: ServiceEntry): MeshService[] {
  const name = object.metadata?.name ?? ''
  const namespace = object.metadata?.namespace ?? DEFAULT_NAMESPACE
  const spec = object.spec
  const ports = (spec.ports ?? []).map((port) => ({
    name: port.name,
    number: port.number,
    targetPort: port.targetPort ?? port.number,
    protocol: parseProtocol(port.protocol),
  }))
  return spec.hosts.map((hostname) => ({
    key: serviceKey(namespace, hostname),
    hostname,
    name,
    namespace,
    registry: 'external',
    creationTimestamp: object.metadata?.creationTimestamp ?? '',
    ports,
    addresses: spec.addresses ?? [],
    resolution: RESOLUTIONS[spec.resolution ?? 'NONE'] ?? 'passthrough',
    isExternal: spec.location !== 'MESH_INTERNAL',
    exportTo: spec.exportTo ?? [],
    selector: spec.workloadSelector?.labels,
    subjectAltNames: spec.subjectAltNames ?? [],
    externalName: undefined,
    publishNotReadyAddresses: false,
    labels: object.metadata?.labels ?? {},
  }))
}
