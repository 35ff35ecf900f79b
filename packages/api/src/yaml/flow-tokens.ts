import { Lexer } from 'yaml'

/** What the lexer puts before the text of a plain or block scalar. */
export const SCALAR = '\u001f'

/** What the lexer says when a flow collection ends where none should. */
const FLOW_END = '\u0018'

/** Whether a text may have something that {@link scanned} reads otherwise than the library's lexer. */
const MAY_DIFFER = /[-:][,[\]{}]|\?|[\s,[{]:[^\s,]/

/**
 * The tokens of a text, as those of the library's lexer, with the indicators of flow collections where Kubernetes has
 * them: `-` and `:` before a bracket or comma are text (`{a: -}`, `{b:, c: 1}`), `:` at the beginning of a scalar and
 * `?` anywhere are indicators (`{a: :x}`, `[a?b]`). Joined, they are the same text.
 */
export function scanned(text: string): Iterable<string> {
  const tokens = new Lexer().lex(text)
  return MAY_DIFFER.test(text) ? regrouped(tokens) : tokens
}

function* regrouped(tokens: Iterable<string>): Generator<string> {
  let level = 0
  /** The plain scalar before, and the blank space and colon behind it, which may belong to it. */
  let scalar: string | undefined
  let held: string[] = []
  let isText = false
  let isDash = false
  for (const token of tokens) {
    if (token === SCALAR) {
      isText = true
      continue
    }
    const isScalar = isText
    isText = false
    // Between an indicator and a comma the lexer sees a scalar of no length.
    if (isScalar && level > 0 && token === '') continue
    const isBracket = level > 0 && !isScalar && isFlowIndicator(token)
    if (isDash) {
      isDash = false
      yield* isBracket ? [SCALAR, '-'] : ['-']
    }
    if (scalar !== undefined) {
      const hasColon = held.at(-1) === ':'
      if (!hasColon && !isScalar && (token === ':' || /^\s+$/.test(token))) {
        held.push(token)
        continue
      }
      if (hasColon && isBracket) yield* plain(scalar + held.join(''))
      else yield* [...plain(scalar), ...held]
      scalar = undefined
      held = []
    }
    if (isScalar && level > 0) scalar = token
    else if (isScalar) yield* [SCALAR, token]
    else if (token === '-' && level > 0) isDash = true
    else yield token
    if (isScalar) continue
    if (token === '[' || token === '{') level++
    else if (token === ']' || token === '}') level = Math.max(0, level - 1)
    else if (token === FLOW_END) level = 0
  }
  if (isDash) yield '-'
  if (scalar !== undefined) yield* [...plain(scalar), ...held]
}

/** A plain scalar of a flow collection, with the indicators that are in it. */
function* plain(source: string): Generator<string> {
  let rest = source
  if (rest[0] === ':') {
    yield ':'
    rest = rest.slice(1)
  }
  for (let at = rest.indexOf('?'); at >= 0; at = rest.indexOf('?')) {
    const text = rest.slice(0, at).trimEnd()
    if (text !== '') yield* [SCALAR, text]
    if (text.length < at) yield rest.slice(text.length, at)
    yield '?'
    rest = rest.slice(at + 1)
    const blank = /^\s*/.exec(rest)![0]
    if (blank !== '') yield blank
    rest = rest.slice(blank.length)
  }
  if (rest !== '') yield* [SCALAR, rest]
}

function isFlowIndicator(token: string): boolean {
  return token === ',' || token === '[' || token === ']' || token === '{' || token === '}'
}
