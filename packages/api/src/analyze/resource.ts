import type { WasmPlugin } from '../gen/types/extensions/wasm-plugin.ts'
import type { Gateway as KubernetesGateway } from '../gen/types/gateway-api/gateway.ts'
import type { GRPCRoute } from '../gen/types/gateway-api/grpc-route.ts'
import type { HTTPRoute } from '../gen/types/gateway-api/http-route.ts'
import type { ReferenceGrant } from '../gen/types/gateway-api/reference-grant.ts'
import type { TCPRoute } from '../gen/types/gateway-api/tcp-route.ts'
import type { TLSRoute } from '../gen/types/gateway-api/tls-route.ts'
import type { Deployment, Pod } from '../gen/types/kubernetes/pod.ts'
import type { Service } from '../gen/types/kubernetes/service.ts'
import type { DestinationRule } from '../gen/types/networking/destination-rule.ts'
import type { EnvoyFilter } from '../gen/types/networking/envoy-filter.ts'
import type { Gateway } from '../gen/types/networking/gateway.ts'
import type { ProxyConfig } from '../gen/types/networking/proxy-config.ts'
import type { ServiceEntry } from '../gen/types/networking/service-entry.ts'
import type { Sidecar } from '../gen/types/networking/sidecar.ts'
import type { VirtualService } from '../gen/types/networking/virtual-service.ts'
import type { WorkloadEntry } from '../gen/types/networking/workload-entry.ts'
import type { WorkloadGroup } from '../gen/types/networking/workload-group.ts'
import type { AuthorizationPolicy } from '../gen/types/security/authorization-policy.ts'
import type { PeerAuthentication } from '../gen/types/security/peer-authentication.ts'
import type { RequestAuthentication } from '../gen/types/security/request-authentication.ts'
import type { Telemetry } from '../gen/types/telemetry/telemetry.ts'
import { partChecks } from '../gen/validators/index.ts'
import { groupVersion, type KubernetesObject, kindInfo } from '../k8s.ts'
import type { Fields, PathSegment } from '../validate/check.ts'
import type { ParsedObject } from '../yaml/parse.ts'
import { cleaned, fieldsAt, type Loose, stringsAt, textAt } from './loose.ts'

/** Specs of the kinds that analyzers read, by `group/kind`. */
export interface KindSpecs {
  '/Pod': Pod['spec']
  '/Service': Service['spec']
  'apps/Deployment': Deployment['spec']
  'extensions.istio.io/WasmPlugin': WasmPlugin['spec']
  'gateway.networking.k8s.io/GRPCRoute': GRPCRoute['spec']
  'gateway.networking.k8s.io/Gateway': KubernetesGateway['spec']
  'gateway.networking.k8s.io/HTTPRoute': HTTPRoute['spec']
  'gateway.networking.k8s.io/ReferenceGrant': ReferenceGrant['spec']
  'gateway.networking.k8s.io/TCPRoute': TCPRoute['spec']
  'gateway.networking.k8s.io/TLSRoute': TLSRoute['spec']
  'networking.istio.io/DestinationRule': DestinationRule['spec']
  'networking.istio.io/EnvoyFilter': EnvoyFilter['spec']
  'networking.istio.io/Gateway': Gateway['spec']
  'networking.istio.io/ProxyConfig': ProxyConfig['spec']
  'networking.istio.io/ServiceEntry': ServiceEntry['spec']
  'networking.istio.io/Sidecar': Sidecar['spec']
  'networking.istio.io/VirtualService': VirtualService['spec']
  'networking.istio.io/WorkloadEntry': WorkloadEntry['spec']
  'networking.istio.io/WorkloadGroup': WorkloadGroup['spec']
  'security.istio.io/AuthorizationPolicy': AuthorizationPolicy['spec']
  'security.istio.io/PeerAuthentication': PeerAuthentication['spec']
  'security.istio.io/RequestAuthentication': RequestAuthentication['spec']
  'telemetry.istio.io/Telemetry': Telemetry['spec']
}

/** Spec of a kind, or unknown fields for a kind that has no type here. */
export type SpecOf<K extends string> = K extends keyof KindSpecs
  ? Loose<NonNullable<KindSpecs[K]>>
  : Loose<Fields>

/** Labels and annotations. */
export type StringMap = Readonly<Record<string, string>>

/** An object as analyzers see it: fields that are there have the type of the schema, nothing is null. */
export interface Resource<Spec = unknown> {
  /** `group/kind`: `networking.istio.io/VirtualService`, `/Pod`. */
  readonly type: string
  readonly kind: string
  readonly name: string
  /** Namespace that the object has, or gets when it is applied; empty for objects of the cluster. */
  readonly namespace: string
  /** `namespace/name` as messages print it, without the namespace when the object does not say it. */
  readonly fullName: string
  readonly labels: StringMap
  readonly annotations: StringMap
  readonly spec: Spec
  /** The whole object. */
  readonly fields: Fields
  /** The object as it was given. */
  readonly object: KubernetesObject
  /** Where the object stands in a file. */
  readonly parsed: ParsedObject | undefined
  /** Whether Istio's installation brings the object, so that nothing is reported about it. */
  readonly isBuiltIn: boolean
}

/** Kinds of the cluster that are not in the table of kinds. */
const CLUSTER_KINDS = new Set([
  'CustomResourceDefinition',
  'GatewayClass',
  'IngressClass',
  'MutatingWebhookConfiguration',
  'Namespace',
  'Node',
  'PersistentVolume',
  'ClusterRole',
  'ClusterRoleBinding',
  'StorageClass',
  'ValidatingWebhookConfiguration',
])

/** How {@link resourceOf} fills what an object leaves open. */
export interface ResourceOptions {
  /** Namespace of objects that name none, and printed in messages. */
  readonly defaultNamespace?: string | undefined
  readonly isBuiltIn?: boolean
}

/** Makes a resource of an object; undefined for what is no object at all. */
export function resourceOf(
  object: KubernetesObject,
  parsed: ParsedObject | undefined,
  { defaultNamespace, isBuiltIn = false }: ResourceOptions,
): Resource | undefined {
  if (typeof object?.kind !== 'string' || typeof object.apiVersion !== 'string') return undefined
  const { group } = groupVersion(object.apiVersion)
  const type = `${group}/${object.kind}`
  const checks = partChecks[type] ?? {}
  const fields: Fields = {}
  for (const [key, value] of Object.entries(object)) fields[key] = cleaned(value, checks[key])
  const name = textAt(fields, 'metadata', 'name') ?? ''
  const written = textAt(fields, 'metadata', 'namespace') ?? ''
  const isCluster = isClusterKind(object)
  const shown = isCluster ? '' : written || (defaultNamespace ?? '')
  return {
    type,
    kind: object.kind,
    name,
    namespace: isCluster ? '' : shown || 'default',
    fullName: shown === '' ? name : `${shown}/${name}`,
    labels: stringsAt(fields, 'metadata', 'labels'),
    annotations: stringsAt(fields, 'metadata', 'annotations'),
    spec: fieldsAt(fields, 'spec'),
    fields,
    object,
    parsed,
    isBuiltIn,
  }
}

function isClusterKind(object: KubernetesObject): boolean {
  const info = kindInfo(object)
  return info === undefined ? CLUSTER_KINDS.has(object.kind) : info.scope === 'Cluster'
}

/** `Kind namespace/name`: what a message is about. */
export function originOf({ kind, fullName }: Resource): string {
  return `${kind} ${fullName}`
}

/** Path of a field. */
export type FieldPath = readonly PathSegment[]
