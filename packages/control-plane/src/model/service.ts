import type { Protocol } from './protocol.ts'

/** A service as the mesh knows it: a Kubernetes Service, or one host of a ServiceEntry. */
export interface MeshService {
  /** `namespace/hostname`: key of the tables that belong to a service. */
  readonly key: string
  /** `reviews.default.svc.cluster.local`, `www.example.com`, `*.example.com` */
  readonly hostname: string
  /** Name of the object. */
  readonly name: string
  readonly namespace: string
  readonly registry: 'kubernetes' | 'external'
  readonly creationTimestamp: string
  readonly ports: readonly ServicePort[]
  /** Virtual addresses (CIDR ranges for some ServiceEntries); none for headless services. */
  readonly addresses: readonly string[]
  readonly resolution: ServiceResolution
  /** Outside of the mesh: never mutual TLS of the mesh. */
  readonly isExternal: boolean
  /** Namespaces that see it: names, `.`, `*`, `~`; empty is the mesh's default. */
  readonly exportTo: readonly string[]
  /** Labels of its workloads; undefined when something else says which they are. */
  readonly selector: Readonly<Record<string, string>> | undefined
  /** Names of which a server's certificate must have one. */
  readonly subjectAltNames: readonly string[]
  /** For type ExternalName: the name that it stands for. */
  readonly externalName: string | undefined
  /** For an ExternalName that stands for another service of the mesh: that one's hostname. */
  readonly aliasOf?: string
  /** Hostnames of ExternalNames that stand for this service. */
  readonly aliases?: readonly string[]
  readonly publishNotReadyAddresses: boolean
  readonly labels: Readonly<Record<string, string>>
}

export interface ServicePort {
  readonly name: string
  readonly number: number
  /** Port of the workloads, by number or by name. */
  readonly targetPort: number | string
  readonly protocol: Protocol
  /** For a port that another ServiceEntry with the same host adds: that entry's name, and its name of the port. */
  readonly from?: { readonly entry: string; readonly port: string }
}

/**
 * Where the addresses of a service come from: `endpoints` the control plane knows them all; `dns` and
 * `dns-round-robin` the proxy asks; `passthrough` the address that the caller asked for.
 */
export type ServiceResolution = 'endpoints' | 'dns' | 'dns-round-robin' | 'passthrough'

/** Key of a service: namespaces may define the same hostname. */
export function serviceKey(namespace: string, hostname: string): string {
  return `${namespace}/${hostname}`
}

/** Older first; ties go by name, then by namespace. */
export function compareAge(a: AgedObject, b: AgedObject): number {
  return (
    compareText(a.creationTimestamp, b.creationTimestamp) ||
    compareText(a.name, b.name) ||
    compareText(a.namespace, b.namespace)
  )
}

/** What {@link compareAge} looks at. */
export interface AgedObject {
  readonly creationTimestamp: string
  readonly name: string
  readonly namespace: string
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
