/** Security kinds: types and builders. */
export * from '../builders/authorization-policy.ts'
export type { New, ObjectOptions, OptionsOf } from '../builders/object.ts'
export * from '../builders/peer-authentication.ts'
export * from '../builders/request-authentication.ts'
export type * from '../gen/types/kubernetes/object-meta.ts'
export type * from '../gen/types/meta/index.ts'
export type * from '../gen/types/security/index.ts'
export type { KubernetesObject, Metadata } from '../k8s.ts'
