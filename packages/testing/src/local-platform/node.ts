import { GATEWAY_LABELS, GATEWAY_NAME, GATEWAY_NAMESPACE, type LocalPlan, type LocalPod } from './plan.ts'

/** A node of this machine: what its bootstrap and its identity say. */
export interface LocalNode {
  readonly type: 'sidecar' | 'router'
  readonly name: string
  readonly namespace: string
  readonly serviceAccount: string
  readonly labels: Readonly<Record<string, string>>
  readonly adminPort: number
  readonly httpProxyPort: number
}

export function sidecarNode(pod: LocalPod): LocalNode {
  return { type: 'sidecar', ...pod }
}

export function gatewayNode(plan: LocalPlan): LocalNode {
  return {
    type: 'router',
    name: GATEWAY_NAME,
    namespace: GATEWAY_NAMESPACE,
    serviceAccount: GATEWAY_NAME,
    labels: GATEWAY_LABELS,
    adminPort: plan.gateway.adminPort,
    httpProxyPort: 0,
  }
}

/** Istio's node metadata for a node of this machine. */
export function nodeMetadata(node: LocalNode): Record<string, unknown> {
  return {
    NAME: node.name,
    NAMESPACE: node.namespace,
    SERVICE_ACCOUNT: node.serviceAccount,
    CLUSTER_ID: 'Kubernetes',
    MESH_ID: 'cluster.local',
    ISTIO_VERSION: '1.30.0',
    INSTANCE_IPS: '127.0.0.1',
    INTERCEPTION_MODE: 'NONE',
    LABELS: node.labels,
    // Development binds to this machine only; a gateway in a cluster binds to every address.
    BIND_ADDRESS: '127.0.0.1',
    ...(node.httpProxyPort === 0 ? {} : { HTTP_PROXY_PORT: String(node.httpProxyPort) }),
  }
}
