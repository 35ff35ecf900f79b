import { isMap, isScalar, isSeq, Lexer, type Pair, parseDocument } from 'yaml'
import type { PathSegment } from '../validate/check.ts'
import { splitDocuments } from '../yaml/split.ts'

/** A line of a comment, without its mark. Empty lines between comments are empty comments. */
export interface Comment {
  readonly text: string
}

/** Comments of a value and of what is in it. */
export class CommentNode {
  /** Comments above the value, and at the end of its line. */
  readonly above: Comment[] = []
  /** Comments after the last part of the value. */
  readonly end: Comment[] = []
  private readonly parts = new Map<PathSegment, CommentNode>()

  /** The node of a part of the value. */
  at(...path: readonly PathSegment[]): CommentNode {
    let node: CommentNode = this
    for (const segment of path) {
      const next = node.parts.get(segment) ?? new CommentNode()
      node.parts.set(segment, next)
      node = next
    }
    return node
  }

  /** Comments of the value and of everything in it, in their order. */
  all(): Comment[] {
    return [...this.above, ...[...this.parts.values()].flatMap((part) => part.all()), ...this.end]
  }
}

/** Comments of the documents of a text. */
export interface TextComments {
  /** Comments of the document that holds a line. */
  of(line: number): CommentNode
  /** Comments after the last document. */
  readonly rest: readonly Comment[]
}

/** A key or an item of a document. */
interface Entry {
  readonly offset: number
  /** Column at which it, or its dash, begins. */
  readonly column: number
  readonly path: readonly PathSegment[]
}

/** Finds the comments of a text of YAML that could be read, and what they speak of. */
export function commentsOf(text: string): TextComments {
  const nodes: { line: number; node: CommentNode }[] = []
  let waiting: Comment[] = []
  for (const { start, end, line } of splitDocuments(text)) {
    const chunk = text.slice(start, end)
    const node = new CommentNode()
    nodes.push({ line, node })
    if (!chunk.includes('#')) {
      if (!/^(?:---)?\s*$/.test(chunk)) node.above.push(...waiting.splice(0))
      continue
    }
    const entries = entriesOf(chunk)
    node.above.push(...waiting)
    waiting = []
    attribute(chunk, entries, node)
    if (entries.length === 0) waiting = node.all()
  }
  const none = new CommentNode()
  return {
    of: (line) => lastAt(nodes, line)?.node ?? none,
    rest: waiting,
  }
}

/** The last that begins on a line or before it; they are in the order of their lines. */
function lastAt<T extends { readonly line: number }>(all: readonly T[], line: number): T | undefined {
  let low = 0
  let high = all.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (all[middle]!.line <= line) low = middle + 1
    else high = middle
  }
  return all[low - 1]
}

function attribute(text: string, entries: readonly Entry[], root: CommentNode): void {
  let before: { node: Comment[]; end: number } | undefined
  for (const { offset, comment } of commentsIn(text)) {
    const lineStart = text.lastIndexOf('\n', offset - 1) + 1
    const target = targetOf(text.slice(lineStart, offset), lineStart, offset, entries, root)
    if (before !== undefined && before.node === target && isBlankBetween(text, before.end, offset))
      target.push({ text: '' })
    target.push({ text: comment.slice(1).replace(/^ /, '').trimEnd() })
    before = { node: target, end: offset + comment.length }
  }
  // A blank line after the comments at the top: they speak of the file and not of its first object.
  const first = entries[0]
  if (before !== undefined && before.node === root.above && first !== undefined) {
    if (isBlankBetween(text, before.end, first.offset)) root.above.push({ text: '' })
  }
}

function targetOf(
  lead: string,
  lineStart: number,
  offset: number,
  entries: readonly Entry[],
  root: CommentNode,
): Comment[] {
  const after = firstFrom(entries, offset)
  if (!/^(?:---)?[\s-]*$/.test(lead)) {
    // At the end of a line: of what begins first on it, else of what began last.
    const first = firstFrom(entries, lineStart)
    const own = entries[first < after ? first : after - 1]
    return own === undefined ? root.above : root.at(...own.path).above
  }
  const next = entries[after]
  if (after === 0) return root.above
  const column = lead.length
  // After a dash alone comes what it is the dash of.
  if (next !== undefined && (lead.includes('-') || next.column >= column)) return root.at(...next.path).above
  // What follows stands further out: the comment ends the block that it is in.
  let last = after - 1
  const limit = Math.max(0, last - MAX_STEPS)
  while (last >= limit && entries[last]!.column > column) last--
  const before = last >= limit ? entries[last] : undefined
  return before === undefined ? root.end : root.at(...before.path.slice(0, -1)).end
}

/** How many keys and items are looked at for the block that a comment is in. */
const MAX_STEPS = 10_000

/** Index of the first entry at an offset or after it. */
function firstFrom(entries: readonly Entry[], offset: number): number {
  let low = 0
  let high = entries.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (entries[middle]!.offset < offset) low = middle + 1
    else high = middle
  }
  return low
}

function isBlankBetween(text: string, start: number, end: number): boolean {
  return /\n[ \t\r]*\n|\n---/.test(text.slice(start, end))
}

/** Comments with the offsets of their marks. */
function commentsIn(text: string): { offset: number; comment: string }[] {
  const out: { offset: number; comment: string }[] = []
  let offset = 0
  for (const token of new Lexer().lex(text)) {
    // Marks of the lexer itself, which are not in the text.
    if (token === '\u0002' || token === '\u0018' || token === '\u001f') continue
    if (token.startsWith('#') && text.startsWith(token, offset)) out.push({ offset, comment: token })
    offset += token.length
  }
  return out
}

/** Keys and items in their order; an item comes before the key that it begins with. */
function entriesOf(text: string): Entry[] {
  const out: Entry[] = []
  const document = parseDocument(text, { schema: 'failsafe', uniqueKeys: false, logLevel: 'silent' })
  const columnOf = (offset: number): number => offset - text.lastIndexOf('\n', offset - 1) - 1
  const walk = (node: unknown, path: readonly PathSegment[]): void => {
    if (isMap(node)) {
      for (const pair of node.items as Pair[]) {
        if (!isScalar(pair.key) || !pair.key.range) continue
        const own = [...path, String(pair.key.value)]
        out.push({ offset: pair.key.range[0], column: columnOf(pair.key.range[0]), path: own })
        walk(pair.value, own)
      }
    } else if (isSeq(node)) {
      for (const [i, item] of node.items.entries()) {
        const range = (item as { range?: [number, number, number] | null } | null)?.range
        const own = [...path, i]
        if (range) {
          const dash = node.flow === true ? -1 : text.lastIndexOf('-', range[0] - 1)
          out.push({ offset: range[0], column: columnOf(dash < 0 ? range[0] : dash), path: own })
        }
        walk(item, own)
      }
    }
  }
  walk(document.contents, [])
  return out
}
