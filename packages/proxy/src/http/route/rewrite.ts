import type { RequestHeaders } from '../header-map.ts'
import type { RouteAction, RouteMatch } from './route-config.ts'
import { pathOnly } from './route-match.ts'

/** What of a route says how its path changes. */
export interface PathRewrite {
  readonly prefixRewrite: string | undefined
  readonly regexRewrite: RouteAction['regexRewrite']
}

/**
 * The path of a request after the rewrite of its route; undefined without one. The query stays as it is.
 *
 * `prefix_rewrite` replaces what the route matched: the prefix, or for an exact or regex route the whole path.
 */
export function rewritePath(rewrite: PathRewrite, match: RouteMatch, path: string): string | undefined {
  if (rewrite.regexRewrite !== undefined) {
    const bare = pathOnly(path)
    const { regex, substitution } = rewrite.regexRewrite
    const rewritten = regex.replaceAll(bare, substitution)
    // As Envoy: a path does not become empty.
    return rewritten === '' ? undefined : rewritten + path.slice(bare.length)
  }
  if (rewrite.prefixRewrite === undefined) return undefined
  const { path: rule } = match
  const matchedLength =
    rule.kind === 'prefix' || rule.kind === 'path-separated-prefix'
      ? rule.value.length
      : pathOnly(path).length
  return rewrite.prefixRewrite + path.slice(matchedLength)
}

/** The authority that the route wants, undefined when it stays; `auto` needs the name of the chosen host. */
export function rewriteAuthority({ hostRewrite }: RouteAction, headers: RequestHeaders): string | undefined {
  if (hostRewrite === undefined || hostRewrite.kind === 'auto') return undefined
  if (hostRewrite.kind === 'literal') return hostRewrite.value
  if (hostRewrite.kind === 'path-regex')
    return hostRewrite.regex.replaceAll(pathOnly(headers.path), hostRewrite.substitution)
  const value = headers.get(hostRewrite.header)
  return value === '' ? undefined : value
}
