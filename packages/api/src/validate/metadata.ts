import { ObjectMeta } from '../gen/validators/kubernetes.ts'
import type { KindInfo } from '../k8s.ts'
import { type Fields, hasFormat, isFields, type PathSegment, rooted } from './check.ts'
import { findingOf, type RawFinding, type Severity } from './findings.ts'

const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
const SUBDOMAIN_FORM =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
const DNS_1035 = /^[a-z]([-a-z0-9]*[a-z0-9])?$/
const KEY_NAME = /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/
const LABEL_VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/

/** All annotations of an object together, in bytes of keys and values. */
const MAX_ANNOTATIONS = 256 * 1024

/**
 * Checks what Kubernetes checks in the metadata of every object. `unknown` is how bad fields are that do not exist;
 * undefined says nothing of them.
 */
export function metadataFindings(
  metadata: unknown,
  info: KindInfo | undefined,
  unknown: Severity | undefined,
): RawFinding[] {
  if (metadata === undefined || metadata === null) return [nameRequired()]
  const issues = ObjectMeta.check(metadata)
  if (issues !== undefined) for (const one of issues) one.path.push('metadata')
  const out: RawFinding[] = []
  for (const one of rooted(issues)) {
    if (one.kind !== 'unknown') out.push(findingOf(one))
    else if (unknown !== undefined) out.push(findingOf(one, unknown))
  }
  if (!isFields(metadata)) return out
  return [
    ...out,
    ...nameFindings(metadata, info),
    ...labelFindings(metadata),
    ...annotationFindings(metadata),
    ...ownerFindings(metadata, unknown),
    ...managerFindings(metadata),
    ...finalizerFindings(metadata),
    ...timeFindings(metadata),
  ]
}

function nameRequired(): RawFinding {
  return invalid(['metadata', 'name'], 'Required value: name or generateName is required', 'SCHEMA_REQUIRED')
}

function nameFindings(metadata: Fields, info: KindInfo | undefined): RawFinding[] {
  const { name, generateName, namespace } = metadata
  const out: RawFinding[] = []
  if (typeof generateName === 'string' && generateName !== '') {
    // What the API server appends makes a dash at the end good.
    const problem = nameProblem(generateName.replace(/.-$/s, 'a'), info)
    if (problem !== undefined) {
      out.push(
        invalid(['metadata', 'generateName'], `Invalid value: ${JSON.stringify(generateName)}: ${problem}`),
      )
    }
  } else if (name === undefined || name === null || name === '') out.push(nameRequired())
  if (typeof name === 'string' && name !== '') {
    const problem = nameProblem(name, info)
    if (problem !== undefined)
      out.push(invalid(['metadata', 'name'], `Invalid value: ${JSON.stringify(name)}: ${problem}`))
  }
  if (typeof namespace === 'string' && namespace !== '') {
    if (info?.scope === 'Cluster') {
      out.push(invalid(['metadata', 'namespace'], 'Forbidden: not allowed on this type'))
    } else if (!LABEL.test(namespace) || namespace.length > 63) {
      out.push(
        invalid(
          ['metadata', 'namespace'],
          `Invalid value: ${JSON.stringify(namespace)}: ${labelProblem(namespace)}`,
        ),
      )
    }
  }
  return out
}

function nameProblem(name: string, info: KindInfo | undefined): string | undefined {
  if (info?.group === '' && info.kind === 'Service') {
    if (name.length > 63) return 'must be no more than 63 characters'
    if (DNS_1035.test(name)) return undefined
    return "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"
  }
  if (info?.group === '' && info.kind === 'Namespace') {
    return LABEL.test(name) && name.length <= 63 ? undefined : labelProblem(name)
  }
  if (name.length > 253) return 'must be no more than 253 characters'
  if (SUBDOMAIN.test(name)) return undefined
  return SUBDOMAIN_FORM
}

function labelProblem(text: string): string {
  if (text.length > 63) return 'must be no more than 63 characters'
  return "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
}

function labelFindings(metadata: Fields): RawFinding[] {
  if (!isFields(metadata['labels'])) return []
  const out: RawFinding[] = []
  for (const [key, value] of Object.entries(metadata['labels'])) {
    const problem = keyProblem(key)
    if (problem !== undefined)
      out.push(invalid(['metadata', 'labels'], `Invalid value: ${JSON.stringify(key)}: ${problem}`))
    if (typeof value === 'string' && (value.length > 63 || !LABEL_VALUE.test(value))) {
      const why =
        value.length > 63
          ? 'must be no more than 63 bytes'
          : "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
      out.push(
        invalid(
          ['metadata', 'labels', key],
          `Invalid value: ${JSON.stringify(value)}: ${why}`,
          undefined,
          'metadata.labels',
        ),
      )
    }
  }
  return out
}

function annotationFindings(metadata: Fields): RawFinding[] {
  if (!isFields(metadata['annotations'])) return []
  const out: RawFinding[] = []
  let size = 0
  for (const [key, value] of Object.entries(metadata['annotations'])) {
    // Annotation keys may be upper case in their prefix.
    const problem = keyProblem(key.toLowerCase())
    if (problem !== undefined) {
      out.push(invalid(['metadata', 'annotations'], `Invalid value: ${JSON.stringify(key)}: ${problem}`))
    }
    size += bytes(key) + (typeof value === 'string' ? bytes(value) : 0)
  }
  if (size > MAX_ANNOTATIONS) {
    out.push(invalid(['metadata', 'annotations'], `Too long: may not be more than ${MAX_ANNOTATIONS} bytes`))
  }
  return out
}

function bytes(text: string): number {
  return new TextEncoder().encode(text).length
}

const OWNER_FIELDS = ['apiVersion', 'kind', 'name', 'uid'] as const

/** Fields of an owner; what else stands there is dropped. */
const KNOWN_OWNER_FIELDS: readonly string[] = [...OWNER_FIELDS, 'controller', 'blockOwnerDeletion']

function ownerFindings(metadata: Fields, unknown: Severity | undefined): RawFinding[] {
  const owners: unknown = metadata['ownerReferences']
  if (!Array.isArray(owners)) return []
  const out: RawFinding[] = []
  let controller: string | undefined
  for (const [i, owner] of owners.entries()) {
    if (!isFields(owner)) continue
    const at = ['metadata', 'ownerReferences', i]
    const shown = `metadata.ownerReferences[${i}]`
    for (const field of OWNER_FIELDS) {
      const value = owner[field]
      // A field that is missing was reported as such.
      if (value !== '' && !(field === 'apiVersion' && typeof value === 'string' && value.endsWith('/')))
        continue
      const what = field === 'apiVersion' ? 'version must not be empty' : 'must not be empty'
      const message = `Invalid value: ${JSON.stringify(value)}: ${what}`
      out.push(invalid([...at, field], message, undefined, `${shown}.${field}`))
    }
    if (owner['apiVersion'] === 'v1' && owner['kind'] === 'Event') {
      const message = 'Invalid value: "object": /v1, Kind=Event is disallowed from being an owner'
      out.push(invalid(at, message, undefined, shown))
    }
    for (const key of Object.keys(owner)) {
      if (unknown === undefined || KNOWN_OWNER_FIELDS.includes(key)) continue
      out.push(findingOf({ path: [...at, key], kind: 'unknown' }, unknown))
    }
    if (owner['controller'] !== true) continue
    const name = String(owner['name'])
    if (controller !== undefined) {
      out.push(
        invalid(
          ['metadata', 'ownerReferences'],
          `Invalid value: "array": Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${name}`,
        ),
      )
    }
    controller ??= name
  }
  return out
}

/** Entries about the clients that own fields; clients seldom send any. */
function managerFindings(metadata: Fields): RawFinding[] {
  const entries: unknown = metadata['managedFields']
  if (!Array.isArray(entries)) return []
  const out: RawFinding[] = []
  const add = (i: number, field: string, message: string): void => {
    out.push(
      invalid(
        ['metadata', 'managedFields', i, field],
        message,
        undefined,
        `metadata.managedFields[${i}].${field}`,
      ),
    )
  }
  for (const [i, entry] of entries.entries()) {
    if (!isFields(entry)) continue
    const { operation, fieldsType } = entry
    if (operation === undefined || operation === null || operation === '')
      add(i, 'operation', 'Required value: must not be empty')
    else if (operation !== 'Apply' && operation !== 'Update')
      add(i, 'operation', `Invalid value: ${JSON.stringify(operation)}: must be \`Apply\` or \`Update\``)
    if (typeof fieldsType === 'string' && fieldsType !== '' && fieldsType !== 'FieldsV1')
      add(i, 'fieldsType', `Invalid value: ${JSON.stringify(fieldsType)}: must be \`FieldsV1\``)
  }
  return out
}

function finalizerFindings(metadata: Fields): RawFinding[] {
  const finalizers: unknown = metadata['finalizers']
  if (!Array.isArray(finalizers)) return []
  const out: RawFinding[] = []
  for (const finalizer of finalizers) {
    const problem = typeof finalizer === 'string' ? keyProblem(finalizer) : undefined
    if (problem !== undefined)
      out.push(invalid(['metadata', 'finalizers'], `Invalid value: ${JSON.stringify(finalizer)}: ${problem}`))
  }
  if (finalizers.includes('orphan') && finalizers.includes('foregroundDeletion')) {
    out.push(
      invalid(
        ['metadata', 'finalizers'],
        'Invalid value: "array": finalizer orphan and foregroundDeletion cannot be both set',
      ),
    )
  }
  return out
}

/** Times must be ones that Go reads; empty ones count as missing there. */
function timeFindings(metadata: Fields): RawFinding[] {
  return ['creationTimestamp', 'deletionTimestamp'].flatMap((field) => {
    const value = metadata[field]
    if (typeof value !== 'string' || hasFormat(value, 'date-time')) return []
    return [
      invalid(
        ['metadata', field],
        `Invalid value: ${JSON.stringify(value)}: metadata.${field} in body must be of type date-time: ${JSON.stringify(value)}`,
        'SCHEMA_FORMAT',
      ),
    ]
  })
}

/** What is wrong with a label or annotation key: an optional DNS prefix, a slash, and a name. */
export function keyProblem(key: string): string | undefined {
  const parts = key.split('/')
  const name = parts[parts.length - 1]!
  if (parts.length > 2) {
    return "a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
  }
  if (parts.length === 2) {
    const prefix = parts[0]!
    if (prefix === '') return 'prefix part must be non-empty'
    if (prefix.length > 253) return 'prefix part must be no more than 253 bytes'
    if (!SUBDOMAIN.test(prefix)) return `prefix part ${SUBDOMAIN_FORM}`
  }
  if (name === '') return 'name part must be non-empty'
  if (name.length > 63) return 'name part must be no more than 63 bytes'
  if (!KEY_NAME.test(name)) {
    return "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
  }
  return undefined
}

function invalid(
  path: PathSegment[],
  message: string,
  code: RawFinding['code'] = 'SCHEMA_METADATA',
  shown: string = path.join('.'),
): RawFinding {
  return { code, severity: 'error', layer: 'schema', path, message: `${shown}: ${message}` }
}
