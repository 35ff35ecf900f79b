/** Reading and printing YAML. */

export type { ObjectMeta } from '../gen/types/kubernetes/object-meta.ts'
export type { KubernetesObject, Metadata } from '../k8s.ts'
export type { PathSegment } from '../validate/check.ts'
export type { Finding, Severity, SourceRange } from '../validate/findings.ts'
export {
  fromYaml,
  type Limits,
  type ParsedDocument,
  type ParsedObject,
  type ParseOptions,
  type ParseResult,
  type PositionOptions,
  parseDocuments,
} from '../yaml/parse.ts'
export { type PrintOptions, toYaml } from '../yaml/print.ts'
