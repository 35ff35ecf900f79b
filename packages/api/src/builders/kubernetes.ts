import type { ConfigMap, Secret, ServiceAccount } from '../gen/types/kubernetes/config.ts'
import type { EndpointSlice } from '../gen/types/kubernetes/endpoint-slice.ts'
import type { Namespace } from '../gen/types/kubernetes/namespace.ts'
import type {
  Deployment,
  DeploymentSpec,
  Pod,
  PodSpec,
  PodTemplateSpec,
} from '../gen/types/kubernetes/pod.ts'
import type { Service, ServiceSpec } from '../gen/types/kubernetes/service.ts'
import { metadataOf, type ObjectOptions, objectOf, withoutUndefined } from './object.ts'

/** A Namespace. @example namespace({ name: 'shop', labels: { 'istio-injection': 'enabled' } }) */
export function namespace(options: Omit<ObjectOptions, 'namespace'>): Namespace {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: metadataOf(options) }
}

/** A ServiceAccount. */
export function serviceAccount(options: ObjectOptions): ServiceAccount {
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: metadataOf(options) }
}

/** A Service. @example service({ name: 'reviews', selector: { app: 'reviews' }, ports: [{ name: 'http', port: 9080 }] }) */
export function service(options: ObjectOptions & ServiceSpec): Service {
  return objectOf('v1', 'Service', options)
}

/** A Pod. */
export function pod(options: ObjectOptions & PodSpec): Pod {
  return objectOf('v1', 'Pod', options)
}

/** Options of {@link deployment}. */
export interface DeploymentOptions extends ObjectOptions, Omit<DeploymentSpec, 'selector' | 'template'> {
  /** Labels of the pods, by which the Deployment also finds them. */
  readonly podLabels: Readonly<Record<string, string>>
  readonly podAnnotations?: Readonly<Record<string, string>>
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
export function deployment(options: DeploymentOptions): Deployment {
  const { podLabels, podAnnotations, pod: podSpec, ...rest } = options
  const template: PodTemplateSpec = withoutUndefined({
    metadata: {
      labels: { ...podLabels },
      ...(podAnnotations === undefined ? {} : { annotations: { ...podAnnotations } }),
    },
    spec: podSpec,
  })
  const spec = { ...rest, selector: { matchLabels: { ...podLabels } }, template }
  return objectOf<Deployment, typeof spec>('apps/v1', 'Deployment', spec)
}

/** A ConfigMap. */
export function configMap(
  options: ObjectOptions & { readonly data?: Readonly<Record<string, string>> },
): ConfigMap {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: metadataOf(options),
    ...(options.data === undefined ? {} : { data: { ...options.data } }),
  }
}

/** A Secret; values are given as text. */
export function secret(
  options: ObjectOptions & { readonly type?: string; readonly stringData?: Readonly<Record<string, string>> },
): Secret {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: metadataOf(options),
    ...(options.type === undefined ? {} : { type: options.type }),
    ...(options.stringData === undefined ? {} : { stringData: { ...options.stringData } }),
  }
}

/** An EndpointSlice of a service. */
export function endpointSlice(
  options: ObjectOptions & {
    readonly service: string
    readonly endpoints: NonNullable<EndpointSlice['endpoints']>
    readonly ports: NonNullable<EndpointSlice['ports']>
    /** @defaultValue IPv4 */
    readonly addressType?: string
  },
): EndpointSlice {
  const { service: name, endpoints, ports, addressType = 'IPv4', labels, ...rest } = options
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: metadataOf({ ...rest, labels: { 'kubernetes.io/service-name': name, ...labels } }),
    addressType,
    endpoints,
    ports,
  }
}
