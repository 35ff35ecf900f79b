import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isKind, type KindSchema, modules } from '@batten/api/schema'
import { describe, expect, it } from 'vitest'
import { UNSUPPORTED, type UntranslatedField, WITHOUT_EFFECT, withAliases } from './unsupported.ts'

/** Kinds whose fields must be decided one by one. */
const KINDS = [
  'VirtualService',
  'DestinationRule',
  'Gateway',
  'Sidecar',
  'ServiceEntry',
  'WorkloadEntry',
  'PeerAuthentication',
  'WasmPlugin',
]

interface Translation {
  readonly kind: string
  readonly path: string
  readonly to: string
  readonly file: string
}

const source = join(import.meta.dirname, '..')
const translations = ['translate', 'model'].flatMap((folder) => tagsBelow(join(source, folder)))

function tagsBelow(folder: string): Translation[] {
  const files = (readdirSync(folder, { recursive: true }) as string[]).filter(
    (name) => name.endsWith('.ts') && !name.endsWith('.test.ts'),
  )
  return files.flatMap((name) => {
    const text = readFileSync(join(folder, name), 'utf8')
    return [...text.matchAll(/@translates (\w+) (\S+) -> ([^\n*]+)/g)].map(([, kind, path, to]) => ({
      kind: kind!,
      path: path!,
      to: to!.trim(),
      file: name,
    }))
  })
}

interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>
  readonly type?: string
  readonly items?: SchemaNode
  readonly additionalProperties?: SchemaNode | boolean
}

function* leaves(node: SchemaNode, path: string): Generator<string> {
  if (node.properties !== undefined) {
    for (const [name, child] of Object.entries(node.properties)) yield* leaves(child, `${path}.${name}`)
  } else if (node.type === 'array' && node.items?.properties !== undefined)
    yield* leaves(node.items, `${path}[]`)
  else yield path
}

function kindSchema(name: string): KindSchema {
  for (const { exports } of modules)
    for (const value of Object.values(exports))
      if (isKind(value) && value.kind === name && value.group.endsWith('istio.io')) return value
  throw new Error(`no schema for ${name}`)
}

const leafPaths = new Map(
  KINDS.map((kind) => [kind, [...leaves(kindSchema(kind).parts['spec'] as unknown as SchemaNode, 'spec')]]),
)

function covers(path: string, leaf: string): boolean {
  return (
    leaf === path ||
    leaf.startsWith(`${path}.`) ||
    leaf.startsWith(`${path}[]`) ||
    leaf.startsWith(`${path}{}`)
  )
}

const translated = translations.flatMap((one) => withAliases({ ...one, reason: one.to }))
const left = [...UNSUPPORTED, ...WITHOUT_EFFECT].flatMap(withAliases)
const wholeFields = left.filter(({ values }) => values === undefined)

describe('field coverage', () => {
  it.each(KINDS)('decides about every field of %s', (kind) => {
    const undecided = leafPaths
      .get(kind)!
      .filter(
        (leaf) =>
          !translated.some((one) => one.kind === kind && covers(one.path, leaf)) &&
          !wholeFields.some((one) => one.kind === kind && covers(one.path, leaf)),
      )
    expect(undecided).toEqual([])
  })

  it('lists no field as untranslated that has a translation of its own', () => {
    const both = wholeFields.filter((field) =>
      translated.some((one) => one.kind === field.kind && covers(field.path, one.path)),
    )
    expect(both.map(text)).toEqual([])
  })

  it('names only fields that exist', () => {
    const unknown = [...translations, ...UNSUPPORTED, ...WITHOUT_EFFECT].filter(
      (one) => leafPaths.has(one.kind) && !leafPaths.get(one.kind)!.some((leaf) => covers(one.path, leaf)),
    )
    expect(unknown.map(text)).toEqual([])
  })
})

function text({ kind, path }: Pick<UntranslatedField, 'kind' | 'path'>): string {
  return `${kind} ${path}`
}
