import type { ConfigMap, Secret, ServiceAccount } from '../gen/types/kubernetes/config.ts'
import type { EndpointSlice } from '../gen/types/kubernetes/endpoint-slice.ts'
import type { Namespace } from '../gen/types/kubernetes/namespace.ts'
import type { Deployment, DeploymentSpec, Pod, PodSpec } from '../gen/types/kubernetes/pod.ts'
import type { Service, ServiceSpec } from '../gen/types/kubernetes/service.ts'
import { metadataOf, type New, type ObjectOptions, objectOf, withoutUndefined } from './object.ts'

/**
 * A Namespace.
 *
 * @example
 * namespace({ name: 'shop', labels: { 'istio-injection': 'enabled' } })
 */
export function namespace(options: Omit<ObjectOptions, 'namespace'>): New<Namespace> {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: metadataOf(options) } as New<Namespace>
}

/**
 * A ServiceAccount: the identity of workloads.
 *
 * @example
 * serviceAccount({ name: 'reviews', namespace: 'shop' })
 */
export function serviceAccount(options: ObjectOptions): New<ServiceAccount> {
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: metadataOf(options) } as New<ServiceAccount>
}

/**
 * A Service.
 *
 * @example
 * service({ name: 'reviews', selector: { app: 'reviews' }, ports: [{ name: 'http', port: 9080 }] })
 */
export function service(options: ObjectOptions & ServiceSpec): New<Service> {
  return objectOf<Service>('v1', 'Service', options)
}

/**
 * A Pod.
 *
 * @example
 * pod({ name: 'sleep', labels: { app: 'sleep' }, containers: [{ name: 'sleep', image: 'curlimages/curl' }] })
 */
export function pod(options: ObjectOptions & PodSpec): New<Pod> {
  return objectOf<Pod>('v1', 'Pod', options)
}

/** Options of {@link deployment}. */
export interface DeploymentOptions
  extends ObjectOptions,
    Pick<
      DeploymentSpec,
      | 'replicas'
      | 'strategy'
      | 'minReadySeconds'
      | 'revisionHistoryLimit'
      | 'paused'
      | 'progressDeadlineSeconds'
    > {
  /** Labels of the pods, by which the Deployment also finds them. */
  readonly podLabels: Readonly<Record<string, string>>
  /** Annotations of the pods. */
  readonly podAnnotations?: Readonly<Record<string, string>>
  /** What runs in the pods. */
  readonly pod: PodSpec
}

/**
 * A Deployment whose selector is the labels of its pods.
 *
 * @example
 * deployment({
 *   name: 'reviews-v1',
 *   podLabels: { app: 'reviews', version: 'v1' },
 *   pod: { serviceAccountName: 'reviews', containers: [{ name: 'reviews', image: 'reviews:1' }] },
 * })
 */
export function deployment(options: DeploymentOptions): New<Deployment> {
  const { podLabels, podAnnotations, pod: podSpec, ...rest } = options
  const spec: DeploymentSpec = {
    selector: { matchLabels: podLabels },
    template: {
      metadata: { labels: podLabels, ...(podAnnotations && { annotations: podAnnotations }) },
      spec: podSpec,
    },
  }
  return objectOf<Deployment>('apps/v1', 'Deployment', { ...rest, ...spec } as ObjectOptions)
}

/**
 * A ConfigMap.
 *
 * @example
 * configMap({ name: 'greeting', data: { text: 'hello' } })
 */
export function configMap(
  options: ObjectOptions & { readonly data?: Readonly<Record<string, string>> },
): New<ConfigMap> {
  const { data } = options
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: metadataOf(options), data }
  return withoutUndefined(object) as New<ConfigMap>
}

/**
 * A Secret; values are given as text.
 *
 * @example
 * secret({ name: 'token', type: 'Opaque', stringData: { token: process.env['TOKEN'] ?? '' } })
 */
export function secret(
  options: ObjectOptions & { readonly type?: string; readonly stringData?: Readonly<Record<string, string>> },
): New<Secret> {
  const { type, stringData } = options
  const object = { apiVersion: 'v1', kind: 'Secret', metadata: metadataOf(options), type, stringData }
  return withoutUndefined(object) as New<Secret>
}

/**
 * An EndpointSlice of a service.
 *
 * @example
 * endpointSlice({
 *   name: 'reviews-1',
 *   service: 'reviews',
 *   endpoints: [{ addresses: ['10.0.0.7'] }],
 *   ports: [{ name: 'http', port: 9080 }],
 * })
 */
export function endpointSlice(
  options: ObjectOptions & {
    /** Name of the service. */
    readonly service: string
    /** Addresses of the pods. */
    readonly endpoints: NonNullable<EndpointSlice['endpoints']>
    /** Ports of the pods. */
    readonly ports: NonNullable<EndpointSlice['ports']>
    /** @defaultValue IPv4 */
    readonly addressType?: string
  },
): New<EndpointSlice> {
  const { service: name, endpoints, ports, addressType = 'IPv4', labels, ...rest } = options
  const metadata = metadataOf({ ...rest, labels: { 'kubernetes.io/service-name': name, ...labels } })
  const object = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata,
    addressType,
    endpoints,
    ports,
  }
  return withoutUndefined(object) as New<EndpointSlice>
}
