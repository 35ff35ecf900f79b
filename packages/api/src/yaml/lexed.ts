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
  readonly refusal?: { readonly why: 'nodes' | 'properties' | 'escape'; readonly at: number }
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
  const isJson = /^\s*\{/.test(text)
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
        if (!isJson && token[0] === '"' && hasJsonEscape(token))
          return { tokens, isPlain, nodes: nodes.own, count, refusal: { why: 'escape', at } }
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

/** Whether a quoted scalar has an escape that JSON has and YAML 1.1 has not: of a slash, or of half a character. */
function hasJsonEscape(quoted: string): boolean {
  for (let at = quoted.indexOf('\\'); at >= 0; at = quoted.indexOf('\\', at + 2)) {
    const next = quoted[at + 1]
    if (next === '/') return true
    const digits = next === 'u' ? 4 : 8
    if ((next === 'u' || next === 'U') && HALF.test(quoted.slice(at + 2, at + 2 + digits))) return true
  }
  return false
}

const HALF = /^(?:0000)?[dD][89a-fA-F][0-9a-fA-F]{2}$/
