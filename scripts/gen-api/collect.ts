import { isKind, modules } from '../../packages/api/src/schema/catalog.ts'
import type { KindSchema } from '../../packages/api/src/schema/kind.ts'
import { META, type Meta } from '../../packages/api/src/schema/node.ts'

/** A schema node, seen as JSON. */
export type Node = { readonly [key: string]: unknown } & {
  readonly type?: string
  readonly description?: string
  readonly properties?: Readonly<Record<string, Node>>
  readonly required?: readonly string[]
  readonly items?: Node
  readonly additionalProperties?: Node
  readonly enum?: readonly string[]
  readonly nullable?: boolean
}

/** A named message or enumeration. */
export interface Named {
  readonly name: string
  readonly node: Node
  readonly meta: Meta
  readonly module: string
  /** Page and anchor that describe it. */
  readonly link: string | undefined
}

/** Everything that the schemas say. */
export interface Model {
  readonly modules: readonly {
    readonly path: string
    readonly named: readonly Named[]
    readonly kinds: readonly KindSchema[]
  }[]
  readonly kinds: readonly { readonly kind: KindSchema; readonly module: string }[]
  /** The named message that a node is a use of. */
  named(node: Node, from: string): Named
}

/** Page of everything that only the mesh documents use. */
const MESH_PAGE = 'https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/'

/** What the generators know about a node beside its JSON. */
export function metaOf(node: Node): Meta {
  return (node[META] as Meta | undefined) ?? {}
}

/** Reads every schema module. */
export function collect(): Model {
  const byKey = new Map<string, Named>()
  const all: { path: string; named: Named[]; kinds: KindSchema[] }[] = []
  for (const { path, exports } of modules) {
    const kinds = Object.values(exports).filter(isKind)
    const docs = kinds[0]?.docs ?? (path.startsWith('mesh/') ? MESH_PAGE : undefined)
    const named: Named[] = []
    for (const value of Object.values(exports)) {
      if (typeof value !== 'object' || value === null || !(META in value)) continue
      const node = value as unknown as Node
      const meta = metaOf(node)
      if (meta.name === undefined) continue
      const link = docs === undefined ? undefined : `${docs}#${meta.anchor ?? meta.name}`
      const entry: Named = { name: meta.name, node, meta, module: path, link }
      const key = scoped(path, meta.name)
      const other = byKey.get(key)
      if (other !== undefined) throw new Error(`${meta.name} is defined in ${other.module} and in ${path}`)
      byKey.set(key, entry)
      named.push(entry)
    }
    all.push({ path, named: dependenciesFirst(named), kinds })
  }
  return {
    modules: all,
    kinds: all.flatMap(({ path, kinds }) => kinds.map((kind) => ({ kind, module: path }))),
    named(node, from) {
      const name = metaOf(node).name
      if (name === undefined) throw new Error(`a message without a name in ${from}`)
      const found = byKey.get(scoped(from, name)) ?? byKey.get(`shared/${name}`)
      if (found === undefined) throw new Error(`${name}, used in ${from}, is not exported by a schema module`)
      return found
    },
  }
}

/** Orders messages so that each comes after those it uses. */
function dependenciesFirst(named: readonly Named[]): Named[] {
  const byName = new Map(named.map((entry) => [entry.name, entry]))
  const out = new Set<Named>()
  const visit = (entry: Named): void => {
    if (out.has(entry)) return
    for (const name of usedNames(entry.node)) {
      const other = byName.get(name)
      if (other !== undefined && other !== entry) visit(other)
    }
    out.add(entry)
  }
  for (const entry of named) visit(entry)
  return [...out]
}

function usedNames(node: Node): string[] {
  const children = [...Object.values(node.properties ?? {}), node.items, node.additionalProperties]
  return children.flatMap((child) => {
    if (child === undefined) return []
    const name = metaOf(child).name
    return name === undefined ? usedNames(child) : [name]
  })
}

/** The Gateway API and the mesh documents have names of their own; all other groups share one scope. */
function scoped(path: string, name: string): string {
  const group = groupOf(path)
  return group === 'gateway-api' || group === 'mesh' ? `${group}/${name}` : `shared/${name}`
}

/** Whether a node is a use of a named message or enumeration. */
export function isNamed(node: Node): boolean {
  return metaOf(node).name !== undefined
}

/** Relative import path between two generated modules. */
export function relativeImport(from: string, to: string): string {
  const fromParts = from.split('/').slice(0, -1)
  const toParts = to.split('/')
  let shared = 0
  while (shared < fromParts.length && shared < toParts.length - 1 && fromParts[shared] === toParts[shared])
    shared++
  const up = fromParts.slice(shared).map(() => '..')
  const path = [...up, ...toParts.slice(shared)].join('/')
  return `${up.length === 0 ? './' : ''}${path}.ts`
}

/** Local name of something that is imported into the table of all kinds, where names of all scopes meet. */
export function localName(name: string, from: string, module: string): string {
  return from === 'index' && module === 'gateway-api' ? `${name}OfGatewayApi` : name
}

/** Names of an import statement. */
export function importedNames(names: Iterable<string>, from: string, module: string): string {
  return [...names]
    .sort()
    .map((name) => {
      const local = localName(name, from, module)
      return local === name ? name : `${name} as ${local}`
    })
    .join(', ')
}

/** Folder of a module. Validators and rules of a folder share a file: every file costs time when it is loaded. */
export function groupOf(module: string): string {
  return module.split('/')[0]!
}

/** First line of every generated source file. */
export function banner(source: string): string {
  return `// Generated by scripts/gen-api.ts from src/schema/${source}. Do not edit.\n`
}
