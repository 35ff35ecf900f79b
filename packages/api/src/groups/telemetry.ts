/** Telemetry kinds: types and builders. */

export type { New, ObjectOptions, OptionsOf } from '../builders/object.ts'
export * from '../builders/telemetry.ts'
export type * from '../gen/types/kubernetes/object-meta.ts'
export type * from '../gen/types/meta/index.ts'
export type * from '../gen/types/telemetry/index.ts'
export type { KubernetesObject, Metadata } from '../k8s.ts'
