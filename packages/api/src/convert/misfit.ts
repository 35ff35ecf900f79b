import { partChecks } from '../gen/validators/index.ts'
import type { KindInfo, KubernetesObject } from '../k8s.ts'
import { isFields } from '../validate/check.ts'
import { validate } from '../validate/validate.ts'

/**
 * Why an object has not the type of its kind; undefined when it has. Schema and types are made from one source, so that
 * what the schema takes the compiler takes as well, apart from what is looked at here.
 */
export function misfit(value: KubernetesObject, info: KindInfo): string | undefined {
  const finding = validate(value, { layers: ['schema'], operation: 'status' }).find(
    ({ severity, code, path }) => severity === 'error' && SHAPES.includes(code) && path !== 'metadata.name',
  )
  if (finding !== undefined) return `${value.kind}: ${finding.message}`
  if (value.spec === undefined && (info.origin === 'istio' || info.origin === 'gateway-api'))
    return `${value.kind}: spec: missing`
  const part = Object.keys(value).find((key) => !PARTS.includes(key) && !hasPart(info, key))
  if (part !== undefined) return `${value.kind}: unknown field ${JSON.stringify(part)}`
  const path = misplaced(value, value.kind, [])
  return path === undefined ? undefined : `${value.kind}: ${path}`
}

/** Parts of every object. */
const PARTS: readonly string[] = ['apiVersion', 'kind', 'metadata']

/** Parts of objects of Kubernetes itself may be missing here, which the schema takes and the type does not. */
function hasPart(info: KindInfo, key: string): boolean {
  return Object.hasOwn(partChecks[`${info.group}/${info.kind}`] ?? {}, key)
}

/** Codes of findings that the compiler has as well. */
const SHAPES: readonly string[] = [
  'SCHEMA_REQUIRED',
  'SCHEMA_TYPE',
  'SCHEMA_ENUM',
  'SCHEMA_ONE_OF',
  'SCHEMA_UNKNOWN_FIELD',
]

/** Fields of which a type asks for one, where the schema takes none as well. */
const MUST_BE_SET: Readonly<Record<string, readonly string[]>> = {
  'VirtualService.spec.http.*.fault.delay': ['fixedDelay', 'exponentialDelay'],
  'VirtualService.spec.http.*.fault.abort': ['httpStatus', 'grpcStatus', 'http2Error'],
  'VirtualService.spec.http.*.directResponse.body': ['string', 'bytes'],
  'TrafficExtension.spec': ['wasm', 'lua'],
  'WorkloadGroup.spec.probe': ['httpGet', 'tcpSocket', 'exec', 'grpc'],
  'Telemetry.spec.tracing.*.customTags.*': ['literal', 'environment', 'header', 'formatter'],
}

/** The first place with a null, which types do not have, or without a field that its type asks for. */
function misplaced(value: unknown, pattern: string, path: readonly string[]): string | undefined {
  const shown = path.join('.').replaceAll(/\.(?=\[)/g, '')
  if (value === null) return NULLABLE.test(shown) ? undefined : `${shown}: null, which the API server drops`
  if (typeof value !== 'object') return undefined
  const fields = MUST_BE_SET[pattern] ?? MUST_BE_SET[pattern.replace(/[^.]+$/, '*')]
  if (fields !== undefined && isFields(value) && !fields.some((field) => field in value))
    return `${shown}: one of ${fields.join(', ')} is missing`
  for (const [key, field] of Object.entries(value)) {
    const isList = Array.isArray(value)
    const found = misplaced(field, `${pattern}.${isList ? '*' : key}`, [...path, isList ? `[${key}]` : key])
    if (found !== undefined) return found
  }
  return undefined
}

const NULLABLE = /^metadata\.(?:creation|deletion)Timestamp$/
