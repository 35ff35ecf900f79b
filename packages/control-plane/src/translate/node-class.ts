import type { ConnectionPoolSettings, IstioEgressListener, IstioIngressListener } from '@batten/api'
import { defineQuery } from '../model/incremental.ts'
import type { NodeCapabilities, NodeType, XdsNode } from '../model/node.ts'
import type { WorkloadMtls } from '../model/peer-authentication.ts'
import type { MeshSnapshot } from '../model/snapshot.ts'

/**
 * What translation may know of a client, by value: nodes with equal classes share their clusters and routes. A class
 * travels between queries as JSON, so that nothing of a node can be used that is not part of the key.
 */
export interface ClientClass {
  readonly type: NodeType
  readonly namespace: string
  readonly domainSuffix: string
  /** Only labels that routes or traffic policies ask for. */
  readonly labels: Readonly<Record<string, string>>
  readonly interceptionMode: XdsNode['interceptionMode']
  readonly capabilities: NodeCapabilities
  /** Egress listeners of the node's Sidecar; one that imports everything without a Sidecar. */
  readonly egress: readonly IstioEgressListener[]
  /** `ALLOW_ANY` or `REGISTRY_ONLY` */
  readonly outboundMode: string
}

/** What listeners know besides. */
export interface ListenerClass extends ClientClass {
  readonly httpProxyPort: number
  readonly bindAddress: string
  /** First address of the node. */
  readonly address: string
  /** Keys of the Wasm plugins that apply, in the order of the filter chain. */
  readonly plugins: readonly string[]
}

/** What the listeners and routes of a gateway proxy are made from, besides its {@link ClientClass}. */
export interface GatewayClass {
  readonly namespace: string
  readonly capabilities: NodeCapabilities
  readonly bindAddress: string
  /** `namespace/name` of its Gateways, oldest first. */
  readonly gateways: readonly string[]
  /** Ports of the Services that lead to it, with the ports of the proxy. */
  readonly ports: readonly { readonly servicePort: number; readonly port: number }[]
  /** Keys of the Wasm plugins that apply, in the order of the filter chain. */
  readonly plugins: readonly string[]
}

/** What the inbound side of a sidecar is made from. */
export interface InboundClass {
  readonly namespace: string
  readonly interceptionMode: XdsNode['interceptionMode']
  readonly capabilities: NodeCapabilities
  readonly address: string
  readonly ingress: readonly IstioIngressListener[]
  /** Service ports that lead to this workload. */
  readonly targets: readonly InboundTarget[]
  readonly mtls: WorkloadMtls
  /** Keys of the Wasm plugins that apply, in the order of the filter chain. */
  readonly plugins: readonly string[]
  /** `inboundConnectionPool` of the Sidecar. */
  readonly connectionPool: ConnectionPoolSettings | undefined
}

/** A service port that leads to a workload. */
export interface InboundTarget {
  readonly hostname: string
  readonly serviceName: string
  readonly serviceNamespace: string
  readonly servicePort: number
  readonly portName: string
  readonly protocol: string
  /** Port where the sidecar takes it. */
  readonly port: number
  /** Port of the container, by which policies name it; the same, except where a sidecar has a port of its own. */
  readonly containerPort: number
}

/** A class as the key that it is. Property order is that of the code that makes it, so equal classes are equal keys. */
export function classKey(value: ClientClass | ListenerClass | GatewayClass | InboundClass): string {
  return JSON.stringify(value)
}

const parsed = new Map<string, unknown>()
const MAX_PARSED = 4096

/** The class of a key. Shared: do not change it. */
export function classOf<T extends ClientClass | ListenerClass | GatewayClass | InboundClass>(key: string): T {
  let value = parsed.get(key)
  if (value === undefined) {
    if (parsed.size >= MAX_PARSED) parsed.clear()
    value = JSON.parse(key)
    parsed.set(key, value)
  }
  return value as T
}

/** Names of labels that routes and traffic policies ask of clients; no other label makes a difference to a client. */
export const clientLabelNames = defineQuery<MeshSnapshot, readonly string[]>(
  'client-label-names',
  (read) => {
    const names = new Set<string>()
    for (const { spec } of read.field('virtualServices').values())
      for (const route of [...(spec.http ?? []), ...(spec.tls ?? []), ...(spec.tcp ?? [])])
        for (const match of route.match ?? []) for (const name in match.sourceLabels ?? {}) names.add(name)
    for (const rules of read.field('destinationRules').values())
      for (const { workloadSelector } of rules) for (const name in workloadSelector ?? {}) names.add(name)
    return [...names].sort()
  },
  (a, b) => a.length === b.length && a.every((name, i) => name === b[i]),
)
