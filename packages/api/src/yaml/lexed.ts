import { SCALAR, scanned } from './flow-tokens.ts'
import type { Limits } from './limits.ts'

/** The tokens of a document, or why nothing should be built of them. */
export interface Lexed {
  readonly tokens: readonly string[]
  /** Whether there are neither anchors, aliases nor tags. */
  readonly isPlain: boolean
  /** Nodes of a tree of them, or a few less. */
  readonly nodes: number
  /** How many tokens there were, empty lines included. */
  readonly count: number
  readonly refusal?: { readonly why: 'nodes' | 'properties'; readonly at: number }
}

/** A collection that begins with a key may have a tag and an anchor, and so may the key. */
const MAX_PROPERTIES = 4

/**
 * Splits a document into the tokens of the library's lexer, and stops when there are so many that it cannot be within
 * the limits. The library's parser has no limit of its own: a few megabytes become gigabytes of nodes.
 */
export function lexed(text: string, limits: Limits): Lexed {
  const tokens: string[] = []
  // Scalars, brackets and aliases are a node each; there is at least one node to each of the indicators.
  const nodes = { own: 0, '-': 0, ':': 0, '?': 0, ',': 0 }
  let properties = 0
  let isPlain = true
  let at = 0
  let count = 0
  let before = ''
  for (const token of scanned(text)) {
    count++
    const isText = before === SCALAR
    // Of empty lines one says as much as a million.
    if (token !== '\n' || before !== '\n') tokens.push(token)
    before = token
    if (isText) {
      at += token.length
      continue
    }
    switch (token[0]) {
      case '&':
      case '!':
        isPlain = false
        if (++properties > MAX_PROPERTIES)
          return { tokens, isPlain, nodes: nodes.own, count, refusal: { why: 'properties', at } }
        break
      case ' ':
      case '\t':
      case '\r':
      case '\n':
      case '#':
        break
      case '-':
      case ':':
      case '?':
      case ',':
        properties = 0
        if (++nodes[token[0]] > limits.maxNodes)
          return { tokens, isPlain, nodes: nodes.own, count, refusal: { why: 'nodes', at } }
        break
      case '*':
        isPlain = false
        properties = 0
        nodes.own++
        break
      case SCALAR:
      case '"':
      case "'":
      case '[':
      case '{':
        properties = 0
        nodes.own++
        break
      default:
        properties = 0
    }
    if (nodes.own > limits.maxNodes)
      return { tokens, isPlain, nodes: nodes.own, count, refusal: { why: 'nodes', at } }
    if (token !== SCALAR && token !== '\u0002' && token !== '\u0018') at += token.length
  }
  return { tokens, isPlain, nodes: Math.max(...Object.values(nodes)), count }
}
