/** Judging objects by a CustomResourceDefinition, as the API server does. */
export { createJudge, type Judgement, type JudgeOptions } from '../crd/judge.ts'
export { applyDefaults, prune } from '../crd/prune.ts'
export type { CrdVersion, CustomResourceDefinition, JsonSchemaProps } from '../crd/schema.ts'
export type { ObjectMeta } from '../gen/types/kubernetes/object-meta.ts'
export type { KubernetesObject, Metadata } from '../k8s.ts'
export type { Issue, IssueKind, PathSegment } from '../validate/check.ts'
