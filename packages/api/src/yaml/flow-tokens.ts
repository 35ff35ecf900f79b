import { Lexer } from 'yaml'

/** What the lexer puts before the text of a plain or block scalar. */
export const SCALAR = '\u001f'

/** What the lexer says when a flow collection ends where none should. */
const FLOW_END = '\u0018'

/** Whether a text may have something that {@link scanned} reads otherwise than the library's lexer. */
const MAY_DIFFER = /[-:][,[\]{}]|\?|[\s,[{:]:[^\s,]/

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
  /** Whether an item of the collection may begin here. */
  let mayBegin = false
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
      if (hasColon && isBracket) yield* plain(scalar + held.join(''), mayBegin)
      else yield* [...plain(scalar, mayBegin), ...held]
      scalar = undefined
      held = []
      mayBegin = false
    }
    if (isScalar && level > 0) scalar = token
    else if (isScalar) yield* [SCALAR, token]
    else if (token === '-' && level > 0) isDash = true
    else if (token === '?' && level > 0) yield* plain(token, mayBegin)
    else yield token
    if (isScalar) continue
    if (isBracket) mayBegin = token !== ']' && token !== '}'
    else if (!/^[\s#]/.test(token)) mayBegin = token === '[' || token === '{'
    if (token === '[' || token === '{') level++
    else if (token === ']' || token === '}') level = Math.max(0, level - 1)
    else if (token === FLOW_END) level = 0
  }
  if (isDash) yield '-'
  if (scalar !== undefined) yield* [...plain(scalar, mayBegin), ...held]
}

/** A plain scalar of a flow collection, with the indicators that are in it. */
function* plain(source: string, mayBegin: boolean): Generator<string> {
  let rest = source
  if (mayBegin && rest[0] === '?') {
    const blank = /^\s*/.exec(rest.slice(1))![0]
    yield '?'
    if (blank !== '') yield blank
    rest = rest.slice(1 + blank.length)
    // The lexer took what follows for text, which it is not; better no document than another one.
    if (/^["'!&*]/.test(rest)) yield* [SCALAR, '']
  }
  // More colons than one are a mistake, of which two are enough.
  for (let colons = 0; colons < 2 && rest[0] === ':'; colons++) {
    yield ':'
    rest = rest.slice(1)
  }
  const at = rest.indexOf('?')
  // Two scalars without a comma: the parser refuses them.
  if (at >= 0) yield* [SCALAR, rest.slice(0, at), SCALAR, rest.slice(at)]
  else if (rest !== '') yield* [SCALAR, rest]
}

function isFlowIndicator(token: string): boolean {
  return token === ',' || token === '[' || token === ']' || token === '{' || token === '}'
}
