import { plainScalarIsString } from './scalar.ts'

/** Options of {@link toYaml}. */
export interface PrintOptions {
  /**
   * Order of keys. `kubernetes`: `apiVersion`, `kind`, `metadata` first, names before the rest, the rest by alphabet.
   * `insertion`: as they are in the object.
   *
   * @defaultValue `kubernetes`
   */
  readonly order?: 'kubernetes' | 'insertion'
}

/** Keys that come first wherever they are. */
const FIRST = ['apiVersion', 'kind', 'metadata', 'name', 'namespace']

/** Keys that come last at the top of an object. */
const LAST = ['status']

/**
 * Prints an object, or several as a multi-document text, as YAML.
 *
 * The text is the same whatever the order in which the keys were written. Fields that are undefined are left out.
 * Strings are quoted where YAML 1.1 or 1.2 would read something else, so every Kubernetes tool reads back what was
 * printed.
 *
 * @example
 * toYaml([virtualService({ name: 'reviews', hosts: ['reviews'], http: [] }), destinationRule({ ... })])
 */
export function toYaml(value: unknown, options: PrintOptions = {}): string {
  const printer = new Printer(options.order ?? 'kubernetes')
  if (Array.isArray(value)) return value.map((one) => printer.document(one)).join('---\n')
  return printer.document(value)
}

class Printer {
  private readonly order: 'kubernetes' | 'insertion'
  private readonly open = new Set<object>()

  constructor(order: 'kubernetes' | 'insertion') {
    this.order = order
  }

  document(value: unknown): string {
    const text = this.node(value, 0, true)
    return text.startsWith('\n') ? text.slice(1) : `${text.trimStart()}\n`
  }

  /** Text of a value that follows `key:` or `-`: ` scalar`, or a newline and a block. */
  private node(value: unknown, depth: number, top = false): string {
    if (typeof value !== 'object' || value === null) return ` ${scalar(value, depth)}`
    if (this.open.has(value)) throw new TypeError('cannot print an object that contains itself')
    this.open.add(value)
    const text = Array.isArray(value)
      ? this.list(value, depth)
      : this.map(value as Record<string, unknown>, depth, top)
    this.open.delete(value)
    return text
  }

  private list(items: readonly unknown[], depth: number): string {
    if (items.length === 0) return ' []'
    const pad = '  '.repeat(depth)
    let out = '\n'
    for (const item of items) {
      const text = this.node(item ?? null, depth + 1)
      // A map or list in a list begins on the line of its dash.
      out += text.startsWith('\n') ? `${pad}- ${text.slice(1).trimStart()}` : `${pad}-${text}\n`
    }
    return out
  }

  private map(fields: Readonly<Record<string, unknown>>, depth: number, top: boolean): string {
    const keys = this.sorted(
      Object.keys(fields).filter((key) => fields[key] !== undefined),
      top,
    )
    if (keys.length === 0) return ' {}'
    const pad = '  '.repeat(depth)
    let out = '\n'
    for (const key of keys) {
      const value = fields[key]
      // Lists are not indented further than their key, as kubectl prints them.
      const text = this.node(value, Array.isArray(value) ? depth : depth + 1)
      out += `${pad}${keyText(key, depth, pad)}:${text.startsWith('\n') ? text : `${text}\n`}`
    }
    return out
  }

  private sorted(keys: string[], top: boolean): string[] {
    if (this.order === 'insertion') return keys
    const rank = (key: string): number => {
      const first = FIRST.indexOf(key)
      if (first >= 0) return first
      return top && LAST.includes(key) ? FIRST.length + 1 : FIRST.length
    }
    return keys.sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : a > b ? 1 : 0))
  }
}

function scalar(value: unknown, depth: number): string {
  if (value === null || value === undefined) return 'null'
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value)
  if (typeof value === 'number') return number(value)
  return string(String(value), depth)
}

/** A key stands on one line; a very long one needs the explicit form. */
function keyText(key: string, depth: number, pad: string): string {
  const text = key.includes('\n') ? quoted(key) : string(key, depth)
  return text.length <= 1000 ? text : `? ${text}\n${pad}`
}

function number(value: number): string {
  if (Number.isFinite(value)) return Object.is(value, -0) ? '0' : String(value)
  throw new TypeError(`${value} is no JSON number`)
}

/** Strings that stand without quotes: printable, no indicator at the beginning, no ": " and no " #". */
const PLAIN = /^[^\s\-?:,[\]{}#&*!|>'"%@`\p{C}][^\p{C}\u2028\u2029\u0085\ufeff]*$/u

/** Text that a literal block can hold: printable characters and single line feeds. */
const LITERAL = /^(?:[^\p{C}\u2028\u2029\u0085\ufeff]|\n|\t)*$/u

function string(text: string, depth: number): string {
  if (text.includes('\n')) return literal(text, depth) ?? quoted(text)
  const plain =
    (PLAIN.test(text) || /^-[^\s\-\p{C}][^\p{C}]*$/u.test(text)) &&
    !text.includes(': ') &&
    !text.includes(' #') &&
    !text.endsWith(':') &&
    !/\s$/.test(text) &&
    plainScalarIsString(text)
  if (plain) return text
  if (!/[\p{C}'\u2028\u2029\u0085\ufeff]/u.test(text)) return `'${text}'`
  return quoted(text)
}

/** JSON strings are YAML, once the characters that JSON leaves alone are escaped as well. A half of a character has no escape. */
function quoted(text: string): string {
  return JSON.stringify(text.replace(/\p{Cs}/gu, '\ufffd')).replace(
    /[\u007f-\u00a0\u2028\u2029\ufeff\p{Cf}\p{Cn}\p{Co}]/gu,
    (char) => {
      const point = char.codePointAt(0)!.toString(16)
      return point.length > 4 ? `\\U${point.padStart(8, '0')}` : `\\u${point.padStart(4, '0')}`
    },
  )
}

/** A literal block, where the text survives in one. */
function literal(text: string, depth: number): string | undefined {
  if (!LITERAL.test(text) || /^[\s]/.test(text) || /[ \t]\n/.test(text) || /\n{2,}$/.test(text))
    return quoted(text)
  const keep = text.endsWith('\n')
  const pad = '  '.repeat(Math.max(depth, 1))
  const lines = (keep ? text.slice(0, -1) : text).split('\n')
  return `|${keep ? '' : '-'}\n${lines.map((line) => (line === '' ? '' : pad + line)).join('\n')}`
}
