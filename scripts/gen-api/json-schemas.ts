import type { KindSchema } from '../../packages/api/src/schema/kind.ts'
import { META } from '../../packages/api/src/schema/node.ts'
import { parseDocuments } from '../../packages/api/src/yaml/parse.ts'
import { isNamed, type Model, metaOf, type Node } from './collect.ts'

type Json = { [key: string]: unknown }

/** JSON Schema (2020-12), one file for each kind; editors and other tools read them. */
export function generateJsonSchemas(model: Model): Map<string, string> {
  const files = new Map<string, string>()
  for (const { kind, module } of model.kinds) {
    if (kind.origin === 'kubernetes') continue
    const group = kind.group === '' ? 'core' : kind.group
    files.set(
      `json-schema/${group}_${kind.plural}.json`,
      `${JSON.stringify(schemaOf(model, kind, module), null, 2)}\n`,
    )
  }
  return files
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

function schemaOf(model: Model, kind: KindSchema, module: string): Json {
  const definitions: Json = {}
  const convert = (node: Node, from: string): Json => {
    if (!isNamed(node)) return plain(node, from)
    const named = model.named(node, from)
    if (!(named.name in definitions)) {
      definitions[named.name] = {}
      definitions[named.name] = plain(named.node, named.module)
    }
    const use: Json = { $ref: `#/$defs/${named.name}` }
    if (node.description !== undefined && node.description !== named.node.description)
      use['description'] = sentence(node.description, node)
    return use
  }
  const plain = (node: Node, from: string): Json => {
    const out: Json = {}
    for (const [key, value] of Object.entries(node)) {
      if (key === META || key.startsWith('x-kubernetes-') || key === 'nullable') continue
      if (key === 'description' && value === '') continue
      if (key === 'description') {
        out[key] = sentence(value as string, node)
        continue
      }
      if (key === 'properties') {
        const properties = Object.entries(value as Record<string, Node>)
        out[key] = Object.fromEntries(properties.map(([name, child]) => [name, convert(child, from)]))
        if (node['x-kubernetes-preserve-unknown-fields'] !== true) out['additionalProperties'] = false
      } else if (key === 'items' || key === 'additionalProperties') {
        out[key] = convert(value as Node, from)
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
  const versions = kind.versions.map((version) => (kind.group === '' ? version : `${kind.group}/${version}`))
  const parts = Object.entries(kind.parts).map(([name, part]) => [
    name,
    convert(part as unknown as Node, module),
  ])
  const root: Json = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: kind.kind,
    description: kind.description,
    ...(kind.example === undefined ? {} : { examples: [parseDocuments(kind.example)[0]?.value] }),
    type: 'object',
    properties: {
      ...(kind.origin === 'document'
        ? {}
        : {
            apiVersion: { type: 'string', enum: versions, description: 'Group and version.' },
            kind: { type: 'string', const: kind.kind, description: 'Name of the kind.' },
            metadata: { type: 'object', description: 'Name, namespace, labels and annotations.' },
          }),
      ...(Object.fromEntries(parts) as Json),
    },
    required: [
      ...(kind.origin === 'document' ? [] : ['apiVersion', 'kind', 'metadata']),
      ...(kind.required ?? []),
    ],
    additionalProperties: false,
    $defs: definitions,
  }
  return root
}
