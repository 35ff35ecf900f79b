import {
  Composer,
  type CST,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  type ParsedNode,
  Parser,
  type Scalar,
} from 'yaml'
import type { Code } from '../errors.ts'
import type { SourceRange } from '../validate/findings.ts'
import { scanned } from './flow-tokens.ts'
import { lexed } from './lexed.ts'
import type { Limits } from './limits.ts'
import { type Fields, isFields, type PathSegment } from './path.ts'
import { isMerge, keyText, ScalarMistake, scalarValue } from './tagged.ts'
import { readTokens } from './token-reader.ts'
import { firstKey, type Step, Tree } from './tree.ts'

/** Something that keeps a document from being read; offsets are those in the document. */
export interface Problem {
  readonly code: Code
  readonly message: string
  readonly hint?: string
  readonly path?: string
  readonly start: number
  readonly end: number
}

/** What a document says. */
export interface Reading {
  readonly value: unknown
  readonly problems: readonly Problem[]
  readonly isEmpty: boolean
}

/** Thrown inside the reader only, and always caught there. */
class Refusal extends Error {
  readonly problem: Problem

  constructor(problem: Problem) {
    super(problem.message)
    this.problem = problem
  }
}

/** Characters that YAML forbids. */
const FORBIDDEN =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])/

/** The syntax tree that was made last, of all documents of a text: places are mostly looked up in one after the other. */
export class TreeSlot {
  owner: YamlReader | undefined
  tree: Tree | undefined
}

/** Reads one document and finds places in it. */
export class YamlReader {
  private readonly text: string
  private readonly line: number
  private readonly limits: Limits
  private readonly slot: TreeSlot
  private hasTree = true
  private starts: readonly number[] | undefined

  constructor(text: string, line: number, limits: Limits, slot = new TreeSlot()) {
    this.text = text
    this.line = line
    this.limits = limits
    this.slot = slot
  }

  read(): Reading {
    const early = this.refuseEarly()
    if (early !== undefined) return this.refused(early)
    const tokens = lexed(this.text, this.limits)
    if (tokens.refusal !== undefined) {
      const { why, at } = tokens.refusal
      const { maxNodes } = this.limits
      return this.refused(
        why === 'nodes'
          ? this.refusal('YAML_ALIASES', `the document has more than ${maxNodes} nodes`, at)
          : this.refusal(
              'YAML_SYNTAX',
              why === 'escape'
                ? 'YAML has no escapes for slashes and for halves of characters'
                : 'a node has at most one tag and one anchor',
              at,
            ),
      )
    }
    const read = readTokens(tokens, this.limits)
    this.hasTree = tokens.nodes <= MAX_TREE && tokens.count <= MAX_TREE_TOKENS
    if (read !== undefined) return { value: read.value, problems: [], isEmpty: false }
    if (this.hasTree) return this.readTree()
    const { nodes, count } = tokens
    const size = nodes > MAX_TREE ? `${nodes} nodes, ${MAX_TREE}` : `${count} tokens, ${MAX_TREE_TOKENS}`
    const what = `${size} is the limit with anchors, tags or mistakes in it`
    return this.refused(this.refusal('YAML_ALIASES', `the document has ${what}`, 0))
  }

  /** What was refused is never parsed for places either. */
  private refused(problem: Problem): Reading {
    this.hasTree = false
    return { value: undefined, problems: [problem], isEmpty: false }
  }

  /** Reads with the parser of the library, which knows all of YAML and every mistake. */
  readTree(): Reading {
    try {
      const document = this.parse()
      // One mistake makes the parser stumble again and again; the first is the one to read.
      const [error] = document.errors
      if (error !== undefined) {
        const mistake: Problem = {
          code: 'YAML_SYNTAX',
          message: firstSentence(error.message),
          // What is missing at the end of a text is reported where its last line ends.
          start: Math.min(error.pos[0], Math.max(this.text.trimEnd().length - 1, 0)),
          end: Math.max(error.pos[1], error.pos[0] + 1),
        }
        return { value: undefined, problems: [mistake], isEmpty: false }
      }
      if (document.contents === null || isBlank(document.contents))
        return { value: null, problems: [], isEmpty: true }
      const conversion = new Conversion(new Tree(document), this.limits)
      const value = conversion.value(document.contents as Node, 0, [])
      return { value, problems: conversion.problems, isEmpty: false }
    } catch (thrown) {
      return { value: undefined, problems: [this.problemOf(thrown)], isEmpty: false }
    }
  }

  /** The nearest place to a path that the document has. */
  position(path: string | readonly PathSegment[], at: 'key' | 'value'): SourceRange {
    const tree = this.tree()
    let node = tree?.document.contents as Node | null | undefined
    let range = rangeOf(node)
    let rest: string | readonly PathSegment[] = path
    while (node !== null && node !== undefined && rest.length > 0) {
      const step: Step | undefined = tree?.step(tree.target(node), rest)
      if (step === undefined) break
      rest = step.rest
      node = step.value
      const isLast = rest.length === 0
      range =
        (isLast && at === 'key' ? rangeOf(step.key) : undefined) ??
        rangeOf(node) ??
        rangeOf(step.key) ??
        range
      if (!isLast && (node === null || node === undefined)) break
      // Where the rest is missing the key says more than a whole block.
      if (!isLast && (node === null || tree?.step(tree.target(node), rest) === undefined)) {
        range = rangeOf(step.key) ?? range
        break
      }
    }
    return range === undefined ? this.whole() : this.range(range[0], range[1])
  }

  /** The comment above what stands at a path, and that at the end of its line. */
  comment(path: readonly PathSegment[] = []): string | undefined {
    const tree = this.tree()
    if (tree === undefined) return undefined
    const { document } = tree
    const parts: (string | null | undefined)[] = []
    let node = document.contents as Node | null | undefined
    if (path.length === 0)
      parts.push(document.commentBefore, node?.commentBefore, firstKey(node)?.commentBefore)
    for (const [i, segment] of path.entries()) {
      const holder = node
      const step: Step | undefined = node === null ? undefined : tree.step(node, [segment])
      if (step === undefined) return undefined
      node = step.value
      if (i < path.length - 1) continue
      // The parser hangs the comment above the first key or item on what holds it.
      const isFirst = segment === 0 || (step.key !== undefined && step.key === firstKey(holder))
      if (isFirst && i === 0) return undefined
      parts.push(isFirst ? holder?.commentBefore : undefined, step.key?.commentBefore)
      if (isScalar(node)) parts.push(node.commentBefore, node.comment)
      else if (step.key === undefined && segment !== 0) parts.push(node?.commentBefore)
    }
    const text = parts.filter((part) => typeof part === 'string' && part !== '').join('\n')
    return text === '' ? undefined : text.replace(/^ /gm, '')
  }

  /** Place of the whole document, without blank space around it. */
  whole(): SourceRange {
    const lead = /^(?:---[ \t]*(?:#[^\n]*)?\r?\n|[ \t]*(?:#[^\n]*)?\r?\n)*/.exec(this.text)![0].length
    return this.range(lead, this.text.trimEnd().length)
  }

  /** Lines and columns of offsets. */
  range(start: number, end: number): SourceRange {
    const from = this.point(start)
    // A block ends before the line break that closes it.
    let last = Math.min(end, this.text.length)
    while (last > start && /\s/.test(this.text[last - 1]!)) last--
    const to = this.point(Math.max(last, start))
    return { line: from.line, column: from.column, endLine: to.line, endColumn: to.column }
  }

  private point(offset: number): { line: number; column: number } {
    const starts = (this.starts ??= lineStarts(this.text))
    let low = 0
    let high = starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (starts[middle]! <= offset) low = middle
      else high = middle - 1
    }
    return { line: this.line + low, column: offset - starts[low]! + 1 }
  }

  private tree(): Tree | undefined {
    const { slot } = this
    if (slot.owner === this) return slot.tree
    slot.owner = this
    slot.tree = undefined
    if (!this.hasTree) return undefined
    try {
      slot.tree = new Tree(this.parse())
    } catch {
      // Nested too deeply for the parser: no place is known.
    }
    return slot.tree
  }

  private parse(): Document.Parsed {
    const composer = new Composer<ParsedNode, true>({
      schema: 'failsafe',
      version: '1.1',
      uniqueKeys: false,
      merge: false,
      prettyErrors: false,
      logLevel: 'silent',
    })
    let first: Document.Parsed | undefined
    for (const document of composer.compose(syntaxOf(this.text), true, this.text.length)) first ??= document
    return first!
  }

  private refuseEarly(): Problem | undefined {
    const { text, limits } = this
    if (text.length > limits.maxDocumentLength) {
      return this.refusal(
        'YAML_TOO_LARGE',
        `the document has ${text.length} characters, the limit is ${limits.maxDocumentLength}`,
        0,
      )
    }
    const bad = FORBIDDEN.exec(text)
    if (bad !== null) {
      const code = bad[0].charCodeAt(0).toString(16).padStart(4, '0')
      return this.refusal(
        'YAML_CONTROL_CHARACTER',
        `control characters are not allowed: U+${code.toUpperCase()}`,
        bad.index,
      )
    }
    const deep = tooDeep(text, limits.maxDepth)
    if (deep !== undefined)
      return this.refusal('YAML_TOO_DEEP', `nested deeper than ${limits.maxDepth} levels`, deep)
    return undefined
  }

  private refusal(code: Code, message: string, at: number): Problem {
    return { code, message, start: at, end: at + 1 }
  }

  private problemOf(thrown: unknown): Problem {
    if (thrown instanceof Refusal) return thrown.problem
    if (thrown instanceof ScalarMistake) return problem('YAML_VALUE', thrown.message, thrown.node)
    if (thrown instanceof RangeError)
      return this.refusal('YAML_TOO_DEEP', `nested deeper than ${this.limits.maxDepth} levels`, 0)
    throw thrown
  }
}

/** Nodes of the largest tree: half a gigabyte. What has more is read from tokens only, and places in it are not known. */
const MAX_TREE = 250_000

/** Nodes of the largest tree with its aliases expanded, also when texts without aliases may have more. */
const MAX_EXPANDED = 2 * MAX_TREE

/** Tokens of the text of the largest tree: the library keeps every empty line. */
const MAX_TREE_TOKENS = 12 * MAX_TREE

/** Nobody reads more of one document. */
const MAX_PROBLEMS = 100

/** Turns the syntax tree into JSON values, counting nodes. */
class Conversion {
  readonly problems: Problem[] = []
  private nodes = 0
  private readonly tree: Tree
  private readonly limits: Limits
  private readonly anchored = new Map<Node, { value: unknown; size: number }>()
  private readonly inProgress = new Set<Node>()

  constructor(tree: Tree, limits: Limits) {
    this.tree = tree
    this.limits = limits
  }

  value(node: Node | null | undefined, depth: number, path: readonly PathSegment[]): unknown {
    if (node === null || node === undefined) return null
    if (isAlias(node)) return this.alias(node, depth, path)
    const before = this.nodes
    this.count(1, node)
    if (depth > this.limits.maxDepth) {
      throw new Refusal(problem('YAML_TOO_DEEP', `nested deeper than ${this.limits.maxDepth} levels`, node))
    }
    const anchored = (node as { anchor?: string }).anchor !== undefined
    if (anchored) this.inProgress.add(node)
    let value: unknown
    if (isMap(node)) value = this.map(node.items as Pair<Node, Node | null>[], depth, path)
    else if (isSeq(node))
      value = node.items.map((item, i) => this.value(item as Node, depth + 1, [...path, i]))
    else value = this.scalar(node as Scalar)
    if (anchored) {
      this.inProgress.delete(node)
      this.anchored.set(node, { value, size: this.nodes - before })
    }
    return value
  }

  private alias(node: Node & { source: string }, depth: number, path: readonly PathSegment[]): unknown {
    const target = this.tree.target(node)
    if (target === undefined)
      throw new Refusal(problem('YAML_SYNTAX', `unknown anchor '${node.source}' referenced`, node))
    if (this.inProgress.has(target)) {
      throw new Refusal(problem('YAML_ALIASES', `anchor '${node.source}' value contains itself`, node))
    }
    const known = this.anchored.get(target)
    if (known === undefined) return this.value(target, depth, path)
    this.count(known.size, node)
    // Each use is a value of its own, so that a change to one does not show in another.
    return typeof known.value === 'object' ? structuredClone(known.value) : known.value
  }

  private map(
    pairs: readonly Pair<Node, Node | null>[],
    depth: number,
    path: readonly PathSegment[],
  ): Fields {
    const out: Fields = {}
    for (const pair of pairs) {
      const key = this.key(pair.key)
      if (key === undefined) continue
      if (key.isMerge) {
        this.merge(out, pair.value, depth, path)
        continue
      }
      this.set(out, key.text, this.value(pair.value, depth + 1, [...path, key.text]), pair.key, path)
    }
    return out
  }

  private merge(out: Fields, node: Node | null, depth: number, path: readonly PathSegment[]): void {
    const sources = isSeq(node) ? (node.items as Node[]) : [node]
    for (const source of sources) {
      const value = this.value(source, depth + 1, path)
      if (!isFields(value)) {
        throw new Refusal(
          problem(
            'YAML_SYNTAX',
            'map merge requires map or sequence of maps as the value',
            source ?? undefined,
          ),
        )
      }
      for (const [key, merged] of Object.entries(value)) this.set(out, key, merged, source ?? undefined, path)
    }
  }

  private set(
    out: Fields,
    key: string,
    value: unknown,
    at: Node | undefined,
    path: readonly PathSegment[],
  ): void {
    if (Object.hasOwn(out, key)) {
      if (this.problems.length < MAX_PROBLEMS)
        this.problems.push({
          ...problem('YAML_DUPLICATE_KEY', `key ${JSON.stringify(key)} already set in map`, at),
          path: [...path, key]
            .map((segment, i) =>
              typeof segment === 'number' ? `[${segment}]` : i === 0 ? segment : `.${segment}`,
            )
            .join(''),
          hint: 'remove one of the two',
        })
      return
    }
    if (key === '__proto__')
      Object.defineProperty(out, key, { value, enumerable: true, configurable: true, writable: true })
    else out[key] = value
  }

  private key(node: Node | null): { text: string; isMerge: boolean } | undefined {
    const target = this.tree.target(node)
    if (target === null || target === undefined || !isScalar(target)) {
      throw new Refusal({
        ...problem('YAML_KEY', 'keys of a map must be strings, numbers or booleans', node ?? undefined),
        hint: 'a key that begins with { or [ needs quotes',
      })
    }
    this.count(1, target)
    const text = keyText(target)
    if (text === undefined) {
      const isNumber = /\d/.test(String(target.value))
      const message = `keys of a map must not be ${isNumber ? 'numbers of 2^63 and more' : 'null'}`
      throw new Refusal(problem('YAML_KEY', message, target))
    }
    // What an alias stands for is never a merge.
    return { text, isMerge: target === node && isMerge(target) }
  }

  private scalar(node: Scalar): unknown {
    return this.json(scalarValue(node), node)
  }

  private json(value: unknown, node: Scalar): unknown {
    if (typeof value === 'number' && !Number.isFinite(value)) {
      throw new Refusal({
        ...problem('YAML_VALUE', `${String(node.value)} has no counterpart in JSON`, node),
        hint: 'put quotes around it if it is text',
      })
    }
    return value
  }

  private count(by: number, node: Node): void {
    this.nodes += by
    const most = Math.min(this.limits.maxNodes, MAX_EXPANDED)
    if (this.nodes > most) {
      throw new Refusal(
        problem('YAML_ALIASES', `the document has more than ${most} nodes with its aliases expanded`, node),
      )
    }
  }
}

function problem(code: Code, message: string, node: Node | undefined): Problem {
  const range = rangeOf(node) ?? [0, 1]
  return { code, message, start: range[0], end: Math.max(range[1], range[0] + 1) }
}

function rangeOf(node: unknown): [number, number] | undefined {
  const range = (node as { range?: [number, number, number] | null } | null | undefined)?.range
  return range === null || range === undefined ? undefined : [range[0], range[1]]
}

/** What the library's parser makes of the tokens. */
function* syntaxOf(text: string): Generator<CST.Token> {
  const parser = new Parser()
  for (const token of scanned(text)) yield* parser.next(token)
  yield* parser.end()
}

function isBlank(node: unknown): boolean {
  return isScalar(node) && node.type === 'PLAIN' && String(node.value ?? '') === '' && node.tag === undefined
}

function firstSentence(message: string): string {
  return message.split('\n')[0]!
}

function lineStarts(text: string): number[] {
  const out = [0]
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) out.push(at + 1)
  return out
}

/** Offset at which brackets, or dashes of one line, nest deeper than the limit. A first look, before anything recurses. */
function tooDeep(text: string, limit: number): number | undefined {
  let flow = 0
  let dashes = 0
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i)
    if (char === 91 || char === 123) {
      if (++flow > limit) return i
    } else if (char === 93 || char === 125) {
      if (flow > 0) flow--
    } else if (char === 10) dashes = 0
    else if ((char === 45 || char === 63) && text.charCodeAt(i + 1) === 32 && ++dashes > limit) return i
  }
  return undefined
}
