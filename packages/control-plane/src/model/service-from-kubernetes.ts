import type { Service } from '@batten/api'
import { DEFAULT_NAMESPACE } from './object-key.ts'
import { protocolOfPort } from './protocol.ts'
import { type MeshService, type ServicePort, type ServiceResolution, serviceKey } from './service.ts'

/** Annotation by which a Service says who sees it. */
const EXPORT_TO = 'networking.istio.io/exportTo'

/**
 * A Kubernetes Service as a service of the mesh; undefined when it has no ports. Ports of UDP come last: one that TCP
 * has as well is found as TCP's.
 */
export function serviceFromKubernetes(object: Service, domainSuffix: string): MeshService | undefined {
  const name = object.metadata?.name ?? ''
  const namespace = object.metadata?.namespace ?? DEFAULT_NAMESPACE
  const spec = object.spec ?? {}
  const ports: ServicePort[] = (spec.ports ?? []).map((port) => ({
    name: port.name ?? '',
    number: port.port,
    targetPort: port.targetPort ?? port.port,
    protocol: protocolOfPort(port),
  }))
  ports.sort((a, b) => Number(a.protocol === 'UDP') - Number(b.protocol === 'UDP'))
  const externalName = spec.type === 'ExternalName' ? spec.externalName : undefined
  // An ExternalName needs no ports of its own when it stands for another service.
  if (ports.length === 0 && externalName === undefined) return undefined
  const hostname = `${name}.${namespace}.svc.${domainSuffix}`
  const clusterIps = spec.clusterIPs ?? (spec.clusterIP === undefined ? [] : [spec.clusterIP])
  const isHeadless = clusterIps[0] === 'None'
  const selector = spec.selector
  return {
    key: serviceKey(namespace, hostname),
    hostname,
    name,
    namespace,
    registry: 'kubernetes',
    creationTimestamp: object.metadata?.creationTimestamp ?? '',
    ports,
    addresses: isHeadless
      ? []
      : [...clusterIps, ...(spec.externalIPs ?? [])].filter((address) => address !== ''),
    resolution: resolutionOf(isHeadless, externalName),
    isExternal: externalName !== undefined,
    exportTo: splitList(object.metadata?.annotations?.[EXPORT_TO]),
    selector: selector === undefined || Object.keys(selector).length === 0 ? undefined : selector,
    subjectAltNames: [],
    externalName,
    publishNotReadyAddresses: spec.publishNotReadyAddresses ?? false,
    labels: object.metadata?.labels ?? {},
  }
}

function resolutionOf(isHeadless: boolean, externalName: string | undefined): ServiceResolution {
  if (externalName !== undefined) return 'dns'
  return isHeadless ? 'passthrough' : 'endpoints'
}

function splitList(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
}
