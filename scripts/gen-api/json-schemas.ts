import { type DocumentSchema, documents } from '../../packages/api/src/schema/catalog.ts'
import type { KindSchema } from '../../packages/api/src/schema/kind.ts'
import { META } from '../../packages/api/src/schema/node.ts'
import { parseDocuments } from '../../packages/api/src/yaml/parse.ts'
import { isNamed, type Model, metaOf, type Named, type Node } from './collect.ts'

type Json = { [key: string]: unknown }

/** JSON Schema (2020-12), one file for each kind and each file of settings; editors and other tools read them. */
export function generateJsonSchemas(model: Model): Map<string, string> {
  const files = new Map<string, string>()
  const add = (name: string, schema: Json): void => {
    files.set(`json-schema/${name}.json`, `${JSON.stringify(schema, null, 2)}\n`)
  }
  for (const { kind, module } of model.kinds) {
    if (kind.origin === 'kubernetes') continue
    add(`${kind.group === '' ? 'core' : kind.group}_${kind.plural}`, kindSchema(model, kind, module))
  }
  for (const document of documents) add(document.name, documentSchema(model, document))
  return files
}

const DIALECT = 'https://json-schema.org/draft/2020-12/schema'

function kindSchema(model: Model, kind: KindSchema, module: string): Json {
  const writer = new SchemaWriter(model)
  const versions = kind.versions.map((version) => (kind.group === '' ? version : `${kind.group}/${version}`))
  const parts = Object.entries(kind.parts).map(([name, part]) => [
    name,
    writer.use(part as unknown as Node, module),
  ])
  return {
    $schema: DIALECT,
    title: kind.kind,
    description: kind.description,
    ...(kind.example === undefined ? {} : { examples: [parseDocuments(kind.example)[0]?.value] }),
    type: 'object',
    properties: {
      apiVersion: { type: 'string', enum: versions, description: 'Group and version.' },
      kind: { type: 'string', const: kind.kind, description: 'Name of the kind.' },
      metadata: { type: 'object', description: 'Name, namespace, labels and annotations.' },
      ...(Object.fromEntries(parts) as Json),
    },
    required: ['apiVersion', 'kind', 'metadata', ...(kind.required ?? [])],
    additionalProperties: false,
    $defs: writer.definitions,
  }
}

function documentSchema(model: Model, { name, module }: DocumentSchema): Json {
  const named = model.modules.find(({ path }) => path === module)!.named.find((one) => one.name === name)!
  const writer = new SchemaWriter(model)
  const { description, examples, ...rest } = writer.node(named.node, module)
  return {
    $schema: DIALECT,
    title: name,
    description,
    ...(examples === undefined ? {} : { examples }),
    ...rest,
    $defs: writer.definitions,
  }
}

class SchemaWriter {
  readonly definitions: Json = {}
  private readonly written = new Map<string, Named>()
  private readonly model: Model

  constructor(model: Model) {
    this.model = model
  }

  /** A use of a node: a reference for named ones. */
  use(node: Node, from: string): Json {
    if (!isNamed(node)) return this.node(node, from)
    const named = this.model.named(node, from)
    const before = this.written.get(named.name)
    if (before === undefined) {
      this.written.set(named.name, named)
      this.definitions[named.name] = {}
      this.definitions[named.name] = this.node(named.node, named.module)
    } else if (before !== named) throw new Error(`two messages ${named.name} meet in one schema`)
    const use: Json = { $ref: `#/$defs/${named.name}` }
    if (node.description !== undefined && node.description !== named.node.description)
      use['description'] = sentence(node.description, node)
    return use
  }

  /** The schema of a node itself. */
  node(node: Node, from: string): Json {
    const out: Json = {}
    for (const [key, value] of Object.entries(node)) {
      if (key === META || key.startsWith('x-kubernetes-') || key === 'nullable') continue
      if (key === 'description') {
        if (value !== '') out[key] = sentence(value as string, node)
      } else if (key === 'properties') {
        const properties = Object.entries(value as Record<string, Node>)
        out[key] = Object.fromEntries(properties.map(([name, child]) => [name, this.use(child, from)]))
        if (node['x-kubernetes-preserve-unknown-fields'] !== true) out['additionalProperties'] = false
      } else if (key === 'items' || key === 'additionalProperties') {
        out[key] = this.use(value as Node, from)
      } else if (key === 'type' && node.nullable === true) out[key] = [value, 'null']
      else out[key] = value
    }
    const { example, deprecated, values } = metaOf(node)
    if (values !== undefined) out['enumDescriptions'] = Object.values(values)
    if (deprecated !== undefined) out['deprecated'] = true
    if (example !== undefined)
      out['examples'] = [node.type === 'string' ? example : parseDocuments(example)[0]?.value]
    return out
  }
}

/** A description with what else is known: editors show nothing but the description. */
function sentence(description: string, node: Node): string {
  const { defaults, since, stage, deprecated } = metaOf(node)
  const facts = [
    description,
    defaults === undefined ? '' : `Default: ${defaults}.`,
    since === undefined ? '' : `Since Istio ${since}.`,
    stage === undefined ? '' : `Stage: ${stage}.`,
    deprecated === undefined ? '' : `Deprecated: ${deprecated}.`,
  ]
  return facts.filter((fact) => fact !== '').join(' ')
}
