import { kindTable } from './gen/kinds.ts'
import type { ObjectMeta } from './gen/types/kubernetes/object-meta.ts'

/** Name, namespace, labels and annotations of an object. */
export type Metadata = ObjectMeta

/** Any object of Kubernetes: what all kinds have in common. */
export interface KubernetesObject {
  /** Group and version, `networking.istio.io/v1`, or a version alone for core kinds. */
  apiVersion: string
  /** Name of the kind. */
  kind: string
  /** Name, namespace, labels and annotations. */
  metadata: Metadata
  /** Desired state. */
  spec?: unknown
  /** Observed state. */
  status?: unknown
}

/** What is known about a kind. */
export interface KindInfo {
  readonly kind: string
  /** API group; empty for core kinds. */
  readonly group: string
  /** Served versions, the newest first. */
  readonly versions: readonly string[]
  readonly plural: string
  readonly shortNames: readonly string[]
  readonly scope: 'Namespaced' | 'Cluster'
  /** Whose kind it is. `document`: read by tools only, no object of the API. */
  readonly origin: 'istio' | 'gateway-api' | 'kubernetes' | 'document'
  /** Parts that must be there beside `metadata`. */
  readonly required: readonly string[]
  /** Page that describes the kind. */
  readonly docs: string
}

/** Every kind that this package knows. */
export const kinds: readonly KindInfo[] = kindTable

const byGroupKind = new Map(kinds.map((info) => [`${info.group}/${info.kind}`, info]))

/** Kinds by `apiVersion` and name: what {@link kindInfo} is asked for again and again. */
const served = new Map<string, Map<string, KindInfo>>()
for (const info of kinds) {
  for (const version of info.versions) {
    const apiVersion = info.group === '' ? version : `${info.group}/${version}`
    const byName = served.get(apiVersion) ?? new Map<string, KindInfo>()
    served.set(apiVersion, byName.set(info.kind, info))
  }
}

/** Group and version of an `apiVersion`. */
export function groupVersion(apiVersion: string): { group: string; version: string } {
  const slash = apiVersion.indexOf('/')
  if (slash < 0) return { group: '', version: apiVersion }
  return { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) }
}

/** What is known about the kind of an object, whatever its version; undefined for kinds of others. */
export function kindInfo(object: {
  readonly apiVersion: string
  readonly kind: string
}): KindInfo | undefined {
  const { apiVersion, kind } = object
  return served.get(apiVersion)?.get(kind) ?? byGroupKind.get(`${groupVersion(apiVersion).group}/${kind}`)
}

/** A kind by its name, plural, short name, or any of these with its group (`gateways.networking.istio.io`). */
export function findKind(name: string): KindInfo | undefined {
  const wanted = name.toLowerCase()
  return kinds.find((info) => {
    const names = [info.kind.toLowerCase(), info.plural, ...info.shortNames]
    return names.some((one) => one === wanted || (info.group !== '' && `${one}.${info.group}` === wanted))
  })
}

/** Tells objects of one kind from others, in any version of its group. */
export function isKindOf<T extends KubernetesObject>(
  group: string,
  kind: string,
): (object: unknown) => object is T {
  return (object): object is T => {
    if (typeof object !== 'object' || object === null) return false
    const { apiVersion, kind: own } = object as Partial<KubernetesObject>
    return own === kind && typeof apiVersion === 'string' && groupVersion(apiVersion).group === group
  }
}

/**
 * `Kind namespace/name`, as messages name an object. Objects of the cluster have no namespace. Parts of an object that
 * are not what they should be count as missing: this name is for messages about just such objects.
 */
export function objectName(object: KubernetesObject): string {
  const metadata: Partial<Record<'name' | 'namespace', unknown>> =
    typeof object.metadata === 'object' && object.metadata !== null ? object.metadata : {}
  const namespace = text(metadata.namespace)
  return `${text(object.kind)} ${namespace === '' ? '' : `${namespace}/`}${text(metadata.name)}`
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
