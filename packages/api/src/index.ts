/**
 * Istio configuration as typed TypeScript.
 *
 * The main entry has the types and builders of all groups, and printing. Reading YAML (`@batten/api/yaml`) and
 * validation (`@batten/api/validate`) are entries of their own, so that a program which only builds objects loads
 * neither.
 */

export type { New, ObjectOptions, OptionsOf } from './builders/object.ts'
export { CODES, type Code } from './errors.ts'
export type * from './gen/types/meta/index.ts'
export * from './groups/extensions.ts'
export * from './groups/kubernetes.ts'
export * from './groups/networking.ts'
export * from './groups/security.ts'
export * from './groups/telemetry.ts'
export {
  findKind,
  groupVersion,
  isKindOf,
  type KindInfo,
  type KubernetesObject,
  kindInfo,
  kinds,
  type Metadata,
  objectName,
} from './k8s.ts'
export type { PathSegment } from './validate/check.ts'
export type { Finding, Severity, SourceRange } from './validate/findings.ts'
export type { ParsedDocument, ParsedObject, ParseResult, PositionOptions } from './yaml/parse.ts'
export { type PrintOptions, toYaml } from './yaml/print.ts'
