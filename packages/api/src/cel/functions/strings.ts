import { compileRegex, type Regex } from '@batten/core/regex'
import { CelError, List, type Value } from '../value.ts'
import { codePointsOf } from './code-points.ts'
import { global, method } from './registry.ts'

const regexes = new Map<string, Regex>()

/** Most expressions use a handful of patterns; those of strangers must not fill the memory. */
const MAX_REGEXES = 500

function regex(pattern: string): Regex {
  let found = regexes.get(pattern)
  if (found === undefined) {
    try {
      found = compileRegex(pattern)
    } catch (thrown) {
      throw new CelError(thrown instanceof Error ? thrown.message : String(thrown))
    }
    if (regexes.size >= MAX_REGEXES) regexes.clear()
    regexes.set(pattern, found)
  }
  return found
}

function matches([text, pattern]: readonly Value[]): boolean | undefined {
  if (typeof text !== 'string' || typeof pattern !== 'string') return undefined
  return regex(pattern).finds(text)
}

/** A method of two strings. */
function ofStrings(name: string, run: (text: string, argument: string) => Value) {
  return method(name, ([text, argument, ...more]) =>
    typeof text === 'string' && typeof argument === 'string' && more.length === 0
      ? run(text, argument)
      : undefined,
  )
}

/** A method of one string. */
function ofString(name: string, run: (text: string) => Value) {
  return method(name, ([text, ...more]) =>
    typeof text === 'string' && more.length === 0 ? run(text) : undefined,
  )
}

function position(index: Value | undefined, size: number): number {
  if (typeof index !== 'bigint') throw new CelError('no such overload: an index must be an int')
  if (index < 0n || index > BigInt(size)) throw new CelError(`index out of range: ${index}`)
  return Number(index)
}

function indexOf(text: string, wanted: string, from: number): bigint {
  const points = codePointsOf(text)
  const parts = codePointsOf(wanted)
  for (let i = from; i + parts.length <= points.length; i++) {
    if (parts.every((part, n) => points[i + n] === part)) return BigInt(i)
  }
  return -1n
}

function lastIndexOf(text: string, wanted: string, from: number): bigint {
  const points = codePointsOf(text)
  const parts = codePointsOf(wanted)
  for (let i = Math.min(from, points.length - parts.length); i >= 0; i--) {
    if (parts.every((part, n) => points[i + n] === part)) return BigInt(i)
  }
  return -1n
}

/** Changes only the 26 letters of ASCII. */
function ascii(text: string, change: (letter: string) => string): string {
  return text.replace(/[A-Za-z]+/g, change)
}

function limited(parts: readonly string[], limit: Value | undefined, joiner: string): List | undefined {
  if (limit === undefined) return List.of(parts)
  if (typeof limit !== 'bigint') return undefined
  if (limit === 0n) return List.of([])
  const count = Number(limit)
  if (limit < 0n || parts.length <= count) return List.of(parts)
  return List.of([...parts.slice(0, count - 1), parts.slice(count - 1).join(joiner)])
}

/** Functions of strings: of the language, of its extension, and those that Kubernetes adds. */
export const strings = [
  ofStrings('contains', (text, part) => text.includes(part)),
  ofStrings('startsWith', (text, part) => text.startsWith(part)),
  ofStrings('endsWith', (text, part) => text.endsWith(part)),
  method('matches', matches),
  global('matches', matches),
  method('charAt', ([text, index]) => {
    if (typeof text !== 'string') return undefined
    const points = codePointsOf(text)
    return points[position(index, points.length)] ?? ''
  }),
  method('indexOf', ([text, part, from]) => {
    if (typeof text !== 'string' || typeof part !== 'string') return undefined
    return indexOf(text, part, from === undefined ? 0 : position(from, codePointsOf(text).length))
  }),
  method('lastIndexOf', ([text, part, from]) => {
    if (typeof text !== 'string' || typeof part !== 'string') return undefined
    const size = codePointsOf(text).length
    return lastIndexOf(text, part, from === undefined ? size : position(from, size))
  }),
  method('substring', ([text, from, to]) => {
    if (typeof text !== 'string') return undefined
    const points = codePointsOf(text)
    const start = position(from, points.length)
    const end = to === undefined ? points.length : position(to, points.length)
    if (start > end) throw new CelError(`invalid substring range. start: ${start}, end: ${end}`)
    return points.slice(start, end).join('')
  }),
  method('replace', ([text, from, to, limit]) => {
    if (typeof text !== 'string' || typeof from !== 'string' || typeof to !== 'string') return undefined
    if (limit === undefined) return text.replaceAll(from, () => to)
    if (typeof limit !== 'bigint') return undefined
    let left = limit < 0n ? Number.POSITIVE_INFINITY : Number(limit)
    return text.replaceAll(from, (found) => (left-- > 0 ? to : found))
  }),
  method('split', ([text, by, limit]) => {
    if (typeof text !== 'string' || typeof by !== 'string') return undefined
    return limited(by === '' ? codePointsOf(text) : text.split(by), limit, by)
  }),
  method('join', ([list, by]) => {
    if (!(list instanceof List) || (by !== undefined && typeof by !== 'string')) return undefined
    const parts = list.values()
    if (parts.some((part) => typeof part !== 'string'))
      throw new CelError('no such overload: join() takes strings')
    return parts.join(by ?? '')
  }),
  ofString('lowerAscii', (text) => ascii(text, (letters) => letters.toLowerCase())),
  ofString('upperAscii', (text) => ascii(text, (letters) => letters.toUpperCase())),
  ofString('trim', (text) => text.trim()),
  ofString('reverse', (text) => codePointsOf(text).reverse().join('')),
  global('strings.quote', ([text]) => (typeof text === 'string' ? JSON.stringify(text) : undefined)),
  method('find', ([text, pattern]) => {
    if (typeof text !== 'string' || typeof pattern !== 'string') return undefined
    return found(text, pattern)[0] ?? ''
  }),
  method('findAll', ([text, pattern, limit]) => {
    if (typeof text !== 'string' || typeof pattern !== 'string') return undefined
    const all = found(text, pattern)
    if (limit === undefined) return List.of(all)
    return typeof limit === 'bigint' ? List.of(limit < 0n ? all : all.slice(0, Number(limit))) : undefined
  }),
]

/** Matches of a pattern. The replacement of each match by itself between marks tells where matches are. */
function found(text: string, pattern: string): string[] {
  const mark = '\u0000'
  const marked = regex(pattern).replaceAll(text, `${mark}\\0${mark}`)
  return marked.split(mark).filter((_, i) => i % 2 === 1)
}
