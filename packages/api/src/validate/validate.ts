import { errorMessage } from '@batten/core/errors'
import { partRules } from '../gen/rules/index.ts'
import { partChecks } from '../gen/validators/index.ts'
import { groupVersion, type KindInfo, type KubernetesObject, kindInfo, kinds, objectName } from '../k8s.ts'
import type { ParsedDocument, ParsedObject } from '../yaml/parse.ts'
import { celIssues } from './cel.ts'
import { below, type Fields, type Issue, type Issues, isFields, type PathSegment, rooted } from './check.ts'
import { type Finding, findingOf, pathText, type RawFinding, type Severity } from './findings.ts'
import { described, jsonProblem } from './json-value.ts'
import { metadataFindings } from './metadata.ts'
import { isUnchanged } from './ratchet.ts'
import type { RuleNode } from './rule-node.ts'
import { ruleFindings } from './rules/index.ts'

/** Options of {@link validate}. */
export interface ValidateOptions {
  /**
   * What unknown and duplicate fields mean, as in the API of Kubernetes: `Strict` refuses them, `Warn` warns,
   * `Ignore` says nothing.
   *
   * @defaultValue `Strict`
   */
  readonly fieldValidation?: 'Strict' | 'Warn' | 'Ignore'
  /**
   * What is done with the object. On `create` the API server drops the status, so that only unknown fields of it
   * matter; on `status` the status is what is written.
   *
   * @defaultValue `create`
   */
  readonly operation?: 'create' | 'update' | 'status'
  /**
   * What the object was before an update: transition rules (`oldSelf`) of the CRD compare the two, and what breaks the
   * schema or another rule of it may stay as it was.
   *
   * @example
   * validate(next, { operation: 'update', old: current })
   */
  readonly old?: KubernetesObject
  /** Layers to run. @defaultValue all */
  readonly layers?: readonly Finding['layer'][]
  /** Refuses kinds of other groups that this package does not know. @defaultValue false */
  readonly knownKindsOnly?: boolean
}

/** What can be validated. */
export type Validatable = ParsedDocument | ParsedObject | KubernetesObject

/**
 * Says what the API server and Istio's webhook would say about an object: all findings at once.
 *
 * No finding of severity `error` means that the object is accepted.
 *
 * @example
 * const { documents } = fromYaml(text, { file: 'reviews.yaml' })
 * for (const finding of validate(documents)) console.log(finding.file, finding.range?.line, finding.message)
 */
export function validate(
  input: Validatable | readonly Validatable[],
  options: ValidateOptions = {},
): Finding[] {
  return isList(input) ? input.flatMap((one) => findingsOf(one, options)) : findingsOf(input, options)
}

/** Whether findings leave an object accepted. */
export function accepted(findings: readonly Finding[]): boolean {
  return findings.every(({ severity }) => severity !== 'error')
}

/** Values of JavaScript may be anything: whatever cannot be judged becomes a finding. */
function findingsOf(input: Validatable, options: ValidateOptions): Finding[] {
  try {
    if (isDocument(input)) {
      return [...input.findings, ...input.objects.flatMap((parsed) => findingsOf(parsed, options))]
    }
    const parsed = isParsed(input) ? input : undefined
    const object = parsed?.object ?? (input as KubernetesObject)
    const items = itemsOf(object)
    if (items !== undefined) return itemFindings(items, options)
    return bounded(objectFindings(object, options)).map((raw) => finished(raw, object, parsed))
  } catch (thrown) {
    const { path, message } = jsonProblem(input) ?? { path: [], message: errorMessage(thrown) }
    return [{ code: 'YAML_VALUE', severity: 'error', layer: 'schema', path: pathText(path), message }]
  }
}

/** Findings of one object that are shown. A few aliases make a hundred thousand of one mistake. */
const MAX_FINDINGS = 1000

/** The verdict stays what it is: errors come first when not all are shown. */
function bounded(findings: RawFinding[]): RawFinding[] {
  if (findings.length <= MAX_FINDINGS) return findings
  const shown = findings
    .toSorted((a, b) => Number(a.severity !== 'error') - Number(b.severity !== 'error'))
    .slice(0, MAX_FINDINGS)
  const message = `${findings.length - MAX_FINDINGS} more findings are not shown`
  return [...shown, { code: 'TOO_MANY_FINDINGS', severity: 'warning', layer: 'schema', path: [], message }]
}

/** Items of a `List`, or of the list of one kind, whose items carry no type when the API server prints them. */
function itemsOf(object: unknown): unknown[] | undefined {
  if (!isFields(object)) return undefined
  const { apiVersion, kind, items } = object
  if (typeof apiVersion !== 'string' || typeof kind !== 'string' || !kind.endsWith('List')) return undefined
  if (!Array.isArray(items)) return undefined
  if (kind === 'List') return items
  const type = { apiVersion, kind: kind.slice(0, -4) }
  if (kindInfo(type) === undefined) return undefined
  return items.map((item: unknown) => (isFields(item) ? { ...type, ...item } : item))
}

function itemFindings(items: readonly unknown[], options: ValidateOptions): Finding[] {
  return items.flatMap((item, i) =>
    findingsOf(item as Validatable, options).map((finding) => ({
      ...finding,
      path: `items[${i}]${finding.path === '' ? '' : `.${finding.path}`}`,
    })),
  )
}

function isList(input: Validatable | readonly Validatable[]): input is readonly Validatable[] {
  return Array.isArray(input)
}

function isDocument(input: Validatable): input is ParsedDocument {
  return isReader(input) && 'objects' in input && Array.isArray(input.objects)
}

function isParsed(input: Validatable): input is ParsedObject {
  return isReader(input) && 'object' in input
}

/** Objects of Kubernetes are data; only what was read from a text can tell where it stands. */
function isReader(input: Validatable): boolean {
  return isFields(input) && typeof (input as { readonly position?: unknown }).position === 'function'
}

function finished(raw: RawFinding, object: KubernetesObject, parsed: ParsedObject | undefined): Finding {
  const { atKey, path, ...rest } = raw
  const range = parsed?.position(path, { at: atKey === true ? 'key' : 'value' })
  return {
    ...rest,
    path: pathText(path),
    ...(isFields(object) && isFields(object.metadata) ? { object: objectName(object) } : {}),
    ...(parsed?.file === undefined ? {} : { file: parsed.file }),
    ...(range === undefined ? {} : { range }),
  }
}

function objectFindings(object: KubernetesObject, options: ValidateOptions): RawFinding[] {
  const layers = options.layers
  const wants = (layer: Finding['layer']): boolean => layers === undefined || layers.includes(layer)
  const head = typeFindings(object)
  if (head.length > 0) return head
  const info = kindInfo(object)
  const { group, version } = groupVersion(object.apiVersion)
  if (info === undefined) {
    return options.knownKindsOnly === true || COMPLETE_GROUPS.has(group) ? [unknownKind(object)] : []
  }
  if (!info.versions.includes(version)) return [unknownKind(object)]
  const schema = withoutKept(schemaFindings(object, info, options), object, info, options)
  const cel = wants('cel') ? celFindings(object, info, options, schema) : []
  const found = [...schema, ...cel]
  const rules = wants('rules') ? webhookFindings(object, info, found) : []
  return [...(wants('schema') ? schema : []), ...cel, ...rules]
}

/** Without what an update keeps from before. Istio's webhook reads the whole object, so types must be right all the same. */
function withoutKept(
  found: RawFinding[],
  object: KubernetesObject,
  info: KindInfo,
  { old }: ValidateOptions,
): RawFinding[] {
  if (!isFields(old) || info.origin === 'kubernetes' || info.origin === 'document') return found
  const node: RuleNode = { fields: partRules[`${info.group}/${info.kind}`] ?? {} }
  return found.filter(({ code, path }) => {
    if (path.length < 2 || path[0] === 'metadata' || code === 'SCHEMA_UNKNOWN_FIELD') return true
    if (info.origin === 'istio' && BREAKS_SHAPE.includes(code)) return true
    return !isUnchanged(path, object, old, node)
  })
}

/** Groups all of whose kinds this package knows. */
const COMPLETE_GROUPS = new Set(
  kinds.filter(({ origin }) => origin === 'istio' || origin === 'document').map(({ group }) => group),
)

function typeFindings(object: unknown): RawFinding[] {
  if (!isFields(object)) {
    return [error('YAML_NOT_AN_OBJECT', `expected an object of Kubernetes, found ${described(object)}`)]
  }
  const out: RawFinding[] = []
  for (const name of ['apiVersion', 'kind']) {
    const value = object[name]
    if (typeof value === 'string' && value !== '') continue
    const shown = name === 'kind' ? 'Kind' : name
    out.push(
      value === undefined || value === null || value === ''
        ? error('SCHEMA_REQUIRED', `Object '${shown}' is missing`)
        : error('SCHEMA_TYPE', `${name}: must be a string`),
    )
  }
  return out
}

function unknownKind(object: KubernetesObject): RawFinding {
  const info = kindInfo(object)
  const hint = info === undefined ? undefined : `served versions are ${info.versions.join(', ')}`
  return {
    ...error('SCHEMA_UNKNOWN_KIND', `no matches for kind "${object.kind}" in version "${object.apiVersion}"`),
    path: ['apiVersion'],
    ...(hint === undefined ? {} : { hint }),
  }
}

function error(code: RawFinding['code'], message: string): RawFinding {
  return { code, severity: 'error', layer: 'schema', path: [], message }
}

function schemaFindings(object: KubernetesObject, info: KindInfo, options: ValidateOptions): RawFinding[] {
  const fields = object as unknown as Fields
  const checks = partChecks[`${info.group}/${info.kind}`] ?? {}
  const unknown: Severity | undefined =
    options.fieldValidation === 'Ignore'
      ? undefined
      : options.fieldValidation === 'Warn'
        ? 'warning'
        : 'error'
  let issues: Issues
  for (const key in fields) {
    const value = fields[key]
    if (value === undefined || key === 'apiVersion' || key === 'kind' || key === 'metadata') continue
    const check = Object.hasOwn(checks, key) ? checks[key] : undefined
    if (check === undefined) {
      if (info.origin !== 'kubernetes') issues = below(issues, key, [{ path: [], kind: 'unknown' }])
    } else if (value !== null) {
      let found = check(value)
      // The API server drops the status before it looks at types, but after it decoded the object strictly.
      if (key === 'status' && (options.operation ?? 'create') !== 'status') {
        found = found?.flatMap(unknownFields)
      }
      issues = below(issues, key, found)
    }
  }
  for (const key of info.required) {
    if (fields[key] === undefined || fields[key] === null)
      issues = below(issues, key, [{ path: [], kind: 'required' }])
  }
  // What only tools read needs no name.
  const out = info.origin === 'document' ? [] : metadataFindings(object.metadata, info, unknown)
  for (const issue of rooted(issues)) {
    if (issue.kind !== 'unknown') out.push(findingOf(issue))
    else if (unknown !== undefined) out.push(findingOf(issue, unknown))
  }
  return out
}

function celFindings(
  object: KubernetesObject,
  info: KindInfo,
  options: ValidateOptions,
  schema: readonly RawFinding[],
): RawFinding[] {
  const nodes = partRules[`${info.group}/${info.kind}`]
  if (nodes === undefined) return []
  const fields = object as unknown as Fields
  const old = options.old as unknown as Fields | undefined
  // A field that does not exist is pruned before rules run.
  const broken = schema.filter(({ code }) => code !== 'SCHEMA_UNKNOWN_FIELD').map(({ path }) => path)
  return Object.entries(nodes).flatMap(([part, node]) => {
    if (part === 'status' && options.operation !== 'status') return []
    return celIssues(fields[part], node, [part], { broken, old: old?.[part] }).map((one) => findingOf(one))
  })
}

/** What strict decoding reports of an issue: fields of a map that stands where a scalar should are unknown as well. */
function unknownFields(issue: Issue): Issue[] {
  if (issue.kind === 'unknown') return [issue]
  // The status itself keeps what it does not know.
  if (issue.path.length === 0) return []
  return issue.kind === 'type'
    ? keysBelow(issue.value).map((path) => ({ path: [...path.toReversed(), ...issue.path], kind: 'unknown' }))
    : []
}

function keysBelow(value: unknown): PathSegment[][] {
  if (Array.isArray(value))
    return value.flatMap((item: unknown, i) => keysBelow(item).map((path) => [i, ...path]))
  return isFields(value) ? Object.keys(value).map((key) => [key]) : []
}

/** Codes after which the object does not have the shape that the rules of the webhook expect. */
const BREAKS_SHAPE = ['SCHEMA_TYPE', 'SCHEMA_ENUM', 'SCHEMA_METADATA']

/** The webhook's rules, without those that only repeat what the schema said about the same field. */
function webhookFindings(
  object: KubernetesObject,
  info: KindInfo,
  before: readonly RawFinding[],
): RawFinding[] {
  if (info.origin !== 'istio' || !isFields(object.metadata)) return []
  if (before.some(({ code }) => BREAKS_SHAPE.includes(code))) return []
  const reported = new Set(
    before.filter(({ severity }) => severity === 'error').map(({ path }) => pathText(path)),
  )
  return ruleFindings(object, `${info.group}/${info.kind}`).filter(
    ({ path }) => !reported.has(pathText(path)),
  )
}
