import type { IstioIngressListener } from '@batten/api'
import { targetPortOf } from '../../model/endpoint.ts'
import { isEqual } from '../../model/equal.ts'
import { defineQuery } from '../../model/incremental.ts'
import { type MtlsMode, mtlsModeOfPort } from '../../model/peer-authentication.ts'
import { isHttp, type Protocol, parseProtocol } from '../../model/protocol.ts'
import { type AgedObject, compareAge } from '../../model/service.ts'
import type { MeshSnapshot } from '../../model/snapshot.ts'
import { selects } from '../../model/workload.ts'
import type { PortKind } from '../fields/peer-authentication/mtls-mode.ts'
import type { InboundClass, InboundTarget } from '../node-class.ts'

/** A port on which a sidecar takes requests for its workload. */
export interface InboundPort {
  readonly port: number
  readonly protocol: Protocol
  readonly kind: PortKind
  /** `reviews.default.svc.cluster.local:9080`, or `<port>` when no service leads here. */
  readonly host: string
  readonly servicePort: number
  /** Port of the container, by which policies and plugins name it. */
  readonly containerPort: number
  readonly mode: MtlsMode
  /** The Sidecar's listener, when there is one. */
  readonly ingress: IstioIngressListener | undefined
}

/** Service ports that lead to a workload: by endpoints where these are known, else by the selector of the service. */
export const inboundTargets = defineQuery<MeshSnapshot, readonly InboundTarget[]>(
  'inbound-targets',
  (read, namespace, workloadKey, labelsJson) => {
    const labels = JSON.parse(labelsJson!) as Record<string, string>
    const targets: { readonly target: InboundTarget; readonly service: AgedObject }[] = []
    const served = new Set<string>()
    const workload = read.entry('workloads', workloadKey!)
    for (const { service: key, portName, port } of read.entry('endpointsByWorkload', workloadKey!) ?? []) {
      const service = read.entry('services', key)
      const servicePort = service?.ports.find(({ name }) => name === portName)
      if (service === undefined || servicePort === undefined) continue
      served.add(key)
      const containerPort = workload === undefined ? undefined : targetPortOf(servicePort, workload)
      const target = { ...targetOf(service, servicePort), port, containerPort: containerPort ?? port }
      targets.push({ target, service })
    }
    for (const service of read.entry('servicesByNamespace', namespace!) ?? []) {
      if (service.selector === undefined || served.has(service.key) || !selects(service.selector, labels))
        continue
      for (const servicePort of service.ports) {
        const port =
          workload !== undefined
            ? targetPortOf(servicePort, workload)
            : typeof servicePort.targetPort === 'number'
              ? servicePort.targetPort
              : undefined
        if (port === undefined) continue
        const target = { ...targetOf(service, servicePort), port, containerPort: port }
        targets.push({ target, service })
      }
    }
    return targets
      .sort((a, b) => a.target.port - b.target.port || compareAge(a.service, b.service))
      .map(({ target }) => target)
  },
  isEqual,
)

function targetOf(
  service: { readonly hostname: string; readonly name: string; readonly namespace: string },
  port: { readonly number: number; readonly name: string; readonly protocol: Protocol },
): Omit<InboundTarget, 'port' | 'containerPort'> {
  return {
    hostname: service.hostname,
    serviceName: service.name,
    serviceNamespace: service.namespace,
    servicePort: port.number,
    portName: port.name,
    protocol: port.protocol,
  }
}

/**
 * The inbound ports of a class: the Sidecar's ingress listeners when it has any, else the ports of its services. The
 * oldest service of a port decides what it speaks.
 *
 * @translates Sidecar spec.ingress[].port -> Listener (inbound)
 */
export function inboundPorts(inbound: InboundClass): InboundPort[] {
  if (inbound.ingress.length > 0)
    return inbound.ingress.map((ingress) => {
      const port = ingress.port.number ?? 0
      const target = inbound.targets.find((one) => one.port === port)
      const protocol =
        ingress.port.protocol === undefined
          ? ((target?.protocol as Protocol | undefined) ?? 'AUTO')
          : parseProtocol(ingress.port.protocol)
      return portOf(inbound, port, protocol, target, ingress)
    })
  // Nobody but the Sidecar says where the application would listen instead.
  if (inbound.interceptionMode === 'NONE') return []
  const ports = new Map<number, InboundPort>()
  for (const target of inbound.targets)
    if (!ports.has(target.port) && target.protocol !== 'UDP')
      ports.set(target.port, portOf(inbound, target.port, target.protocol as Protocol, target, undefined))
  return [...ports.values()]
}

function portOf(
  { mtls, capabilities }: InboundClass,
  port: number,
  protocol: Protocol,
  target: InboundTarget | undefined,
  ingress: IstioIngressListener | undefined,
): InboundPort {
  const mode = mtlsModeOfPort(mtls, port, target?.containerPort ?? port)
  const isOpaque = (protocol === 'HTTP2' || protocol === 'GRPC') && !capabilities.http2
  return {
    port,
    protocol,
    kind: protocol === 'AUTO' ? 'auto' : isHttp(protocol) && !isOpaque ? 'http' : 'tcp',
    host: target === undefined ? String(port) : `${target.hostname}:${target.servicePort}`,
    servicePort: target?.servicePort ?? port,
    containerPort: target?.containerPort ?? port,
    mode,
    ingress,
  }
}
