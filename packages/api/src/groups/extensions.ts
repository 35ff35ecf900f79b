/** Extension kinds: types and builders. */

export type { New, ObjectOptions, OptionsOf } from '../builders/object.ts'
export * from '../builders/traffic-extension.ts'
export * from '../builders/wasm-plugin.ts'
export type * from '../gen/types/extensions/index.ts'
export type * from '../gen/types/kubernetes/object-meta.ts'
export type * from '../gen/types/meta/index.ts'
export type { KubernetesObject, Metadata } from '../k8s.ts'
