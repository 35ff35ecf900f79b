import { BattenError } from '@batten/core/errors'
import type { StringMatch } from '../gen/types/networking/string-match.ts'
import type { HTTPMatchRequest } from '../gen/types/networking/virtual-service.ts'

/**
 * The whole string must be equal. In `when` it speaks of the path.
 *
 * @example
 * exact('/login')
 */
export function exact(text: string): { exact: string } {
  return { exact: text }
}

/**
 * The string must begin with `text`. In `when` it speaks of the path.
 *
 * @example
 * prefix('/api')
 */
export function prefix(text: string): { prefix: string } {
  return { prefix: text }
}

/**
 * The whole string must match an RE2 expression. In `when` it speaks of the path.
 *
 * Of a RegExp the flags `i`, `m` and `s` are kept, as RE2 writes them. What RE2 does not have (look-ahead, references
 * to groups) is a finding of `validate`.
 *
 * @example
 * regex('/v[0-9]+/.*')
 * regex(/\/v[0-9]+/i)
 */
export function regex(text: string | RegExp): { regex: string } {
  if (typeof text === 'string') return { regex: text }
  const flags = text.flags.replaceAll(/[^ims]/g, '')
  return { regex: flags === '' ? text.source : `(?${flags})${text.source}` }
}

/** The next step after {@link header}, {@link query} and their like: how the value compares. */
export interface Comparison {
  /** The whole value must be equal. */
  exact(text: string): HTTPMatchRequest
  /** The value must begin with the text. */
  prefix(text: string): HTTPMatchRequest
  /** The whole value must match an RE2 expression. */
  regex(text: string | RegExp): HTTPMatchRequest
}

/** As {@link Comparison}, for things that may be missing. */
export interface HeaderComparison extends Comparison {
  /** It must be there, whatever its value. */
  present(): HTTPMatchRequest
  /** It must not be there. */
  absent(): HTTPMatchRequest
  /** It must not be there, or its value must not compare. */
  not(match: StringMatch): HTTPMatchRequest
}

/**
 * A condition on a request header; names are in lower case.
 *
 * @example
 * header('end-user').exact('jason')
 * header('x-debug').present()
 */
export function header(name: string): HeaderComparison {
  const key = name.toLowerCase()
  return {
    ...compare((match) => ({ headers: { [key]: match } })),
    // An empty comparison is Istio's way to ask whether a header is there.
    present: () => ({ headers: { [key]: {} as StringMatch } }),
    absent: () => ({ withoutHeaders: { [key]: {} as StringMatch } }),
    not: (match) => ({ withoutHeaders: { [key]: match } }),
  }
}

/**
 * A condition on a query parameter.
 *
 * @example
 * query('page').exact('2')
 */
export function query(name: string): Comparison {
  return compare((match) => ({ queryParams: { [name]: match } }))
}

/**
 * A condition on the host of the request.
 *
 * @example
 * authority().exact('api.example.com')
 */
export function authority(): Comparison {
  return compare((match) => ({ authority: match }))
}

/**
 * A condition on the scheme of the request.
 *
 * @example
 * scheme().exact('https')
 */
export function scheme(): Comparison {
  return compare((match) => ({ scheme: match }))
}

/**
 * One of several methods: alternatives become a regular expression.
 *
 * @example
 * method('GET', 'HEAD')
 */
export function method(...names: readonly [string, ...string[]]): HTTPMatchRequest {
  return { method: names.length === 1 ? exact(names[0]) : regex(names.join('|')) }
}

/**
 * The port that the request is addressed to.
 *
 * @example
 * port(8080)
 */
export function port(number: number): HTTPMatchRequest {
  return { port: number }
}

/**
 * Labels of the calling workload, and its namespace.
 *
 * @example
 * caller({ app: 'productpage' })
 * caller({ app: 'productpage' }, 'shop')
 */
export function caller(
  sourceLabels: Readonly<Record<string, string>>,
  sourceNamespace?: string,
): HTTPMatchRequest {
  return { sourceLabels: { ...sourceLabels }, ...(sourceNamespace === undefined ? {} : { sourceNamespace }) }
}

/**
 * Gateways the condition is for. `mesh` means sidecars.
 *
 * @example
 * via('istio-ingress/shop', 'mesh')
 */
export function via(...gateways: string[]): HTTPMatchRequest {
  return { gateways }
}

/** What `when` takes: conditions, or a comparison of the path. */
export type RequestCondition = HTTPMatchRequest | StringMatch

/**
 * One match that asks for all conditions.
 *
 * @throws BattenError `BUILDER_CONDITION` for two conditions on the same thing, of which Istio takes one only.
 * @example
 * allOf([prefix('/api'), header('end-user').exact('jason')])
 */
export function allOf(conditions: readonly RequestCondition[]): HTTPMatchRequest {
  const out: Record<string, object> = {}
  for (const condition of conditions) {
    const match = isStringMatch(condition) ? { uri: condition } : condition
    for (const [key, value] of Object.entries(match)) {
      if (value === undefined || value === null) continue
      const before = out[key]
      out[key] = before === undefined ? value : both(key, before, value)
    }
  }
  return out as HTTPMatchRequest
}

/** Maps of a match, whose entries are conditions of their own; with what an entry is called. */
const MAPS: Readonly<Record<string, string>> = {
  headers: 'header',
  withoutHeaders: 'header',
  queryParams: 'query parameter',
  sourceLabels: 'label of the caller',
}

function both(key: string, before: object, value: object): object {
  const entry = MAPS[key]
  if (entry === undefined) throw twice(key === 'uri' ? 'path' : key)
  const again = Object.keys(value).find((name) => Object.hasOwn(before, name))
  if (again !== undefined) throw twice(`${entry} ${again}`)
  return { ...before, ...value }
}

function twice(what: string): BattenError {
  return new BattenError('BUILDER_CONDITION', {
    message: `two conditions on the ${what} in one \`when\`: a match of Istio has room for one`,
    hint: 'for alternatives call `when` once for each; for both at once write a regex',
  })
}

function isStringMatch(condition: RequestCondition): condition is StringMatch {
  return 'exact' in condition || 'prefix' in condition || 'regex' in condition
}

function compare(build: (match: StringMatch) => HTTPMatchRequest): Comparison {
  return {
    exact: (text) => build(exact(text)),
    prefix: (text) => build(prefix(text)),
    regex: (text) => build(regex(text)),
  }
}
