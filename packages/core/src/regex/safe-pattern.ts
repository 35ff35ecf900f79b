import {
  type CharSet,
  CLASSES,
  classSource,
  complement,
  DOT,
  EMPTY,
  overlaps,
  single,
  union,
} from './char-set.ts'

/**
 * Translates the part of RE2's syntax that a backtracking engine can run without harm; undefined for everything else,
 * valid or not.
 *
 * What is harmless: repetition without bound only of single characters (no `(...)*`), and only such that
 * - what may follow it cannot be eaten by it (`[0-9]+/`), so that there is nothing to try again, or
 * - it is the one loop that is ambiguous (`.*` in `/a/.*\/b`), and no other loop comes after it;
 * and few alternatives and optional parts, multiplied. Then the time is linear in the text.
 */
export function parseSafePattern(pattern: string): { source: string; isAnchored: boolean } | undefined {
  const isAnchored = pattern.startsWith('^')
  let body = isAnchored ? pattern.slice(1) : pattern
  if (body.endsWith('$') && !/(?:^|[^\\])(?:\\\\)*\\\$$/.test(body)) body = body.slice(0, -1)
  const root = new Parser(body).parse()
  if (root === undefined) return undefined
  // `^a|b` anchors the first alternative only.
  if (root.kind === 'alternatives' && body !== pattern) return undefined
  const cost = measure(root, { first: EMPTY, hasLoop: false })
  if (cost === undefined || cost.choices > MAX_CHOICES || cost.ambiguous > 1) return undefined
  const end = body.length + (isAnchored ? 1 : 0) < pattern.length ? '$' : ''
  return { source: `${isAnchored ? '^' : ''}${source(root)}${end}`, isAnchored }
}

/** Ways through the pattern that a failing match may try, each linear. */
const MAX_CHOICES = 64
const MAX_GROUPS_DEEP = 20

type Node =
  | { readonly kind: 'chars'; readonly set: CharSet }
  | {
      readonly kind: 'repeat'
      readonly node: Node
      readonly min: number
      readonly max: number
      readonly lazy: boolean
    }
  | { readonly kind: 'sequence'; readonly nodes: readonly Node[] }
  | { readonly kind: 'alternatives'; readonly nodes: readonly Node[] }
  | { readonly kind: 'group'; readonly node: Node; readonly captures: boolean }

class Parser {
  readonly #text: string
  #at = 0
  #depth = 0

  constructor(text: string) {
    this.#text = text
  }

  parse(): Node | undefined {
    const node = this.#alternatives()
    return this.#at === this.#text.length ? node : undefined
  }

  #alternatives(): Node | undefined {
    const nodes: Node[] = []
    do {
      const node = this.#sequence()
      if (node === undefined) return undefined
      nodes.push(node)
    } while (this.#take('|'))
    return nodes.length === 1 ? nodes[0]! : { kind: 'alternatives', nodes }
  }

  #sequence(): Node | undefined {
    const nodes: Node[] = []
    while (this.#at < this.#text.length && this.#peek() !== '|' && this.#peek() !== ')') {
      const atom = this.#atom()
      const node = atom === undefined ? undefined : this.#repetition(atom)
      if (node === undefined) return undefined
      nodes.push(node)
    }
    return { kind: 'sequence', nodes }
  }

  #atom(): Node | undefined {
    const char = this.#text[this.#at++]!
    switch (char) {
      case '(':
        return this.#group()
      case '[':
        return this.#class()
      case '.':
        return { kind: 'chars', set: DOT }
      case '\\': {
        const set = this.#escape()
        return set === undefined ? undefined : { kind: 'chars', set }
      }
      case '^':
      case '$':
      case '*':
      case '+':
      case '?':
      case '{':
        return undefined
      default:
        return isSurrogate(char) ? undefined : { kind: 'chars', set: single(char.charCodeAt(0)) }
    }
  }

  #group(): Node | undefined {
    let captures = true
    if (this.#take('?')) {
      if (this.#take(':')) captures = false
      else if (!this.#skip(/P?<[A-Za-z_]\w*>/y)) return undefined
    }
    if (++this.#depth > MAX_GROUPS_DEEP) return undefined
    const node = this.#alternatives()
    this.#depth--
    return node !== undefined && this.#take(')') ? { kind: 'group', node, captures } : undefined
  }

  #class(): Node | undefined {
    const negated = this.#take('^')
    let set: CharSet = EMPTY
    for (let first = true; first || this.#peek() !== ']'; first = false) {
      const from = this.#classItem(first)
      if (from === undefined) return undefined
      const isRange =
        this.#peek() === '-' && this.#text[this.#at + 1] !== ']' && this.#at + 1 < this.#text.length
      if (!isRange) {
        set = union(set, from)
        continue
      }
      this.#at++
      const to = this.#classItem(false)
      if (to === undefined || !isSingle(from) || !isSingle(to) || from[0]![0] > to[0]![0]) return undefined
      set = union(set, [[from[0]![0], to[0]![0]]])
    }
    this.#at++
    return { kind: 'chars', set: negated ? complement(set) : set }
  }

  #classItem(isFirst: boolean): CharSet | undefined {
    const char = this.#text[this.#at++]
    if (char === undefined || isSurrogate(char)) return undefined
    // `[]a]` and `[[:alpha:]]` mean something else in other syntaxes; RE2 takes them.
    if (char === '[' || (char === ']' && isFirst)) return undefined
    return char === '\\' ? this.#escape() : single(char.charCodeAt(0))
  }

  #escape(): CharSet | undefined {
    const char = this.#text[this.#at++]
    if (char === undefined) return undefined
    if (Object.hasOwn(CLASSES, char)) return CLASSES[char]!
    if (Object.hasOwn(CLASSES, char.toLowerCase())) return complement(CLASSES[char.toLowerCase()]!)
    const control = 'tnrf'.indexOf(char)
    if (control >= 0) return single([9, 10, 13, 12][control]!)
    return /[!-/:-@[-`{-~]/.test(char) ? single(char.charCodeAt(0)) : undefined
  }

  #repetition(node: Node): Node | undefined {
    const operator = this.#peek()
    let bounds: readonly [number, number] | undefined
    if (operator === '*') bounds = [0, Number.POSITIVE_INFINITY]
    else if (operator === '+') bounds = [1, Number.POSITIVE_INFINITY]
    else if (operator === '?') bounds = [0, 1]
    else if (operator === '{') return this.#counted(node)
    if (bounds === undefined) return node
    this.#at++
    return this.#repeat(node, bounds[0], bounds[1])
  }

  #counted(node: Node): Node | undefined {
    const match = this.#skip(/\{(\d{1,4})(,(\d{1,4})?)?\}/y)
    if (!match) return undefined
    const min = Number(match[1])
    const max =
      match[2] === undefined ? min : match[3] === undefined ? Number.POSITIVE_INFINITY : Number(match[3])
    return min > 1000 || (max !== Number.POSITIVE_INFINITY && max > 1000) || max < min
      ? undefined
      : this.#repeat(node, min, max)
  }

  #repeat(node: Node, min: number, max: number): Node | undefined {
    const lazy = this.#take('?')
    // RE2 limits the product of nested counts.
    if (node.kind === 'group' && max > 1 && containsRepeat(node)) return undefined
    // `a**` and `a*+` are errors or possessive elsewhere.
    return /[*+?{]/.test(this.#peek() ?? '') ? undefined : { kind: 'repeat', node, min, max, lazy }
  }

  #peek(): string | undefined {
    return this.#text[this.#at]
  }

  #take(char: string): boolean {
    if (this.#text[this.#at] !== char) return false
    this.#at++
    return true
  }

  #skip(expression: RegExp): RegExpExecArray | undefined {
    expression.lastIndex = this.#at
    const match = expression.exec(this.#text) ?? undefined
    if (match !== undefined) this.#at = expression.lastIndex
    return match
  }
}

/** What comes after a node: characters that it may start with, and whether there is a loop in it. */
interface Following {
  readonly first: CharSet
  readonly hasLoop: boolean
}

interface Cost {
  readonly choices: number
  /** Ambiguous loops on the worst way through. */
  readonly ambiguous: number
  readonly hasLoop: boolean
  readonly first: CharSet
  readonly nullable: boolean
}

/** Undefined for what is not harmless by the rules above. */
function measure(node: Node, after: Following): Cost | undefined {
  switch (node.kind) {
    case 'chars':
      return { choices: 1, ambiguous: 0, hasLoop: false, first: node.set, nullable: node.set.length === 0 }
    case 'group':
      return measure(node.node, after)
    case 'alternatives':
      return measureAlternatives(node.nodes, after)
    case 'sequence':
      return measureSequence(node.nodes, after)
    case 'repeat':
      return measureRepeat(node.node, node.min, node.max, after)
  }
}

function measureAlternatives(nodes: readonly Node[], after: Following): Cost | undefined {
  let total: Cost = { choices: 0, ambiguous: 0, hasLoop: false, first: EMPTY, nullable: false }
  for (const node of nodes) {
    const cost = measure(node, after)
    if (cost === undefined) return undefined
    total = {
      choices: total.choices + cost.choices,
      ambiguous: Math.max(total.ambiguous, cost.ambiguous),
      hasLoop: total.hasLoop || cost.hasLoop,
      first: union(total.first, cost.first),
      nullable: total.nullable || cost.nullable,
    }
  }
  return total
}

function measureSequence(nodes: readonly Node[], after: Following): Cost | undefined {
  let following = after
  let total: Cost = { choices: 1, ambiguous: 0, hasLoop: false, first: EMPTY, nullable: true }
  for (const node of nodes.toReversed()) {
    const cost = measure(node, following)
    if (cost === undefined) return undefined
    total = {
      choices: total.choices * cost.choices,
      ambiguous: total.ambiguous + cost.ambiguous,
      hasLoop: total.hasLoop || cost.hasLoop,
      first: cost.nullable ? union(cost.first, total.first) : cost.first,
      nullable: total.nullable && cost.nullable,
    }
    following = {
      first: cost.nullable ? union(cost.first, following.first) : cost.first,
      hasLoop: cost.hasLoop || following.hasLoop,
    }
  }
  return total
}

function measureRepeat(node: Node, min: number, max: number, after: Following): Cost | undefined {
  if (max !== Number.POSITIVE_INFINITY) {
    const cost = measure(node, { first: union(after.first, firstOf(node)), hasLoop: after.hasLoop })
    // A group with a loop in it, repeated, is a loop in a loop.
    if (cost === undefined || (max > 1 && (cost.hasLoop || cost.choices > 1))) return undefined
    return { ...cost, choices: cost.choices * (max - min + 1), nullable: min === 0 || cost.nullable }
  }
  if (node.kind !== 'chars') return undefined
  const isAmbiguous = overlaps(node.set, after.first)
  if (isAmbiguous && after.hasLoop) return undefined
  return { choices: 1, ambiguous: isAmbiguous ? 1 : 0, hasLoop: true, first: node.set, nullable: min === 0 }
}

function firstOf(node: Node): CharSet {
  return measure(node, { first: EMPTY, hasLoop: false })?.first ?? EMPTY
}

function containsRepeat(node: Node): boolean {
  if (node.kind === 'chars') return false
  if (node.kind === 'repeat') return node.max > 1 || containsRepeat(node.node)
  return node.kind === 'group' ? containsRepeat(node.node) : node.nodes.some(containsRepeat)
}

function source(node: Node): string {
  switch (node.kind) {
    case 'chars':
      return node.set.length === 0 ? '[]' : classSource(node.set)
    case 'group':
      return `(${node.captures ? '' : '?:'}${source(node.node)})`
    case 'alternatives':
      return node.nodes.map(source).join('|')
    case 'sequence':
      return node.nodes.map(source).join('')
    case 'repeat': {
      const { min, max, lazy } = node
      const bounds =
        max === Number.POSITIVE_INFINITY ? `{${min},}` : min === max ? `{${min}}` : `{${min},${max}}`
      return `${source(node.node)}${bounds}${lazy ? '?' : ''}`
    }
  }
}

function isSingle(set: CharSet): boolean {
  return set.length === 1 && set[0]![0] === set[0]![1]
}

function isSurrogate(char: string): boolean {
  return char >= '\ud800' && char <= '\udfff'
}
