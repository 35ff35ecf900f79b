import type { KubernetesObject } from '../k8s.ts'
import type { MeshConfig } from './mesh-config.ts'
import { type Resource, resourceOf } from './resource.ts'

/** Where Istio's default profile puts the ingress gateway. */
const INGRESS_NAMESPACE = 'istio-system'

/**
 * The ingress gateway that an installation of Istio brings, as far as files refer to it without having it: its Service
 * and a pod. What is among `resources` is not added again.
 */
export function builtInResources(meshConfig: MeshConfig, resources: readonly Resource[]): Resource[] {
  const name = meshConfig.ingressService
  const labels = { istio: meshConfig.ingressSelector }
  const metadata = { name, namespace: INGRESS_NAMESPACE }
  const objects: KubernetesObject[] = [
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { ...metadata, labels },
      spec: { containers: [{ name: 'istio-proxy' }] },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: {
        selector: labels,
        ports: [
          { name: 'http2', port: 80, targetPort: 8080, protocol: 'TCP' },
          { name: 'https', port: 443, targetPort: 8443, protocol: 'TCP' },
          { name: 'status-port', port: 15021, targetPort: 15021, protocol: 'TCP', appProtocol: 'tcp' },
          { name: 'tcp', port: 31400, targetPort: 31400, protocol: 'TCP' },
          { name: 'tls', port: 15443, targetPort: 15443, protocol: 'TCP' },
        ],
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
