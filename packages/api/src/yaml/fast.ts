import type { Limits } from './limits.ts'
import type { Fields } from './path.ts'
import { plainScalar } from './scalar.ts'

/** Thrown inside of this file only: the text has something that the full parser must look at. */
const GIVE_UP = Symbol('give up')

/**
 * Reads the YAML that people and printers mostly write: block maps and lists, scalars of one line, flow collections of
 * one line, literal blocks. Undefined for anything else, right or wrong, which the full parser then reads; so this says
 * either what that says or nothing. It is some twenty times as fast.
 */
export function readFast(text: string, limits: Limits): { readonly value: unknown } | undefined {
  if (!text.endsWith('\n') || /[\t\r]|^(?:---[^\n]*\S|%|\.\.\.)/m.test(text.replace(/^---\n/, '')))
    return undefined
  try {
    return { value: new FastReader(text, limits).document() }
  } catch (thrown) {
    if (thrown === GIVE_UP) return undefined
    throw thrown
  }
}

const SPACE = 32
const DASH = 45
const COLON = 58
const HASH = 35
const DOUBLE_QUOTE = 34
const SINGLE_QUOTE = 39

/** Characters that begin something else than a plain scalar. */
const INDICATORS = '-?:,[]{}#&*!|>\'"%@`'

class FastReader {
  private readonly text: string
  private readonly limits: Limits
  private nodes = 0
  /** Start of what is to be read next on the line, its column, and the end of the line. */
  private at = 0
  private column = 0
  private end = 0
  private isDone = false

  constructor(text: string, limits: Limits) {
    this.text = text
    this.limits = limits
  }

  document(): unknown {
    if (this.text.startsWith('---\n')) this.at = 4
    this.seek(this.at)
    if (this.isDone) throw GIVE_UP
    const value = this.block(0)
    if (!this.isDone) throw GIVE_UP
    return value
  }

  /** A list or map that begins here. */
  private block(depth: number): unknown {
    if (depth > this.limits.maxDepth) throw GIVE_UP
    if (this.isDash(this.at)) return this.list(depth)
    if (this.keyEnd(this.at) < 0) throw GIVE_UP
    return this.map(depth)
  }

  private list(depth: number): unknown[] {
    this.count()
    const column = this.column
    const out: unknown[] = []
    while (!this.isDone && this.column === column && this.isDash(this.at)) {
      let start = this.at + 1
      while (start < this.end && this.text.charCodeAt(start) === SPACE) start++
      if (this.isLineOver(start)) {
        this.seek(this.end + 1)
        out.push(!this.isDone && this.column > column ? this.block(depth + 1) : this.nothing())
      } else if (this.isDash(start) || this.keyEnd(start) >= 0) {
        this.column += start - this.at
        this.at = start
        out.push(this.block(depth + 1))
      } else out.push(this.value(start, column, depth + 1))
    }
    if (!this.isDone && this.column > column) throw GIVE_UP
    return out
  }

  private map(depth: number): Fields {
    this.count()
    const column = this.column
    const out: Fields = {}
    while (!this.isDone && this.column === column) {
      if (this.isDash(this.at)) break
      const colon = this.keyEnd(this.at)
      if (colon < 0) throw GIVE_UP
      const key = this.key(this.at, colon)
      this.count()
      let start = colon + 1
      while (start < this.end && this.text.charCodeAt(start) === SPACE) start++
      let value: unknown
      if (this.isLineOver(start)) {
        this.seek(this.end + 1)
        const isBelow =
          !this.isDone && (this.column > column || (this.column === column && this.isDash(this.at)))
        value = isBelow ? this.block(depth + 1) : this.nothing()
      } else value = this.value(start, column, depth + 1)
      if (key === '__proto__' || key === '<<' || Object.hasOwn(out, key)) throw GIVE_UP
      out[key] = value
    }
    if (!this.isDone && this.column > column) throw GIVE_UP
    return out
  }

  /** A value that begins on the line of its key or dash, which is at `column`. Goes on to the next line. */
  private value(start: number, column: number, depth: number): unknown {
    const first = this.text[start]!
    if (first === '|') return this.literal(start, column)
    const flow = new FlowReader(this.text, start, this.end, this.limits.maxDepth - depth)
    const value =
      first === '"' || first === "'" || first === '[' || first === '{'
        ? flow.value()
        : this.plain(start, flow)
    this.nodes += flow.nodes
    this.count(0)
    if (!this.isLineOver(flow.at)) throw GIVE_UP
    // A comment needs a blank before it.
    if (flow.at < this.end && this.text.charCodeAt(flow.at) === HASH) throw GIVE_UP
    this.seek(this.end + 1)
    // What is further in goes on with the scalar, or is a mistake.
    if (!this.isDone && this.column > column) throw GIVE_UP
    return value
  }

  /** A plain scalar up to the end of the line or a comment. */
  private plain(start: number, flow: FlowReader): unknown {
    const { text } = this
    const next = text.charCodeAt(start + 1)
    const first = text[start]!
    if (INDICATORS.includes(first) && !(first === '-' && next > SPACE)) throw GIVE_UP
    let end = text.indexOf(' #', start)
    if (end < 0 || end > this.end) end = this.end
    flow.at = end
    while (text.charCodeAt(end - 1) === SPACE) end--
    const source = text.slice(start, end)
    if (source.includes(': ') || source.endsWith(':')) throw GIVE_UP
    flow.nodes++
    return json(plainScalar(source))
  }

  /** A literal block. */
  private literal(start: number, column: number): string {
    this.count()
    const { text } = this
    const header = text.slice(start + 1, this.end).trimEnd()
    if (header !== '' && header !== '-') throw GIVE_UP
    const lines: string[] = []
    let indent = -1
    let at = this.end + 1
    while (at < text.length) {
      const end = text.indexOf('\n', at)
      let first = at
      while (first < end && text.charCodeAt(first) === SPACE) first++
      if (first === end) {
        if (indent < 0 && first > at) throw GIVE_UP
        lines.push(indent < 0 ? '' : text.slice(Math.min(at + indent, end), end))
      } else {
        if (indent < 0) {
          if (first - at <= column) break
          indent = first - at
        }
        if (first - at < indent) break
        lines.push(text.slice(at + indent, end))
      }
      at = end + 1
    }
    while (lines.length > 0 && lines[lines.length - 1]!.trim() === '') {
      if (lines.pop() !== '') throw GIVE_UP
    }
    this.seek(at)
    if (lines.length === 0 || (!this.isDone && this.column > column)) throw GIVE_UP
    return lines.join('\n') + (header === '-' ? '' : '\n')
  }

  private key(start: number, colon: number): string {
    const first = this.text.charCodeAt(start)
    if (first === DOUBLE_QUOTE || first === SINGLE_QUOTE) {
      const flow = new FlowReader(this.text, start, colon, 1)
      return String(flow.value())
    }
    return keyText(this.text.slice(start, colon))
  }

  /** Where the colon of a key stands that begins here; -1 when it is no key. */
  private keyEnd(start: number): number {
    const { text, end } = this
    const first = text.charCodeAt(start)
    let at = start
    if (first === DOUBLE_QUOTE || first === SINGLE_QUOTE) {
      at = quoteEnd(text, start, end)
      return at < end &&
        text.charCodeAt(at) === COLON &&
        (at + 1 === end || text.charCodeAt(at + 1) === SPACE)
        ? at
        : -1
    }
    if (INDICATORS.includes(text[start]!) && !(first === DASH && text.charCodeAt(start + 1) > SPACE))
      return -1
    for (; at < end; at++) {
      const code = text.charCodeAt(at)
      if (code === COLON && (at + 1 === end || text.charCodeAt(at + 1) === SPACE)) return at
      if (code === HASH && text.charCodeAt(at - 1) === SPACE) return -1
    }
    return -1
  }

  /** Whether only blanks and a comment are left. */
  private isLineOver(at: number): boolean {
    let first = at
    while (first < this.end && this.text.charCodeAt(first) === SPACE) first++
    return first >= this.end || this.text.charCodeAt(first) === HASH
  }

  private isDash(at: number): boolean {
    if (this.text.charCodeAt(at) !== DASH) return false
    const next = this.text.charCodeAt(at + 1)
    return at + 1 === this.end || next === SPACE
  }

  /** Goes to the next line that says something, at or after `from`. */
  private seek(from: number): void {
    const { text } = this
    let at = from
    while (at < text.length) {
      const end = text.indexOf('\n', at)
      let first = at
      while (text.charCodeAt(first) === SPACE) first++
      if (first < end && text.charCodeAt(first) !== HASH) {
        this.at = first
        this.column = first - at
        this.end = end
        return
      }
      at = end + 1
    }
    this.isDone = true
  }

  private nothing(): null {
    this.count()
    return null
  }

  private count(by = 1): void {
    this.nodes += by
    if (this.nodes > this.limits.maxNodes) throw GIVE_UP
  }
}

/** Reads quoted scalars and flow collections within a line. */
class FlowReader {
  at: number
  nodes = 0
  private readonly text: string
  private readonly end: number
  private readonly maxDepth: number

  constructor(text: string, at: number, end: number, maxDepth: number) {
    this.text = text
    this.at = at
    this.end = end
    this.maxDepth = maxDepth
  }

  value(depth = 0): unknown {
    this.nodes++
    if (depth > this.maxDepth) throw GIVE_UP
    const first = this.text[this.at]
    if (first === '"' || first === "'") return this.quoted()
    if (first === '[') return this.list(depth)
    if (first === '{') return this.map(depth)
    return json(plainScalar(this.plain()))
  }

  private list(depth: number): unknown[] {
    const out: unknown[] = []
    this.at++
    this.blanks()
    if (this.text[this.at] === ']') {
      this.at++
      return out
    }
    for (;;) {
      out.push(this.value(depth + 1))
      if (this.isOver(']')) return out
    }
  }

  private map(depth: number): Fields {
    const out: Fields = {}
    this.at++
    this.blanks()
    if (this.text[this.at] === '}') {
      this.at++
      return out
    }
    for (;;) {
      this.nodes++
      const first = this.text[this.at]
      const isQuoted = first === '"' || first === "'"
      const key = isQuoted ? this.quoted() : keyText(this.plain())
      if (this.text.charCodeAt(this.at) !== COLON || this.text.charCodeAt(this.at + 1) !== SPACE)
        throw GIVE_UP
      this.at++
      this.blanks()
      if (key === '__proto__' || key === '<<' || Object.hasOwn(out, key)) throw GIVE_UP
      out[key] = this.value(depth + 1)
      if (this.isOver('}')) return out
    }
  }

  /** After an item: whether the collection ends here; else goes to the next item. */
  private isOver(close: string): boolean {
    this.blanks()
    const next = this.text[this.at]
    this.at++
    if (next === close) return true
    if (next !== ',') throw GIVE_UP
    this.blanks()
    return false
  }

  private quoted(): string {
    const end = quoteEnd(this.text, this.at, this.end)
    if (end < 0) throw GIVE_UP
    const source = this.text.slice(this.at, end)
    this.at = end
    if (source[0] === "'") return source.slice(1, -1).replaceAll("''", "'")
    if (!source.includes('\\')) return source.slice(1, -1)
    // Escapes that JSON has mean the same in YAML.
    if (/\\(?!["\\/bfnrt]|u[0-9a-fA-F]{4})/.test(source.replaceAll('\\\\', ''))) throw GIVE_UP
    return JSON.parse(source) as string
  }

  private plain(): string {
    const { text, at } = this
    const first = text[at]
    if (this.at >= this.end || first === undefined) throw GIVE_UP
    if (INDICATORS.includes(first) && !(first === '-' && /[^\s,[\]{}]/.test(text[at + 1] ?? ' ')))
      throw GIVE_UP
    let end = at
    for (; end < this.end; end++) {
      const char = text[end]!
      if (char === ',' || char === ']' || char === '}') break
      if (char === '[' || char === '{' || char === '#') throw GIVE_UP
      if (char === ':' && /[\s,[\]{}]/.test(text[end + 1] ?? ' ')) break
    }
    this.at = end
    return text.slice(at, end).trimEnd()
  }

  private blanks(): void {
    while (this.at < this.end && this.text.charCodeAt(this.at) === SPACE) this.at++
    if (this.at >= this.end) throw GIVE_UP
  }
}

/** The place after the quote that closes the one at `start`; -1 when the line ends before. */
function quoteEnd(text: string, start: number, end: number): number {
  const quote = text.charCodeAt(start)
  for (let at = start + 1; at < end; at++) {
    const code = text.charCodeAt(at)
    if (code === 92 && quote === DOUBLE_QUOTE) at++
    else if (code === quote) {
      if (quote === SINGLE_QUOTE && text.charCodeAt(at + 1) === SINGLE_QUOTE) at++
      else return at + 1
    }
  }
  return -1
}

function keyText(source: string): string {
  const value = plainScalar(source.trimEnd())
  if (value === null || source.trim() === '') throw GIVE_UP
  return String(json(value))
}

function json(value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) throw GIVE_UP
  return value
}
