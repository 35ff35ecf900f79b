import type { StringMatch } from '../gen/types/networking/string-match.ts'
import type { HTTPMatchRequest } from '../gen/types/networking/virtual-service.ts'

/** The whole string must be equal. In `when` it speaks of the path. @example exact('/login') */
export function exact(text: string): { exact: string } {
  return { exact: text }
}

/** The string must begin with `text`. In `when` it speaks of the path. @example prefix('/api') */
export function prefix(text: string): { prefix: string } {
  return { prefix: text }
}

/** The whole string must match an RE2 expression. In `when` it speaks of the path. @example regex('/v[0-9]+/.*') */
export function regex(text: string | RegExp): { regex: string } {
  return { regex: typeof text === 'string' ? text : text.source }
}

/** The next step after {@link header}, {@link query} and their like: how the value compares. */
export interface Comparison {
  exact(text: string): HTTPMatchRequest
  prefix(text: string): HTTPMatchRequest
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

/** A condition on a request header; names are in lower case. @example header('end-user').exact('jason') */
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

/** A condition on a query parameter. @example query('page').exact('2') */
export function query(name: string): Comparison {
  return compare((match) => ({ queryParams: { [name]: match } }))
}

/** A condition on the host of the request. @example authority().exact('api.example.com') */
export function authority(): Comparison {
  return compare((match) => ({ authority: match }))
}

/** One of several methods: alternatives become a regular expression. @example method('GET', 'HEAD') */
export function method(...names: [string, ...string[]]): HTTPMatchRequest {
  return { method: names.length === 1 ? exact(names[0]) : regex(names.join('|')) }
}

/** The port that the request is addressed to. */
export function port(number: number): HTTPMatchRequest {
  return { port: number }
}

/** Labels of the calling workload. @example caller({ app: 'productpage' }) */
export function caller(
  sourceLabels: Readonly<Record<string, string>>,
  sourceNamespace?: string,
): HTTPMatchRequest {
  return { sourceLabels: { ...sourceLabels }, ...(sourceNamespace === undefined ? {} : { sourceNamespace }) }
}

/** Gateways the condition is for. `mesh` means sidecars. */
export function via(...gateways: string[]): HTTPMatchRequest {
  return { gateways }
}

/** What `when` takes: conditions, or a comparison of the path. */
export type RequestCondition = HTTPMatchRequest | StringMatch

/** One match that asks for all conditions. Maps of headers and parameters are put together; else the last one counts. */
export function allOf(conditions: readonly RequestCondition[]): HTTPMatchRequest {
  const out: HTTPMatchRequest = {}
  for (const condition of conditions) {
    const match = isStringMatch(condition) ? { uri: condition } : condition
    for (const [key, value] of Object.entries(match)) {
      const before = (out as Record<string, unknown>)[key]
      const isMap =
        key === 'headers' || key === 'withoutHeaders' || key === 'queryParams' || key === 'sourceLabels'
      ;(out as Record<string, unknown>)[key] = isMap
        ? { ...(before as object | undefined), ...(value as object) }
        : value
    }
  }
  return out
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
