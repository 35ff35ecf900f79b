/** Kinds of the Gateway API: types and builders. Their names are often those of Istio's kinds, so they stand apart. */
export * from '../builders/gateway-api/backend-tls-policy.ts'
export * from '../builders/gateway-api/gateway.ts'
export * from '../builders/gateway-api/gateway-class.ts'
export * from '../builders/gateway-api/grpc-route.ts'
export * from '../builders/gateway-api/http-route.ts'
export * from '../builders/gateway-api/reference-grant.ts'
export * from '../builders/gateway-api/references.ts'
export * from '../builders/gateway-api/tcp-route.ts'
export * from '../builders/gateway-api/tls-route.ts'
export type { New, ObjectOptions, OptionsOf } from '../builders/object.ts'
export type * from '../gen/types/gateway-api/index.ts'
export type {
  Condition,
  LabelSelector,
  LabelSelectorRequirement,
  ManagedFieldsEntry,
  ObjectMeta,
  OwnerReference,
} from '../gen/types/kubernetes/object-meta.ts'
export type { KubernetesObject, Metadata } from '../k8s.ts'
