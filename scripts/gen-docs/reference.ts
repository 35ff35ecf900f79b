import { readFileSync } from 'node:fs'
import { type KindInfo, kinds } from '../../packages/api/src/k8s.ts'
import { toYaml } from '../../packages/api/src/yaml/print.ts'
import { anchor, cell, fenced, table } from './markdown.ts'

const SCHEMAS = new URL('../../packages/api/src/gen/json-schema/', import.meta.url)

/** The parts of a JSON Schema that pages show. */
interface Schema {
  readonly description?: string
  readonly type?: string | readonly string[]
  readonly format?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly additionalProperties?: Schema | boolean
  readonly enum?: readonly unknown[]
  readonly enumDescriptions?: readonly string[]
  readonly examples?: readonly unknown[]
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly allOf?: readonly Schema[]
  readonly not?: Schema
  readonly minimum?: number
  readonly maximum?: number
  readonly deprecated?: boolean
  readonly $ref?: string
  readonly $defs?: Readonly<Record<string, Schema>>
}

interface Page {
  readonly title: string
  readonly path: string
  readonly facts: readonly string[]
  readonly docs: string
  readonly schema: Schema
}

const FOLDERS: Readonly<Record<KindInfo['origin'], string>> = {
  istio: '',
  'gateway-api': 'gateway-api/',
  document: 'mesh/',
  kubernetes: 'kubernetes/',
}

const MESH_DOCS = 'https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/'

/** Pages about kinds, by their path below `docs/reference`. */
export function referencePages(): Map<string, string> {
  const pages = [...kindPages(), ...documentPages()]
  return new Map([['README.md', indexPage(pages)], ...pages.map((page) => [page.path, text(page)] as const)])
}

function kindPages(): Page[] {
  return kinds
    .filter(({ origin }) => origin !== 'kubernetes')
    .map((info) => ({
      title: info.kind,
      path: `${FOLDERS[info.origin]}${kebab(info.kind)}.md`,
      facts: [
        `Versions: ${info.versions.map((version) => `\`${info.group}/${version}\``).join(', ')}.`,
        ...(info.shortNames.length === 0
          ? []
          : [`Short names: ${info.shortNames.map((name) => `\`${name}\``).join(', ')}.`]),
        info.scope === 'Cluster' ? 'Belongs to the cluster.' : 'Belongs to a namespace.',
      ],
      docs: info.docs,
      schema: readSchema(`${info.group}_${info.plural}`),
    }))
}

function documentPages(): Page[] {
  return ['MeshConfig', 'MeshNetworks'].map((title) => ({
    title,
    path: `mesh/${kebab(title)}.md`,
    facts: ['A document of the ConfigMap `istio`, no object of the API.'],
    docs: MESH_DOCS,
    schema: readSchema(title),
  }))
}

function readSchema(name: string): Schema {
  return JSON.parse(readFileSync(new URL(`${name}.json`, SCHEMAS), 'utf8')) as Schema
}

function indexPage(pages: readonly Page[]): string {
  const lines = [
    '# Reference',
    '',
    'Every kind that `@batten/api` describes, generated from its schema (`npm run generate`). `batten explain KIND.field` prints the same without a browser.',
    '',
    ...table(
      ['kind', 'meaning'],
      pages.map(({ title, path, schema }) => [`[${title}](${path})`, cell(schema.description ?? '')]),
    ),
  ]
  return `${lines.join('\n').trimEnd()}\n`
}

function text({ title, facts, docs, schema }: Page): string {
  const definitions = schema.$defs ?? {}
  const lines = [
    `# ${title}`,
    '',
    escaped(schema.description ?? ''),
    '',
    `${facts.join(' ')} [Page of the project](${docs}).`,
    '',
  ]
  for (const example of schema.examples ?? []) lines.push(...fenced('yaml', asYaml(example)))
  lines.push(...fields(schema, definitions))
  for (const [name, definition] of Object.entries(definitions)) {
    lines.push(`## ${name}`, '', escaped(definition.description ?? ''), '')
    for (const example of definition.examples ?? []) lines.push(...fenced('yaml', asYaml(example)))
    lines.push(...fields(definition, definitions), ...values(definition), ...choices(definition))
  }
  return `${lines
    .join('\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trimEnd()}\n`
}

function fields(
  { properties = {}, required = [] }: Schema,
  definitions: Readonly<Record<string, Schema>>,
): string[] {
  return table(
    ['field', 'type', 'meaning'],
    Object.entries(properties).map(([name, field]) => [
      `\`${name}\``,
      typeLink(field, definitions),
      cell(
        [
          required.includes(name) ? 'Required.' : '',
          field.deprecated === true ? 'Deprecated.' : '',
          field.description ?? referenced(field, definitions)?.description ?? '',
          bounds(field),
        ]
          .filter((part) => part !== '')
          .join(' '),
      ),
    ]),
  )
}

function bounds({ minimum, maximum, type }: Schema): string {
  // The bounds of the type itself say nothing about the field.
  const isOwn = (bound: number | undefined): bound is number =>
    bound !== undefined && Math.abs(bound) < 2 ** 31 - 1
  if (type !== 'integer' && type !== 'number') return ''
  if (isOwn(minimum) && isOwn(maximum)) return `From ${minimum} to ${maximum}.`
  if (isOwn(minimum)) return `At least ${minimum}.`
  return isOwn(maximum) ? `At most ${maximum}.` : ''
}

function values({ enum: allowed = [], enumDescriptions = [] }: Schema): string[] {
  return table(
    ['value', 'meaning'],
    allowed.map((value, i) => [`\`${String(value)}\``, cell(enumDescriptions[i] ?? '')]),
  )
}

/** Fields that exclude each other. */
function choices(definition: Schema): string[] {
  return [definition, ...(definition.allOf ?? [])].flatMap(({ oneOf = [] }) => {
    const names = oneOf.flatMap(({ required = [] }) => (required.length === 1 ? required : []))
    if (names.length < 2) return []
    const mayBeNone = oneOf.some(({ not }) => not !== undefined)
    const list = names.map((name) => `\`${name}\``).join(', ')
    return [`${mayBeNone ? 'At most one' : 'Exactly one'} of ${list}.`, '']
  })
}

function typeLink(field: Schema, definitions: Readonly<Record<string, Schema>>): string {
  if (field.$ref !== undefined) {
    const name = nameOf(field.$ref)
    return definitions[name] === undefined ? name : `[${name}](#${anchor(name)})`
  }
  if (field.items !== undefined) return `list of ${typeLink(field.items, definitions)}`
  if (typeof field.additionalProperties === 'object' && field.properties === undefined)
    return `map of ${typeLink(field.additionalProperties, definitions)}`
  if (field.anyOf !== undefined && field.type === undefined)
    return [...new Set(field.anyOf.map((one) => typeLink(one, definitions)))].join(' or ')
  const type = typeof field.type === 'string' ? field.type : (field.type ?? ['any']).join(' or ')
  return field.enum === undefined ? type : field.enum.map((value) => `\`${String(value)}\``).join(', ')
}

function referenced(field: Schema, definitions: Readonly<Record<string, Schema>>): Schema | undefined {
  return field.$ref === undefined ? undefined : definitions[nameOf(field.$ref)]
}

function asYaml(example: unknown): string {
  return typeof example === 'string' ? example : toYaml(example, { order: 'insertion' })
}

function escaped(text: string): string {
  return text.replaceAll('<', '&lt;')
}

function nameOf(ref: string): string {
  return ref.slice(ref.lastIndexOf('/') + 1)
}

/** `HTTPRoute` is `http-route`. */
function kebab(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1-$2')
    .toLowerCase()
}
