import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  visit,
  type YAMLMap,
} from 'yaml'
import { type PathSegment, pathSegments } from './path.ts'
import { keyText, ScalarMistake } from './tagged.ts'

/** A step of a path within a tree: the key, unless it is an item of a list, what is there, and the rest of the path. */
export interface Step {
  readonly key: Node | undefined
  readonly value: Node | null
  readonly rest: string | readonly PathSegment[]
}

type Entry = Pair<Node, Node | null>

/** The library's syntax tree of a document, with look-ups that take the same time however large it is. */
export class Tree {
  readonly document: Document.Parsed
  private aliased: ReadonlyMap<Node, Node> | undefined
  private readonly entries = new Map<YAMLMap, ReadonlyMap<string, Entry>>()

  constructor(document: Document.Parsed) {
    this.document = document
  }

  /** What an alias stands for, the last node of its name before it; other nodes stand for themselves. */
  target(node: Node | null | undefined): Node | undefined {
    if (!isAlias(node)) return node ?? undefined
    this.aliased ??= aliasTargets(this.document)
    return this.aliased.get(node)
  }

  /** The first step of a path below a node, which is no alias. */
  step(node: Node | undefined, rest: Step['rest']): Step | undefined {
    if (typeof rest !== 'string') {
      const [head, ...tail] = rest
      if (isSeq(node) && typeof head === 'number') return item(node.items as Node[], head, tail)
      if (isMap(node)) return this.entry(node, String(head), tail)
      return undefined
    }
    if (isSeq(node)) {
      const match = /^\[(\d+)\]\.?/.exec(rest)
      if (match === null) return undefined
      return item(node.items as Node[], Number(match[1]), rest.slice(match[0].length))
    }
    if (!isMap(node)) return undefined
    // Keys may hold dots, so that the longest key that fits is meant.
    let key: string | undefined
    for (const one of this.entriesOf(node).keys()) {
      if (pathSegments.startsWithKey(rest, one) && one.length > (key?.length ?? 0)) key = one
    }
    return key === undefined ? undefined : this.entry(node, key, rest.slice(key.length).replace(/^\./, ''))
  }

  private entry(node: YAMLMap, key: string, rest: Step['rest']): Step | undefined {
    const pair = this.entriesOf(node).get(key)
    return pair === undefined ? undefined : { key: pair.key, value: pair.value, rest }
  }

  private entriesOf(node: YAMLMap): ReadonlyMap<string, Entry> {
    const known = this.entries.get(node)
    if (known !== undefined) return known
    const out = new Map<string, Entry>()
    for (const pair of node.items as Entry[]) {
      const key = nameOf(pair.key)
      if (!out.has(key)) out.set(key, pair)
    }
    this.entries.set(node, out)
    return out
  }
}

/** The node of the first key of a map. */
export function firstKey(node: unknown): Node | undefined {
  return isMap(node) ? ((node.items[0] as Entry | undefined)?.key ?? undefined) : undefined
}

function aliasTargets(document: Document.Parsed): Map<Node, Node> {
  const anchors = new Map<string, Node>()
  const out = new Map<Node, Node>()
  visit(document, {
    Node(_, node) {
      if (isAlias(node)) {
        const target = anchors.get(node.source)
        if (target !== undefined) out.set(node, target)
      } else if (node.anchor !== undefined) anchors.set(node.anchor, node)
    },
  })
  return out
}

function item(items: readonly Node[], index: number, rest: Step['rest']): Step | undefined {
  const value = items[index]
  return value === undefined ? undefined : { key: undefined, value, rest }
}

/** A key as text, or nothing for what is no key; who reads values reports that. */
function nameOf(node: Node | null): string {
  try {
    return isScalar(node) ? (keyText(node) ?? '') : ''
  } catch (thrown) {
    if (thrown instanceof ScalarMistake) return ''
    throw thrown
  }
}
