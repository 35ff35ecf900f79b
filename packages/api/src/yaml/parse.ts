import type { KubernetesObject } from '../k8s.ts'
import { isFields, type PathSegment } from '../validate/check.ts'
import type { Finding, SourceRange } from '../validate/findings.ts'
import { DEFAULT_LIMITS, type Limits } from './limits.ts'
import { type Problem, TreeSlot, YamlReader } from './reader.ts'
import { splitDocuments } from './split.ts'

export type { Limits } from './limits.ts'

/** Options of {@link fromYaml}. */
export interface ParseOptions {
  /** Name of the file, for findings. */
  readonly file?: string
  /** Limits that protect against hostile text. */
  readonly limits?: Partial<Limits>
}

/** Options of {@link ParsedObject.position}. */
export interface PositionOptions {
  /** The key of a field or its value. @defaultValue `value` */
  readonly at?: 'key' | 'value'
}

/** An object that was read from a text, and where it stands. */
export interface ParsedObject<T extends KubernetesObject = KubernetesObject> {
  readonly object: T
  readonly file: string | undefined
  /** Number of the document in the text, from 0; empty documents do not count. */
  readonly index: number
  /**
   * Where a field stands: `spec.http[0].route` or its segments. The nearest part that is there, when the field is not.
   */
  position(path: string | readonly PathSegment[], options?: PositionOptions): SourceRange
  /** The comment right before the object, or undefined. */
  readonly comment: string | undefined
}

/** One document of a text: the objects in it (several for a `List`) or what is wrong with it. */
export interface ParsedDocument {
  readonly index: number
  readonly file: string | undefined
  readonly objects: readonly ParsedObject[]
  readonly findings: readonly Finding[]
  /** What the document says, also when it is no object; undefined when it could not be read. */
  readonly value: unknown
  /** Place of the document in the text. */
  readonly range: SourceRange
  /** Where a part of {@link value} stands. */
  position(path: string | readonly PathSegment[], options?: PositionOptions): SourceRange
  /** The comment before what stands at a path; without one, before the document's content. */
  comment(path?: readonly PathSegment[]): string | undefined
}

/** What {@link fromYaml} found. */
export interface ParseResult {
  readonly documents: readonly ParsedDocument[]
  /** Objects of all documents that could be read. */
  readonly objects: readonly ParsedObject[]
  /** What is wrong with documents that could not be read. */
  readonly findings: readonly Finding[]
}

/**
 * Reads YAML or JSON as Kubernetes does: documents between `---` lines, scalars of YAML 1.1, duplicate keys refused.
 *
 * Never throws for what is in the text. A document that cannot be read becomes a finding with line and column and does
 * not keep the others from being read.
 *
 * @example
 * const { objects, findings } = fromYaml(readFileSync('reviews.yaml', 'utf8'), { file: 'reviews.yaml' })
 */
export function fromYaml(text: string, options: ParseOptions = {}): ParseResult {
  const documents = parseDocuments(text, options).map((document) => withObjects(document))
  return {
    documents,
    objects: documents.flatMap(({ objects }) => objects),
    findings: documents.flatMap(({ findings }) => findings),
  }
}

/** Reads documents of any shape, such as a MeshConfig; no object of Kubernetes is expected. */
export function parseDocuments(text: string, options: ParseOptions = {}): ParsedDocument[] {
  const limits = { ...DEFAULT_LIMITS, ...options.limits }
  const file = options.file
  const out: ParsedDocument[] = []
  const refused = (message: string): ParsedDocument[] => [
    failed(0, file, [{ code: 'YAML_TOO_LARGE', message, start: 0, end: 0 }], new YamlReader('', 1, limits)),
  ]
  if (text.length > limits.maxLength) {
    return refused(`the text has ${text.length} characters, the limit is ${limits.maxLength}`)
  }
  const chunks = splitDocuments(text, limits.maxDocuments)
  if (chunks.length > limits.maxDocuments)
    return refused(`the text has more than ${limits.maxDocuments} documents`)
  const slot = new TreeSlot()
  for (const { start, end, line } of chunks) {
    const reader = new YamlReader(text.slice(start, end), line, limits, slot)
    const { value, problems, isEmpty } = reader.read()
    if (problems.length > 0) out.push(failed(out.length, file, problems, reader))
    else if (!isEmpty) out.push(document(out.length, file, value, reader))
  }
  return out
}

function document(
  index: number,
  file: string | undefined,
  value: unknown,
  reader: YamlReader,
): ParsedDocument {
  return {
    index,
    file,
    value,
    objects: [],
    findings: [],
    range: reader.whole(),
    position: (path, options) => reader.position(path, options?.at ?? 'value'),
    comment: (path) => reader.comment(path),
  }
}

function failed(
  index: number,
  file: string | undefined,
  problems: readonly Problem[],
  reader: YamlReader,
): ParsedDocument {
  const findings = problems.map(
    (problem): Finding => ({
      code: problem.code,
      severity: 'error',
      layer: 'schema',
      path: problem.path ?? '',
      message: problem.message,
      ...(problem.hint === undefined ? {} : { hint: problem.hint }),
      ...(file === undefined ? {} : { file }),
      range: reader.range(problem.start, problem.end),
    }),
  )
  return { ...document(index, file, undefined, reader), findings }
}

function withObjects(document: ParsedDocument): ParsedDocument {
  if (document.findings.length > 0) return document
  const { value, file, index } = document
  if (!isFields(value) || typeof value['kind'] !== 'string' || typeof value['apiVersion'] !== 'string') {
    return { ...document, findings: [notAnObject(document)] }
  }
  const { kind, apiVersion, items } = value
  if (
    kind.endsWith('List') &&
    Array.isArray(items) &&
    (kind === 'List' || apiVersion.includes('/') || apiVersion === 'v1')
  ) {
    const objects: ParsedObject[] = []
    const findings: Finding[] = []
    items.forEach((item: unknown, i) => {
      const position: ParsedObject['position'] = (path, options) =>
        document.position(typeof path === 'string' ? joined(i, path) : ['items', i, ...path], options)
      // Items of a typed list carry no type of their own when the API server prints them.
      const typed =
        isFields(item) && kind !== 'List' && item['kind'] === undefined
          ? { apiVersion, kind: kind.slice(0, -4), ...item }
          : item
      if (isFields(typed) && typeof typed['kind'] === 'string' && typeof typed['apiVersion'] === 'string') {
        objects.push({
          object: typed as unknown as KubernetesObject,
          file,
          index,
          position,
          get comment() {
            return document.comment(['items', i])
          },
        })
      } else findings.push({ ...notAnObject(document), path: `items[${i}]`, range: position([]) })
    })
    return { ...document, objects, findings }
  }
  if (kind === 'List' && apiVersion === 'v1' && items !== undefined && items !== null) {
    const message = `the items of a List must be a list, not ${typeof items === 'object' ? 'a map' : `a ${typeof items}`}`
    const range = document.position(['items'])
    return { ...document, findings: [{ ...notAnObject(document), path: 'items', message, range }] }
  }
  const object: ParsedObject = {
    object: value as unknown as KubernetesObject,
    file,
    index,
    position: document.position,
    get comment() {
      return document.comment()
    },
  }
  return { ...document, objects: [object] }
}

function joined(index: number, path: string): string {
  return `items[${index}]${path === '' || path.startsWith('[') ? '' : '.'}${path}`
}

function notAnObject(document: ParsedDocument): Finding {
  const { value, file } = document
  const missing = isFields(value)
    ? ['apiVersion', 'kind'].filter((name) => typeof value[name] !== 'string').map((name) => `"${name}"`)
    : []
  const what = Array.isArray(value) ? 'a list' : value === null ? 'null' : typeof value
  return {
    code: 'YAML_NOT_AN_OBJECT',
    severity: 'error',
    layer: 'schema',
    path: '',
    message: isFields(value)
      ? `the document is no object of Kubernetes: ${missing.join(' and ')} missing`
      : `the document is no object of Kubernetes but ${what}`,
    ...(file === undefined ? {} : { file }),
    range: document.position([]),
  }
}
