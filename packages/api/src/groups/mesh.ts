/** Settings of the mesh: MeshConfig, MeshNetworks and IstioOperator. They are files, no objects of the API. */

export type {
  LabelSelector,
  LabelSelectorRequirement,
  ManagedFieldsEntry,
  ObjectMeta,
  OwnerReference,
} from '../gen/types/kubernetes/object-meta.ts'
export type * from '../gen/types/mesh/index.ts'
export type {
  ClientTLSMode,
  ClientTLSSettings,
  ConnectionPoolSettings,
  HTTPRetry,
  HTTPSettings,
  LocalityDistribute,
  LocalityFailover,
  LocalityLoadBalancerSetting,
  OutlierDetection,
  TCPSettings,
  TcpKeepalive,
  ZoneAwareLoadBalancerSetting,
} from '../gen/types/networking/index.ts'
export type { PathSegment } from '../validate/check.ts'
export type { Finding, Severity, SourceRange } from '../validate/findings.ts'
export { validateMeshConfig, validateMeshNetworks } from '../validate/mesh.ts'
export type { ParsedDocument, ParsedObject, PositionOptions } from '../yaml/parse.ts'
