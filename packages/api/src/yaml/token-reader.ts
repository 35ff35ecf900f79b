import { CST } from 'yaml'
import { SCALAR } from './flow-tokens.ts'
import type { Lexed } from './lexed.ts'
import type { Limits } from './limits.ts'
import type { Fields } from './path.ts'
import { plainKey, plainScalar } from './scalar.ts'

/** Thrown inside of this file only: the text has something that the library's parser must look at. */
const GIVE_UP = Symbol('give up')

/**
 * Reads a document from the tokens of the library's lexer, without a syntax tree: block and flow collections, scalars
 * of every style. Undefined when there is anything else in it, be it right (anchors, tags, keys over several lines) or
 * wrong. The library's parser then reads it, so that this says what that says or nothing; it takes a
 * third of its time.
 *
 * @see docs/adr/0011-yaml-from-tokens.md
 */
export function readTokens(lexed: Lexed, limits: Limits): { readonly value: unknown } | undefined {
  if (!lexed.isPlain) return undefined
  try {
    return { value: new TokenReader(lexed.tokens, limits).document() }
  } catch (thrown) {
    if (thrown === GIVE_UP) return undefined
    throw thrown
  }
}

/** First characters with which the library refuses a plain scalar. */
const NO_START = ',%|>@`'

/** A key that is longer cannot stand without `?`. */
const MAX_KEY = 1000

class TokenReader {
  private readonly tokens: readonly string[]
  private readonly limits: Limits
  private at = 0
  /** Column of the token at {@link at}. */
  private column = 0
  private nodes = 0

  constructor(tokens: readonly string[], limits: Limits) {
    this.tokens = tokens
    this.limits = limits
  }

  document(): unknown {
    this.seek()
    if (this.token() !== '\u0002') throw GIVE_UP
    this.at++
    this.seek()
    if (this.token() === '---') {
      this.next()
      this.endLine()
      this.seek()
    }
    const first = this.token()
    const isFlow = first === '[' || first === '{'
    if (!isFlow && first !== '-' && !this.isKey()) throw GIVE_UP
    const value = isFlow ? this.flow(0, true) : this.block(0)
    if (isFlow) this.endLine()
    this.seek()
    if (this.at < this.tokens.length) throw GIVE_UP
    return value
  }

  /** A list or map that begins here. */
  private block(depth: number): unknown {
    return this.token() === '-' ? this.list(depth) : this.map(depth)
  }

  private list(depth: number): unknown[] {
    this.count(depth)
    const { column } = this
    const out: unknown[] = []
    while (this.token() === '-' && this.column === column) {
      this.next()
      const isBelow = this.isLineOver()
      if (isBelow) this.seek()
      else this.blanks()
      if (!isBelow || (this.at < this.tokens.length && this.column > column))
        out.push(this.item(column, depth))
      else out.push(this.nothing(depth + 1))
      this.seek()
    }
    if (this.at < this.tokens.length && this.column > column) throw GIVE_UP
    return out
  }

  private item(column: number, depth: number): unknown {
    const isCollection = this.token() === '-' || this.isKey()
    return isCollection ? this.block(depth + 1) : this.value(column, depth + 1)
  }

  private map(depth: number): Fields {
    this.count(depth)
    const { column } = this
    const out: Fields = {}
    while (this.at < this.tokens.length && this.column === column && this.token() !== '-') {
      if (!this.isKey()) throw GIVE_UP
      const key = this.key()
      this.blanks()
      this.next()
      set(out, key, this.entry(column, depth))
      this.seek()
    }
    if (this.at < this.tokens.length && this.column > column) throw GIVE_UP
    return out
  }

  /** What stands behind the colon of a key at `column`. */
  private entry(column: number, depth: number): unknown {
    if (!this.isLineOver()) {
      this.blanks()
      if (this.isKey()) throw GIVE_UP
      return this.value(column, depth + 1)
    }
    this.seek()
    if (this.at >= this.tokens.length || this.column < column) return this.nothing(depth + 1)
    if (this.column > column) return this.item(column, depth)
    return this.token() === '-' ? this.list(depth + 1) : this.nothing(depth + 1)
  }

  /** A scalar or flow collection below a key or dash at `column`, up to the end of its line. */
  private value(column: number, depth: number): unknown {
    const first = this.token()
    if (first?.[0] === '|' || first?.[0] === '>') return this.blockScalar(column, depth)
    const value = first === '[' || first === '{' ? this.flow(depth, false) : this.scalar(depth, true)
    this.endLine()
    return value
  }

  private scalar(depth: number, hasLines: boolean): unknown {
    this.count(depth)
    return this.token() === SCALAR ? json(plainScalar(this.plain(hasLines))) : this.quoted(hasLines)
  }

  private key(): string {
    this.count(0)
    if (this.token() !== SCALAR) return this.quoted(false)
    return plainKey(this.plain(false)) ?? giveUp()
  }

  private plain(hasLines: boolean): string {
    this.at++
    const source = this.token()
    if (source === undefined || source === '' || NO_START.includes(source[0]!)) throw GIVE_UP
    this.next()
    if (!/[\n\r]/.test(source)) return source
    return hasLines ? resolved('scalar', source) : giveUp()
  }

  private quoted(hasLines: boolean): string {
    const source = this.token()
    const quote = source?.[0]
    if (source === undefined || (quote !== '"' && quote !== "'")) throw GIVE_UP
    this.next()
    const isOneLine = !/[\n\r]/.test(source)
    if (!isOneLine && !hasLines) throw GIVE_UP
    const isPlain = isOneLine && source.indexOf(quote, 1) === source.length - 1 && source.length > 1
    if (isPlain && (quote === "'" || !source.includes('\\'))) return source.slice(1, -1)
    return resolved(quote === '"' ? 'double-quoted-scalar' : 'single-quoted-scalar', source)
  }

  private blockScalar(column: number, depth: number): string {
    this.count(depth)
    const header = this.token()!
    // An indentation that is told counts from that of the collection, which only the parser knows for sure.
    if (/\d/.test(header)) throw GIVE_UP
    this.next()
    this.endLine()
    if (this.token() !== SCALAR) throw GIVE_UP
    const source = this.tokens[this.at + 1] ?? ''
    this.at += 2
    this.column = 0
    const place = { offset: 0, indent: column }
    const props = [{ ...place, type: 'block-scalar-header' as const, source: header }]
    return CST.resolveAsScalar({ ...place, type: 'block-scalar', props, source }, true, giveUp).value
  }

  /** A flow collection; lines may end in it when it is the whole document. */
  private flow(depth: number, hasLines: boolean): unknown {
    this.count(depth)
    const isMap = this.token() === '{'
    const close = isMap ? '}' : ']'
    const list: unknown[] = []
    const fields: Fields = {}
    this.next()
    this.space(hasLines)
    if (this.token() === close) {
      this.next()
      return isMap ? fields : list
    }
    for (;;) {
      if (isMap) {
        const key = this.key()
        this.blanks()
        if (this.token() !== ':') throw GIVE_UP
        this.next()
        this.space(hasLines)
        set(fields, key, this.flowValue(depth, hasLines))
      } else list.push(this.flowValue(depth, hasLines))
      this.space(hasLines)
      const end = this.token()
      this.next()
      if (end === close) return isMap ? fields : list
      if (end !== ',') throw GIVE_UP
      this.space(hasLines)
    }
  }

  private flowValue(depth: number, hasLines: boolean): unknown {
    const first = this.token()
    return first === '[' || first === '{' ? this.flow(depth + 1, hasLines) : this.scalar(depth + 1, false)
  }

  /** Whether a scalar and a colon follow. */
  private isKey(): boolean {
    const first = this.token()
    let after = this.at + 1
    if (first === SCALAR) after++
    else if (first === undefined || (first[0] !== '"' && first[0] !== "'")) return false
    if ((this.tokens[after - 1] ?? '').length > MAX_KEY) return false
    if (isBlank(this.tokens[after])) after++
    return this.tokens[after] === ':'
  }

  /** Whether nothing but blanks and a comment is left on the line. */
  private isLineOver(): boolean {
    const next = isBlank(this.token()) ? this.tokens[this.at + 1] : this.token()
    return next === undefined || isNewline(next) || next[0] === '#'
  }

  /** Goes past the end of the line; only blanks and a comment may stand before it. */
  private endLine(): void {
    const hasBlank = isBlank(this.token())
    this.blanks()
    if (this.token()?.[0] === '#') {
      // A comment needs a blank before it.
      if (!hasBlank) throw GIVE_UP
      this.next()
    }
    if (this.at < this.tokens.length && !isNewline(this.token())) throw GIVE_UP
    this.next()
  }

  /** Goes to the next token that says something. */
  private seek(): void {
    for (;;) {
      const token = this.token()
      if (token === undefined) return
      const isSpace = isNewline(token) || isBlank(token) || token[0] === '#'
      if (!isSpace) return
      this.next()
    }
  }

  private space(hasLines: boolean): void {
    this.blanks()
    while (hasLines && isNewline(this.token())) {
      this.next()
      this.blanks()
    }
  }

  private blanks(): void {
    if (isBlank(this.token())) this.next()
  }

  private token(): string | undefined {
    return this.tokens[this.at]
  }

  private next(): void {
    const token = this.tokens[this.at]
    if (token === undefined) return
    this.column = isNewline(token) ? 0 : this.column + token.length
    this.at++
  }

  private nothing(depth: number): null {
    this.count(depth)
    return null
  }

  private count(depth: number): void {
    if (++this.nodes > this.limits.maxNodes || depth > this.limits.maxDepth) throw GIVE_UP
  }
}

function set(out: Fields, key: string, value: unknown): void {
  if (key === '__proto__' || key === '<<' || Object.hasOwn(out, key)) throw GIVE_UP
  out[key] = value
}

function json<T>(value: T): T {
  if (typeof value === 'number' && !Number.isFinite(value)) throw GIVE_UP
  return value
}

function isNewline(token: string | undefined): boolean {
  return token === '\n' || token === '\r\n'
}

/** Whether a token is blank space within a line. Tabs are left to the parser. */
function isBlank(token: string | undefined): boolean {
  if (token === undefined || token.charCodeAt(0) !== 32) {
    if (token?.charCodeAt(0) === 9) throw GIVE_UP
    return false
  }
  if (token.includes('\t')) throw GIVE_UP
  return true
}

function resolved(type: 'scalar' | 'single-quoted-scalar' | 'double-quoted-scalar', source: string): string {
  return CST.resolveAsScalar({ type, offset: 0, indent: 0, source }, true, giveUp).value
}

function giveUp(): never {
  throw GIVE_UP
}
