/** Validation of objects: schema, CEL rules and the rules of Istio's webhook. */
export { CODES, type Code } from '../errors.ts'
export type { Finding, Severity, SourceRange } from '../validate/findings.ts'
export { accepted, type Validatable, type ValidateOptions, validate } from '../validate/validate.ts'
