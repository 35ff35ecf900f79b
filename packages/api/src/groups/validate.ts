/** Validation of objects: schema, CEL rules and the rules of Istio's webhook. */
export { CODES, type Code } from '../errors.ts'
export type { ObjectMeta } from '../gen/types/kubernetes/object-meta.ts'
export type { KubernetesObject, Metadata } from '../k8s.ts'
export type { PathSegment } from '../validate/check.ts'
export type { Finding, Severity, SourceRange } from '../validate/findings.ts'
export { accepted, type Validatable, type ValidateOptions, validate } from '../validate/validate.ts'
export type { ParsedDocument, ParsedObject, PositionOptions } from '../yaml/parse.ts'
