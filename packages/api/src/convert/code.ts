/** TypeScript code that can be printed on one line or broken into several. */
export type Code = string | Group | Chain

/** Something between brackets. */
export interface Group {
  readonly open: string
  readonly items: readonly Item[]
  readonly close: string
}

/** Something in a group, perhaps with a name or other text before it. */
export interface Item {
  readonly before: string
  readonly code: Code
}

/** Calls, one after another, each on what the one before gave. */
export interface Chain {
  readonly head: Code
  readonly calls: readonly Code[]
}

/** Characters of a line of the code that is written. */
const WIDTH = 100

/** A call. */
export function call(name: string, ...args: readonly Code[]): Code {
  if (args.length === 0) return `${name}()`
  return { open: `${name}(`, items: args.map((code) => ({ before: '', code })), close: ')' }
}

/** A JSON value as TypeScript. */
export function literal(value: unknown): Code {
  if (typeof value === 'string') return quoted(value)
  if (typeof value !== 'object' || value === null) return String(value)
  if (Array.isArray(value)) return array(value.map(literal))
  return object(Object.entries(value).map(([key, field]) => [key, literal(field)]))
}

/** A list of expressions. */
export function array(items: readonly Code[]): Code {
  if (items.length === 0) return '[]'
  return { open: '[', items: items.map((code) => ({ before: '', code })), close: ']' }
}

/** An object of expressions; those with an empty key are spread. */
export function object(fields: readonly (readonly [key: string, code: Code])[]): Code {
  if (fields.length === 0) return '{}'
  const items = fields.map(([key, code]) => ({ before: key === '' ? '...' : `${propertyName(key)}: `, code }))
  return { open: '{', items, close: '}' }
}

/** The text of an expression that begins `column` characters into a line. */
export function print(code: Code, indent = 0, column = indent): string {
  const flat = onOneLine(code)
  if (typeof code === 'string' || (column + flat.length <= WIDTH && !flat.includes('\n'))) return flat
  if ('calls' in code) return printChain(code, indent, column)
  // A call with one object or list as its only argument keeps its brackets together.
  const only = code.items.length === 1 ? code.items[0]! : undefined
  if (only !== undefined && code.open.endsWith('(') && typeof only.code !== 'string' && 'open' in only.code) {
    return `${code.open}${print(only.code, indent, column + code.open.length)}${code.close}`
  }
  const pad = ' '.repeat(indent + 2)
  const lines = code.items.map(
    ({ before, code: item }) =>
      `${pad}${before}${print(item, indent + 2, indent + 2 + before.length + 1)},\n`,
  )
  return `${code.open}\n${lines.join('')}${' '.repeat(indent)}${code.close}`
}

function printChain({ head, calls }: Chain, indent: number, column: number): string {
  const pad = ' '.repeat(indent + 2)
  return [print(head, indent, column), ...calls.map((one) => `\n${pad}.${print(one, indent + 2)}`)].join('')
}

function onOneLine(code: Code): string {
  if (typeof code === 'string') return code
  if ('calls' in code)
    return [onOneLine(code.head), ...code.calls.map((one) => `.${onOneLine(one)}`)].join('')
  const items = code.items.map(({ before, code: item }) => before + onOneLine(item)).join(', ')
  const space = code.open === '{' ? ' ' : ''
  return `${code.open}${space}${items}${space}${code.close}`
}

/** A string in single quotes; one with line breaks as a template. */
export function quoted(text: string): string {
  if (text.includes('\n') && /^[\x20-\x7e\n]*$/.test(text)) {
    return `\`${text.replaceAll('\\', '\\\\').replaceAll('`', '\\`').replaceAll('${', '\\${')}\``
  }
  const json = JSON.stringify(text).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')
  return `'${json.slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`
}

function propertyName(key: string): string {
  if (key === '__proto__') return "['__proto__']"
  return /^[A-Za-z_$][\w$]*$/.test(key) ? key : quoted(key)
}
