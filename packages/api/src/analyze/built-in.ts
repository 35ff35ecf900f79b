import type { KubernetesObject } from '../k8s.ts'
import type { MeshConfig } from './mesh-config.ts'
import { type Resource, resourceOf } from './resource.ts'

/** Where Istio's default profile puts the ingress gateway. */
const INGRESS_NAMESPACE = 'istio-system'

/** Its pods have this label, whatever the mesh configuration says about an Ingress. */
const LABELS = { istio: 'ingressgateway' }

/**
 * Ports of its Service, and where the proxy listens for them.
 *
 * Differs from Istio: the ingress gateway listens on 8080 and 8443, as in an installation; its analysis takes 80 and 443.
 */
const PORTS: readonly (readonly [name: string, port: number, targetPort: number])[] = [
  ['http2', 80, 8080],
  ['https', 443, 8443],
  ['tcp', 31400, 31400],
  ['tls', 15443, 15443],
]

/**
 * The ingress gateway that an installation of Istio brings, as far as files refer to it without having it: a Service
 * and a pod. What is among `resources` is not added again; without ingress there is none.
 */
export function builtInResources(meshConfig: MeshConfig, resources: readonly Resource[]): Resource[] {
  if (!meshConfig.hasIngress) return []
  const name = meshConfig.ingressService
  const objects: KubernetesObject[] = [
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: `${name}-dummypod`, namespace: INGRESS_NAMESPACE, labels: LABELS },
      spec: { containers: [{ name: 'istio-proxy' }] },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace: INGRESS_NAMESPACE },
      spec: {
        selector: LABELS,
        ports: PORTS.map(([own, port, targetPort]) => ({ name: own, port, targetPort, protocol: 'TCP' })),
      },
    },
  ]
  return objects.flatMap((object) => {
    const resource = resourceOf(object, undefined, { isBuiltIn: true })
    const isThere = resources.some(
      (one) =>
        one.type === resource?.type && one.name === resource.name && one.namespace === resource.namespace,
    )
    return resource === undefined || isThere ? [] : [resource]
  })
}
