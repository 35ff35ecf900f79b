import { BattenError } from '@batten/core/errors'
import type { KindInfo } from '../k8s.ts'
import { nearest } from './nearest.ts'

/** The parts of a JSON Schema that explanations read. */
export interface ExplainSchema {
  readonly description?: string
  readonly type?: string | readonly string[]
  readonly properties?: Readonly<Record<string, ExplainSchema>>
  readonly required?: readonly string[]
  readonly items?: ExplainSchema
  readonly additionalProperties?: ExplainSchema | boolean
  readonly enum?: readonly unknown[]
  readonly enumDescriptions?: readonly string[]
  readonly examples?: readonly unknown[]
  readonly anyOf?: readonly ExplainSchema[]
  readonly minimum?: number
  readonly maximum?: number
  readonly $ref?: string
  readonly $defs?: Readonly<Record<string, ExplainSchema>>
}

/** The parts of {@link KindInfo} that explanations print. */
export type ExplainedKind = Pick<KindInfo, 'kind' | 'group' | 'versions' | 'docs'>

/** What is known about a field, or about a kind as a whole. */
export interface Explanation {
  /** `VirtualService.spec.http.retries` */
  readonly path: string
  readonly kind: string
  readonly apiVersions: readonly string[]
  /** Type as messages name it: `string`, `[]HTTPRoute`, `map[string]string`. */
  readonly type: string
  readonly description: string
  readonly required: boolean
  /** Allowed values with their meanings. */
  readonly values: readonly { readonly value: string; readonly description: string }[]
  readonly examples: readonly unknown[]
  readonly fields: readonly {
    readonly name: string
    readonly type: string
    readonly description: string
    readonly required: boolean
  }[]
  /** Page that describes the kind. */
  readonly docs: string
}

/**
 * Explains a field of a kind by the JSON Schema of the kind.
 *
 * @param path Fields from the top, indices left out: `['spec', 'http', 'retries']`.
 * @throws BattenError `EXPLAIN_FIELD` when there is no such field; the hint names those that are like it.
 */
export function explainField(
  schema: ExplainSchema,
  info: ExplainedKind,
  path: readonly string[],
): Explanation {
  const explorer = new Explorer(schema)
  let node = explorer.resolve(schema)
  let required = false
  path.forEach((name, i) => {
    const holder = explorer.inner(node)
    const { properties = {} } = holder
    const next = Object.hasOwn(properties, name) ? properties[name] : valuesOf(holder)
    if (next === undefined) throw noField({ kind: info.kind, path: path.slice(0, i) }, name, holder, explorer)
    required = holder.required?.includes(name) === true
    node = explorer.resolve(next)
  })
  const inner = explorer.inner(node)
  return {
    path: [info.kind, ...path].join('.'),
    kind: info.kind,
    apiVersions: info.versions.map((version) => (info.group === '' ? version : `${info.group}/${version}`)),
    type: explorer.typeOf(node),
    description: node.description ?? '',
    required,
    values: (inner.enum ?? []).map((value, i) => ({
      value: String(value),
      description: inner.enumDescriptions?.[i] ?? '',
    })),
    examples: node.examples ?? [],
    fields: Object.entries(inner.properties ?? {}).map(([name, field]) => ({
      name,
      type: explorer.typeOf(explorer.resolve(field)),
      description: explorer.resolve(field).description ?? '',
      required: inner.required?.includes(name) === true,
    })),
    docs: info.docs,
  }
}

class Explorer {
  private readonly definitions: Readonly<Record<string, ExplainSchema>>

  constructor(root: ExplainSchema) {
    this.definitions = root.$defs ?? {}
  }

  /** A node with its definition; the description of the use wins. */
  resolve(node: ExplainSchema): ExplainSchema {
    if (node.$ref === undefined) return node
    const target = this.definitions[nameOf(node.$ref)]
    return target === undefined ? node : { ...target, ...node }
  }

  /** What lists and maps hold, else the node itself. */
  inner(node: ExplainSchema): ExplainSchema {
    if (node.items !== undefined) return this.inner(this.resolve(node.items))
    const values = node.properties === undefined ? valuesOf(node) : undefined
    return values === undefined ? node : this.inner(this.resolve(values))
  }

  /** Paths of the nearest fields of a name below a node, three at most. */
  pathsTo(name: string, start: ExplainSchema): string[] {
    const wanted = name.toLowerCase()
    const seen = new Set<ExplainSchema>()
    let level = [{ path: '', node: start }]
    while (level.length > 0) {
      const next: typeof level = []
      for (const { path, node } of level) {
        const { properties = {} } = node
        for (const [key, field] of Object.entries(properties)) {
          const definition = this.target(field)
          if (seen.has(definition)) continue
          seen.add(definition)
          next.push({ path: path === '' ? key : `${path}.${key}`, node: this.inner(this.resolve(field)) })
        }
      }
      const found = next.flatMap(({ path, node }) =>
        Object.keys(node.properties ?? {})
          .filter((key) => key.toLowerCase() === wanted)
          .map((key) => `${path}.${key}`),
      )
      if (found.length > 0) return found.slice(0, 3)
      level = next
    }
    return []
  }

  /** What is the same for all uses of a definition. */
  private target(node: ExplainSchema): ExplainSchema {
    if (node.items !== undefined) return this.target(node.items)
    return node.$ref === undefined ? node : (this.definitions[nameOf(node.$ref)] ?? node)
  }

  typeOf(node: ExplainSchema): string {
    if (node.$ref !== undefined) return nameOf(node.$ref)
    if (node.items !== undefined) return `[]${this.typeOf(this.resolve(node.items))}`
    const values = node.properties === undefined ? valuesOf(node) : undefined
    if (values !== undefined) return `map[string]${this.typeOf(this.resolve(values))}`
    if (node.anyOf !== undefined && node.type === undefined)
      return node.anyOf.map((one) => this.typeOf(one)).join(' or ')
    if (typeof node.type === 'string') return node.type
    return node.type?.[0] ?? 'any'
  }
}

function valuesOf(node: ExplainSchema): ExplainSchema | undefined {
  return typeof node.additionalProperties === 'object' ? node.additionalProperties : undefined
}

function nameOf(ref: string): string {
  return ref.slice(ref.lastIndexOf('/') + 1)
}

function noField(place: Place, name: string, holder: ExplainSchema, explorer: Explorer): BattenError {
  const at = [place.kind, ...place.path].join('.')
  const known = Object.keys(holder.properties ?? {})
  const near = nearest(name, known).slice(0, 3)
  // Often a level was left out: the field is looked for further down.
  const below = near.length > 0 ? [] : explorer.pathsTo(name, holder)
  const meant = [...near, ...below].map((one) => `${at}.${one}`)
  const hint =
    meant.length > 0
      ? `did you mean ${meant.join(' or ')}?`
      : place.path.join('.') === 'metadata'
        ? 'metadata is that of every object of Kubernetes: kubectl explain pod.metadata'
        : known.length === 0
          ? `${at} has no fields`
          : `its fields are ${known.join(', ')}`
  return new BattenError('EXPLAIN_FIELD', { message: `${at} has no field "${name}"`, hint })
}

interface Place {
  readonly kind: string
  readonly path: readonly string[]
}
