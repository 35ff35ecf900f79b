/** Judging objects by a CustomResourceDefinition, as the API server does. */
export { createJudge, type Judgement, type JudgeOptions } from '../crd/judge.ts'
export { applyDefaults, prune } from '../crd/prune.ts'
export type { CrdVersion, CustomResourceDefinition, JsonSchemaProps } from '../crd/schema.ts'
