import { BattenError } from '@batten/core/errors'
import type { KindInfo } from '../k8s.ts'

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
export function explainField(schema: ExplainSchema, info: KindInfo, path: readonly string[]): Explanation {
  const explorer = new Explorer(schema)
  let node = explorer.resolve(schema)
  let required = false
  path.forEach((name, i) => {
    const holder = explorer.inner(node)
    const next = holder.properties?.[name] ?? valuesOf(holder)
    if (next === undefined) throw noField(info.kind, path.slice(0, i), name, holder)
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

function noField(kind: string, path: readonly string[], name: string, holder: ExplainSchema): BattenError {
  const at = [kind, ...path].join('.')
  const known = Object.keys(holder.properties ?? {})
  const near = known.filter((one) => similar(one, name))
  const hint =
    known.length === 0
      ? `${at} has no fields`
      : near.length > 0
        ? `did you mean ${near.map((one) => `${at}.${one}`).join(' or ')}?`
        : `its fields are ${known.join(', ')}`
  return new BattenError('EXPLAIN_FIELD', { message: `${at} has no field "${name}"`, hint })
}

/** Whether one name is likely a slip for the other. */
function similar(a: string, b: string): boolean {
  const [one, two] = [a.toLowerCase(), b.toLowerCase()]
  if (one.startsWith(two) || two.startsWith(one)) return true
  return distance(one, two) <= Math.max(1, Math.floor(one.length / 4))
}

/** How many letters must be changed, added or taken away. */
function distance(a: string, b: string): number {
  let row = [...Array(b.length + 1).keys()]
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(change, row[j]! + 1, next[j - 1]! + 1))
    }
    row = next
  }
  return row[b.length]!
}
