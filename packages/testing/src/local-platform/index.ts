export { bootstrapOf, CONTROL_PLANE_NAME, type ControlPlaneEndpoint, nodeId } from './bootstrap.ts'
export { gatewayNode, type LocalNode, nodeMetadata, sidecarNode } from './node.ts'
export {
  GATEWAY_LABELS,
  GATEWAY_NAME,
  GATEWAY_NAMESPACE,
  type LocalGateway,
  type LocalPlan,
  type LocalPod,
  type LocalPort,
  MAX_REPLICAS,
  POD_LABEL,
  planMesh,
} from './plan.ts'
export { platformObjects } from './platform-objects.ts'
export { PortPool } from './port-pool.ts'
