import type { StringMatch } from '../../gen/types/networking/string-match.ts'
import type {
  HTTPMatchRequest,
  HTTPRoute,
  VirtualServiceSpec,
} from '../../gen/types/networking/virtual-service.ts'
import type { Path } from './report.ts'

/** A route, or a match of one, that no traffic can reach. */
export interface Overlap {
  readonly kind: 'unreachable' | 'ineffective'
  /** Name of the route in quotes, or its number: `#1`. */
  readonly rule: string
  /** Why the route is unreachable. */
  readonly reason?: string
  /** Name or number of the match, and of the earlier route that takes its traffic. */
  readonly match?: string
  readonly earlier?: string
  readonly path: Path
}

/** Any route: what is compared is the same for HTTP, TCP and TLS. */
interface AnyRoute {
  readonly name?: string
  readonly match?: readonly object[]
}

/** Routes and matches of a VirtualService that come too late. */
export function findOverlaps(spec: VirtualServiceSpec): Overlap[] {
  return [
    ...duplicates(spec.http ?? [], 'http'),
    ...coveredPrefixes(spec.http ?? []),
    ...duplicates(spec.tcp ?? [], 'tcp'),
    ...duplicates(spec.tls ?? [], 'tls'),
  ]
}

function duplicates(routes: readonly AnyRoute[], list: string): Overlap[] {
  const out: Overlap[] = []
  const seen = new Map<string, number>()
  let hasCatchAll = false
  for (const [i, route] of routes.entries()) {
    const path: Path = ['spec', list, i]
    const rule = nameOf(route, i)
    const matches = route.match ?? []
    if (matches.length === 0) {
      if (hasCatchAll)
        out.push({ kind: 'unreachable', rule, reason: 'only the last rule can have no matches', path })
      hasCatchAll = true
      continue
    }
    let count = 0
    for (const [n, match] of matches.entries()) {
      const key = canonical({ ...match, name: undefined })
      const earlier = seen.get(key)
      if (earlier === undefined) {
        seen.set(key, i)
        continue
      }
      count++
      out.push({
        kind: 'ineffective',
        rule,
        match: nameOf(match, n),
        earlier: nameOf(routes[earlier]!, earlier),
        path: [...path, 'match', n],
      })
    }
    if (count === matches.length) {
      out.push({ kind: 'unreachable', rule, reason: 'all matches used by prior rules', path })
    }
  }
  return out
}

function nameOf(named: { readonly name?: string }, index: number): string {
  return named.name === undefined || named.name === '' ? `#${index}` : JSON.stringify(named.name)
}

/** Text of a value with its keys in order; what is undefined does not count. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const entries = Object.entries(value).filter(([, field]) => field !== undefined)
  return `{${entries
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, field]) => `${JSON.stringify(key)}:${canonical(field)}`)
    .join()}}`
}

/** A match by prefix, with what else decides whether an earlier one covers it. */
interface PrefixMatch {
  readonly rule: string
  readonly match: string
  readonly prefix: string
  readonly port: number
  readonly method: string
  readonly authority: string
  readonly headers: ReadonlyMap<string, string>
  readonly queryParams: ReadonlyMap<string, string>
  readonly withoutHeaders: ReadonlyMap<string, string>
  readonly path: Path
}

/** A longer prefix after a shorter one, with conditions that the shorter one has as well. */
function coveredPrefixes(routes: readonly HTTPRoute[]): Overlap[] {
  const seen = new Set<string>()
  const prefixes: PrefixMatch[] = []
  for (const [i, route] of routes.entries()) {
    for (const [n, match] of (route.match ?? []).entries()) {
      const key = canonical({ ...match, name: undefined })
      // Exact repetitions are reported elsewhere.
      if (seen.has(key)) continue
      seen.add(key)
      const prefix = match.uri?.prefix ?? ''
      if (prefix !== '') prefixes.push(prefixMatch(route, i, match, n, prefix))
    }
  }
  const out: Overlap[] = []
  for (const [i, first] of prefixes.entries()) {
    for (const later of prefixes.slice(i + 1)) {
      if (later.prefix === first.prefix || !covers(first, later)) continue
      out.push({
        kind: 'ineffective',
        rule: later.rule,
        match: `${later.match} of prefix ${later.prefix}`,
        earlier: `${first.match} of prefix ${first.prefix} on ${first.rule}`,
        path: later.path,
      })
    }
  }
  return out
}

function prefixMatch(
  route: HTTPRoute,
  i: number,
  match: HTTPMatchRequest,
  n: number,
  prefix: string,
): PrefixMatch {
  return {
    rule: nameOf(route, i),
    match: nameOf(match, n),
    prefix,
    port: match.port ?? 0,
    // Istio takes GET where no method is named.
    method: compared(match.method) || 'exact:GET',
    authority: compared(match.authority),
    headers: comparedAll(match.headers),
    queryParams: comparedAll(match.queryParams),
    withoutHeaders: comparedAll(match.withoutHeaders),
    path: ['spec', 'http', i, 'match', n],
  }
}

function compared(match: StringMatch | undefined): string {
  if ((match?.exact ?? '') !== '') return `exact:${match!.exact}`
  return (match?.prefix ?? '') === '' ? '' : `prefix:${match!.prefix}`
}

function comparedAll(matches: Readonly<Record<string, StringMatch>> | undefined): Map<string, string> {
  return new Map(Object.entries(matches ?? {}).map(([key, match]) => [key, compared(match)]))
}

function covers(first: PrefixMatch, later: PrefixMatch): boolean {
  return (
    later.prefix.startsWith(first.prefix) &&
    first.port === later.port &&
    first.method.startsWith(later.method) &&
    first.authority.startsWith(later.authority) &&
    coversAll(first.headers, later.headers) &&
    coversAll(first.queryParams, later.queryParams) &&
    coversAll(first.withoutHeaders, later.withoutHeaders)
  )
}

function coversAll(first: ReadonlyMap<string, string>, later: ReadonlyMap<string, string>): boolean {
  if (first.size !== later.size) return false
  return [...first].every(([key, value]) => {
    const other = later.get(key)
    return other !== undefined && value.startsWith(other)
  })
}
