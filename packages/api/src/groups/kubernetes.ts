/** Kubernetes kinds that the mesh reads: types and builders. */
export * from '../builders/kubernetes.ts'
export type { New, ObjectOptions, OptionsOf } from '../builders/object.ts'
export type * from '../gen/types/kubernetes/index.ts'
export type { KubernetesObject, Metadata } from '../k8s.ts'
