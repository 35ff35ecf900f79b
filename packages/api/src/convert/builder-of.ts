import * as builders from '../groups/builders.ts'
import * as gatewayApi from '../groups/gateway-api.ts'
import type { KubernetesObject } from '../k8s.ts'
import { type Fields, isFields, type PathSegment } from '../validate/check.ts'

/** A plain constructor that can write an object. */
export interface ObjectBuilder {
  readonly name: string
  /** Module that exports it. */
  readonly from: string
  readonly build: (options: never) => KubernetesObject
}

/** An option of a constructor, and where in the object it comes from. */
export interface BuilderOption {
  readonly key: string
  readonly value: unknown
  readonly path: readonly PathSegment[]
}

const ISTIO = {
  AuthorizationPolicy: builders.authorizationPolicy,
  DestinationRule: builders.destinationRule,
  EnvoyFilter: builders.envoyFilter,
  Gateway: builders.gateway,
  PeerAuthentication: builders.peerAuthentication,
  ProxyConfig: builders.proxyConfig,
  RequestAuthentication: builders.requestAuthentication,
  ServiceEntry: builders.serviceEntry,
  Sidecar: builders.sidecar,
  Telemetry: builders.telemetry,
  TrafficExtension: builders.trafficExtension,
  VirtualService: builders.virtualService,
  WasmPlugin: builders.wasmPlugin,
  WorkloadEntry: builders.workloadEntry,
  WorkloadGroup: builders.workloadGroup,
}

const GATEWAY_API = {
  BackendTLSPolicy: gatewayApi.backendTlsPolicy,
  Gateway: gatewayApi.gateway,
  GatewayClass: gatewayApi.gatewayClass,
  GRPCRoute: gatewayApi.grpcRoute,
  HTTPRoute: gatewayApi.httpRoute,
  ReferenceGrant: gatewayApi.referenceGrant,
  TCPRoute: gatewayApi.tcpRoute,
  TLSRoute: gatewayApi.tlsRoute,
}

const KUBERNETES = {
  ConfigMap: builders.configMap,
  Deployment: builders.deployment,
  Namespace: builders.namespace,
  Pod: builders.pod,
  Secret: builders.secret,
  Service: builders.service,
  ServiceAccount: builders.serviceAccount,
}

/** The constructor of a kind, if there is one. */
export function builderOf(group: string, kind: string): ObjectBuilder | undefined {
  const [table, from] =
    group === '' || group === 'apps'
      ? [KUBERNETES, '@batten/api']
      : group === 'gateway.networking.k8s.io'
        ? [GATEWAY_API, '@batten/api/gateway-api']
        : group.endsWith('.istio.io')
          ? [ISTIO, '@batten/api']
          : [{}, '']
  if (!Object.hasOwn(table, kind)) return undefined
  const build = (table as Readonly<Record<string, ObjectBuilder['build']>>)[kind]!
  return { name: builderName(kind), from, build }
}

/** `HTTPRoute` is built by `httpRoute`. Not the function's own name: a minified bundle changes that. */
function builderName(kind: string): string {
  const words = kind.replace(/[A-Z]+(?![a-z])/g, (word) => word[0] + word.slice(1).toLowerCase())
  return words[0]!.toLowerCase() + words.slice(1)
}

/** The options with which the constructor of a kind might give the object; undefined where it has not all of them. */
export function optionsOf(object: KubernetesObject): BuilderOption[] | undefined {
  const { apiVersion: _version, kind, metadata, ...parts } = object as unknown as Fields & KubernetesObject
  const { spec, ...others } = parts as Fields
  const fromMetadata = optionsAt(metadata as Fields, ['metadata'])
  const fromSpec = isFields(spec) ? optionsAt(spec, ['spec']) : []
  const rest = [...fromSpec, ...optionsAt(others, [])]
  if (kind === 'Deployment') {
    const options = deploymentOptions(rest)
    return options === undefined ? undefined : [...fromMetadata, ...options]
  }
  if (kind !== 'WorkloadEntry') return [...fromMetadata, ...rest]
  // The labels of a WorkloadEntry are those of the workload.
  return [
    ...fromMetadata.map((one) => (one.key === 'labels' ? { ...one, key: 'objectLabels' } : one)),
    ...rest,
  ]
}

function optionsAt(fields: Fields, path: readonly PathSegment[]): BuilderOption[] {
  return Object.entries(fields).map(([key, value]) => ({ key, value, path: [...path, key] }))
}

/** Fields of a Deployment that its constructor takes as they are. */
const DEPLOYMENT_FIELDS: readonly string[] = [
  'replicas',
  'strategy',
  'minReadySeconds',
  'revisionHistoryLimit',
  'paused',
  'progressDeadlineSeconds',
]

function deploymentOptions(options: readonly BuilderOption[]): BuilderOption[] | undefined {
  const plain = options.filter(({ key }) => key !== 'template' && key !== 'selector')
  if (!plain.every(({ key }) => DEPLOYMENT_FIELDS.includes(key))) return undefined
  const template = options.find(({ key }) => key === 'template')
  const { metadata, spec } = isFields(template?.value) ? template.value : {}
  const { labels, annotations } = isFields(metadata) ? metadata : {}
  const at = template?.path ?? []
  const pod = [
    { key: 'podLabels', value: labels, path: [...at, 'metadata', 'labels'] },
    { key: 'podAnnotations', value: annotations, path: [...at, 'metadata', 'annotations'] },
    { key: 'pod', value: spec, path: [...at, 'spec'] },
  ]
  return [...plain, ...pod.filter(({ value }) => value !== undefined)]
}
