import { type Comment, CommentNode } from './comments.ts'

/** TypeScript code that can be printed on one line or broken into several. */
export type Code = string | Group | Chain

/** Something between brackets. */
export interface Group {
  readonly open: string
  readonly items: readonly Item[]
  readonly close: string
  /** Comments after the last item. */
  readonly end?: readonly Comment[]
}

/** Something in a group, perhaps with a name or other text before it. */
export interface Item {
  readonly before: string
  readonly code: Code
  /** Comments on lines of their own above it. */
  readonly above?: readonly Comment[]
}

/** Calls, one after another, each on what the one before gave. */
export interface Chain {
  readonly head: Code
  readonly calls: readonly Call[]
}

/** A call in a chain. */
export interface Call {
  readonly code: Code
  /** Comments on lines of their own above it. */
  readonly above?: readonly Comment[]
}

/** Code for a value at a path of the value that is written, in place of the plain one. */
export type Shortcut = (path: string, value: unknown, comments: CommentNode) => Code | undefined

/** Characters of a line of the code that is written. */
const WIDTH = 100

/** A call. */
export function call(name: string, ...args: readonly Code[]): Code {
  if (args.length === 0) return `${name}()`
  return { open: `${name}(`, items: args.map((code) => ({ before: '', code })), close: ')' }
}

/**
 * A JSON value as TypeScript, with its comments. Paths that the shortcut is asked about have `*` for indexes of lists:
 * `servers.*`.
 */
export function literal(
  value: unknown,
  comments: CommentNode = new CommentNode(),
  shortcut: Shortcut = () => undefined,
  path = '',
): Code {
  const short = shortcut(path, value, comments)
  if (short !== undefined) return short
  if (typeof value === 'string') return quoted(value)
  if (typeof value !== 'object' || value === null) return String(value)
  const below = (part: string | number): string =>
    `${path}${path === '' ? '' : '.'}${typeof part === 'number' ? '*' : part}`
  if (Array.isArray(value)) {
    const items = value.map((item: unknown, i): Item => {
      const node = comments.at(i)
      return { before: '', code: literal(item, node, shortcut, below(i)), above: node.above }
    })
    return array(items, comments.end)
  }
  return object(
    Object.entries(value).map(([key, field]): Field => {
      const node = comments.at(key)
      return { key, code: literal(field, node, shortcut, below(key)), above: node.above }
    }),
    comments.end,
  )
}

/** A list of expressions. */
export function array(items: readonly Item[], end: readonly Comment[] = []): Code {
  return items.length === 0 && end.length === 0 ? '[]' : { open: '[', items, close: ']', end }
}

/** A field of an object. */
export interface Field {
  readonly key: string
  readonly code: Code
  readonly above?: readonly Comment[]
}

/** An object of expressions. */
export function object(fields: readonly Field[], end: readonly Comment[] = []): Code {
  if (fields.length === 0 && end.length === 0) return '{}'
  const items = fields.map(
    ({ key, code, above = [] }): Item => ({ before: `${propertyName(key)}: `, code, above }),
  )
  return { open: '{', items, close: '}', end }
}

/** Every comment that the code has. */
export function commentsIn(code: Code): Comment[] {
  if (typeof code === 'string') return []
  if ('calls' in code) {
    const inCalls = code.calls.flatMap((one) => [...(one.above ?? []), ...commentsIn(one.code)])
    return [...commentsIn(code.head), ...inCalls]
  }
  const inItems = code.items.flatMap((item) => [...(item.above ?? []), ...commentsIn(item.code)])
  return [...inItems, ...(code.end ?? [])]
}

/** Comments as lines of code. */
export function commentLines(comments: readonly Comment[], indent = 0): string {
  const pad = ' '.repeat(indent)
  return comments.map(({ text }) => (text === '' ? '\n' : `${pad}// ${oneLine(text)}\n`)).join('')
}

/** A comment ends where JavaScript ends a line, which is not only at line feeds. */
function oneLine(text: string): string {
  return text.replaceAll('\t', ' ').replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, escaped)
}

/** A character as JavaScript escapes it. */
function escaped(char: string): string {
  const units = [...Array(char.length).keys()].map((i) => char.charCodeAt(i).toString(16).padStart(4, '0'))
  return units.map((unit) => `\\u${unit}`).join('')
}

/** The text of an expression that begins `column` characters into a line. */
export function print(code: Code, indent = 0, column = indent): string {
  if (typeof code === 'string') return code
  if (!mustBreak(code)) {
    const flat = onOneLine(code)
    if (column + flat.length <= WIDTH && !flat.includes('\n')) return flat
  }
  return printBroken(code, indent, column)
}

function printBroken(code: Group | Chain, indent: number, column: number): string {
  if ('calls' in code) return printChain(code, indent, column)
  // A call whose last argument is an object or a list keeps its brackets together with those of the argument.
  const last = code.items.at(-1)
  if (last !== undefined && code.open.endsWith('(') && isBracketed(last.code) && !hasComments(last)) {
    const others = code.items.slice(0, -1)
    const lead = others.map((item) => `${item.before}${onOneLine(item.code)}, `).join('')
    const start = column + code.open.length + lead.length
    const fits = others.every((item) => !hasComments(item) && typeof item.code === 'string') && start < WIDTH
    if (fits) return `${code.open}${lead}${printBroken(last.code, indent, start)}${code.close}`
  }
  const pad = ' '.repeat(indent + 2)
  const lines = code.items.map(({ before, code: item, above = [] }) => {
    const text = print(item, indent + 2, indent + 2 + before.length + 1)
    const isLong = typeof item === 'string' && pad.length + before.length + text.length + 1 > WIDTH
    // A long string moves to a line of its own.
    if (isLong && before !== '' && /^['"]/.test(text))
      return `${commentLines(above, indent + 2)}${pad}${before.trimEnd()}\n${pad}  ${text},\n`
    return `${commentLines(above, indent + 2)}${pad}${before}${text},\n`
  })
  const end = commentLines(code.end ?? [], indent + 2)
  return `${code.open}\n${lines.join('')}${end}${' '.repeat(indent)}${code.close}`
}

/** Code with comments, and lists of several objects of several fields, never stand on one line. */
function mustBreak(code: Code): boolean {
  if (typeof code === 'string') return false
  if ('calls' in code)
    return mustBreak(code.head) || code.calls.some((one) => hasComments(one) || mustBreak(one.code))
  if ((code.end ?? []).length > 0) return true
  const ofObjects = code.open === '[' && code.items.length > 1
  if (ofObjects && code.items.every((item) => isBracketed(item.code) && item.code.items.length > 1))
    return true
  return code.items.some((item) => hasComments(item) || mustBreak(item.code))
}

function hasComments({ above = [] }: Item | Call): boolean {
  return above.length > 0
}

function isBracketed(code: Code): code is Group {
  return typeof code !== 'string' && 'open' in code && /^[{[]$/.test(code.open)
}

function printChain({ head, calls }: Chain, indent: number, column: number): string {
  const pad = ' '.repeat(indent + 2)
  const lines = calls.map(
    ({ code, above = [] }) => `\n${commentLines(above, indent + 2)}${pad}.${print(code, indent + 2)}`,
  )
  return [print(head, indent, column), ...lines].join('')
}

function onOneLine(code: Code): string {
  if (typeof code === 'string') return code
  if ('calls' in code)
    return [onOneLine(code.head), ...code.calls.map((one) => `.${onOneLine(one.code)}`)].join('')
  const items = code.items.map(({ before, code: item }) => before + onOneLine(item)).join(', ')
  const space = code.open === '{' ? ' ' : ''
  return `${code.open}${space}${items}${space}${code.close}`
}

/** A string in quotes, single ones unless that needs more escapes; one with line breaks as a template. */
export function quoted(text: string): string {
  if (text.includes('\n') && /^[\x20-\x7e\n]*$/.test(text)) {
    return `\`${text.replaceAll('\\', '\\\\').replaceAll('`', '\\`').replaceAll('${', '\\${')}\``
  }
  const json = JSON.stringify(text)
    // Characters that editors do not show, or that change the direction of what is shown.
    .replaceAll(/[\u007f-\u00a0\u2028\u2029\ufeff\p{Cf}\p{Co}\p{Cn}]/gu, escaped)
  if (count(text, "'") > count(text, '"')) return json
  return `'${json.slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`
}

function count(text: string, char: string): number {
  return text.split(char).length - 1
}

function propertyName(key: string): string {
  if (key === '__proto__') return "['__proto__']"
  return /^[A-Za-z_$][\w$]*$/.test(key) ? key : quoted(key)
}
