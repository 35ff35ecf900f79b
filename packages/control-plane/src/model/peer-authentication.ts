import type { PeerAuthentication } from '@batten/api'
import { defineQuery } from './incremental.ts'
import { DEFAULT_NAMESPACE, objectKey } from './object-key.ts'
import type { MeshSnapshot } from './snapshot.ts'
import { selects } from './workload.ts'

/** What a port of a workload takes. */
export type MtlsMode = 'DISABLE' | 'PERMISSIVE' | 'STRICT'

/** A PeerAuthentication; an undefined mode is inherited. */
export interface MeshPeerAuthentication {
  readonly key: string
  readonly name: string
  readonly namespace: string
  readonly creationTimestamp: string
  /** undefined: the whole namespace, or the whole mesh in the root namespace. */
  readonly selector: Readonly<Record<string, string>> | undefined
  readonly mode: MtlsMode | undefined
  /** By port of the workload. */
  readonly portModes: Readonly<Record<string, MtlsMode | undefined>>
}

/** Mutual TLS of a workload: for all ports, and for single ones. */
export interface WorkloadMtls {
  readonly mode: MtlsMode
  readonly portModes: Readonly<Record<string, MtlsMode>>
}

/** Reads a PeerAuthentication. */
export function peerAuthenticationOf(object: PeerAuthentication): MeshPeerAuthentication {
  const spec = object.spec ?? {}
  const labels = spec.selector?.matchLabels ?? {}
  const portModes: Record<string, MtlsMode | undefined> = {}
  for (const [port, mtls] of Object.entries(spec.portLevelMtls ?? {}))
    portModes[String(Number(port))] = modeOf(mtls.mode)
  return {
    key: objectKey(object),
    name: object.metadata?.name ?? '',
    namespace: object.metadata?.namespace ?? DEFAULT_NAMESPACE,
    creationTimestamp: object.metadata?.creationTimestamp ?? '',
    selector: Object.keys(labels).length === 0 ? undefined : labels,
    mode: modeOf(spec.mtls?.mode),
    portModes,
  }
}

function modeOf(mode: string | undefined): MtlsMode | undefined {
  return mode === undefined || mode === 'UNSET' ? undefined : (mode as MtlsMode)
}

/**
 * Mutual TLS of a workload: its own policy, else its namespace's, else the mesh's, else PERMISSIVE. In each scope the
 * oldest policy counts.
 */
export const mtlsOf = defineQuery<MeshSnapshot, WorkloadMtls>(
  'mtls',
  (read, namespace, labelsJson) => {
    const labels = JSON.parse(labelsJson!) as Record<string, string>
    const root = read.field('mesh').rootNamespace
    const inNamespace = read.entry('peerAuthentications', namespace!) ?? []
    const inRoot = namespace === root ? inNamespace : (read.entry('peerAuthentications', root) ?? [])
    const meshWide = inRoot.find(({ selector }) => selector === undefined)?.mode ?? 'PERMISSIVE'
    const namespaceWide =
      (namespace === root ? undefined : inNamespace.find(({ selector }) => selector === undefined)?.mode) ??
      meshWide
    const own = inNamespace.find(({ selector }) => selector !== undefined && selects(selector, labels))
    const mode = own?.mode ?? namespaceWide
    const portModes: Record<string, MtlsMode> = {}
    for (const [port, portMode] of Object.entries(own?.portModes ?? {})) portModes[port] = portMode ?? mode
    return { mode, portModes }
  },
  (a, b) => JSON.stringify(a) === JSON.stringify(b),
)

/** Mode of one port of a workload; policies may name the port of the sidecar or that of the container. */
export function mtlsModeOfPort(mtls: WorkloadMtls, port: number, containerPort: number): MtlsMode {
  return mtls.portModes[String(port)] ?? mtls.portModes[String(containerPort)] ?? mtls.mode
}
