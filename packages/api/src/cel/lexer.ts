import { CelError } from './value.ts'

/** A token of CEL. */
export interface Token {
  readonly kind: 'ident' | 'int' | 'uint' | 'double' | 'string' | 'bytes' | 'op' | 'end'
  readonly text: string
  /** Value of a literal; what stands in the source for a name in backticks. */
  readonly value?: string | number | bigint | Uint8Array
  readonly at: number
}

const SPACE = /(?:\s|\/\/[^\n]*)*/y
const NUMBER =
  /0[xX][0-9a-fA-F]+[uU]?|(?:\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+(?:[eE][+-]?\d+)?)|\d+[uU]?/y
const IDENT = /[A-Za-z_][A-Za-z0-9_]*/y
/** A field whose name is no identifier: a.`b-c`. */
const ESCAPED = /`([A-Za-z0-9_.\-/ ]+)`/y
const STRING_START = /([rR]?[bB]?|[bB][rR])("""|'''|"|')/y
const OPERATOR = /\|\||&&|==|!=|<=|>=|\[\?|\.\?|\{\?|[-+*/%<>!?:.,()[\]{}]/y

/** Splits an expression into tokens; throws a {@link CelError} where it cannot. */
export function tokenize(source: string): Token[] {
  const out: Token[] = []
  let at = 0
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at
    return pattern.exec(source)
  }
  for (;;) {
    at += match(SPACE)![0].length
    if (at >= source.length) break
    const start = match(STRING_START)
    if (start !== null) {
      const [token, end] = stringToken(source, at, start[1]!.toLowerCase(), start[2]!, at + start[0].length)
      out.push(token)
      at = end
      continue
    }
    const number = match(NUMBER)
    if (number !== null && !(number[0].startsWith('.') && isMember(out))) {
      out.push(numberToken(number[0], at))
      at += number[0].length
      continue
    }
    const ident = match(IDENT)
    if (ident !== null) {
      out.push({ kind: 'ident', text: ident[0], at })
      at += ident[0].length
      continue
    }
    const escaped = match(ESCAPED)
    if (escaped !== null) {
      out.push({ kind: 'ident', text: escaped[1]!, value: escaped[0], at })
      at += escaped[0].length
      continue
    }
    const operator = match(OPERATOR)
    if (operator === null) throw new CelError(`Syntax error: token recognition error at: '${source[at]}'`, at)
    let text = operator[0]
    // `{?` opens a map with an optional entry; anywhere else `?` stands alone.
    if (text === '{?') text = '{'
    out.push({ kind: 'op', text, at })
    at += text.length
  }
  out.push({ kind: 'end', text: '<EOF>', at })
  return out
}

function isMember(before: readonly Token[]): boolean {
  const last = before[before.length - 1]
  return last !== undefined && (last.kind === 'ident' || last.text === ')' || last.text === ']')
}

function numberToken(text: string, at: number): Token {
  if (/[uU]$/.test(text)) return { kind: 'uint', text, value: BigInt(text.slice(0, -1)), at }
  if (/^0[xX]/.test(text) || /^\d+$/.test(text)) return { kind: 'int', text, value: BigInt(text), at }
  return { kind: 'double', text, value: Number(text), at }
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '?': '?',
  '"': '"',
  "'": "'",
  '`': '`',
}

function stringToken(
  source: string,
  at: number,
  prefix: string,
  quote: string,
  from: number,
): [Token, number] {
  const raw = prefix.includes('r')
  const bytes = prefix.includes('b')
  let text = ''
  let i = from
  for (;;) {
    if (i >= source.length) throw new CelError('Syntax error: a string is not closed', at)
    if (source.startsWith(quote, i)) break
    const char = source[i]!
    if (quote.length === 1 && (char === '\n' || char === '\r')) {
      throw new CelError('Syntax error: a string is not closed', at)
    }
    if (char !== '\\' || raw) {
      const whole = String.fromCodePoint(source.codePointAt(i)!)
      text += whole
      i += whole.length
      continue
    }
    const sequence =
      /\\(?:x([0-9a-fA-F]{2})|X([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2})|([abfnrtv\\?"'`]))/y
    sequence.lastIndex = i
    const found = sequence.exec(source)
    if (found === null || (bytes && (found[3] ?? found[4]) !== undefined))
      throw new CelError('Syntax error: unknown escape in a string', i)
    const hex = found[1] ?? found[2] ?? found[3] ?? found[4]
    text +=
      hex !== undefined
        ? String.fromCodePoint(Number.parseInt(hex, 16))
        : found[5] !== undefined
          ? String.fromCodePoint(Number.parseInt(found[5], 8))
          : ESCAPES[found[6]!]!
    i += found[0].length
  }
  const end = i + quote.length
  if (!bytes) return [{ kind: 'string', text: source.slice(at, end), value: text, at }, end]
  // In bytes an escape is a byte; other characters are their UTF-8.
  const value =
    /^[\x00-\xff]*$/.test(text) && source.slice(from, i).includes('\\')
      ? Uint8Array.from(text, (char) => char.charCodeAt(0))
      : new TextEncoder().encode(text)
  return [{ kind: 'bytes', text: source.slice(at, end), value, at }, end]
}
