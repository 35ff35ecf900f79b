/** Kubernetes kinds that the mesh reads: types and builders. */
export * from '../builders/kubernetes.ts'
export type * from '../gen/types/kubernetes/index.ts'
