import type { HTTPMatchRequest, HTTPRewrite } from '@batten/api'
import type { RouteAction } from '@batten/xds'

/** Fields of `RouteAction` that a rewrite sets. */
export type RewriteFields = Pick<RouteAction, 'prefixRewrite' | 'regexRewrite' | 'hostRewriteLiteral'>

/** Everything before the query: what `uri` replaces when the path was matched by a regular expression. */
const WHOLE_PATH = '.*'

/**
 * `rewrite` -> `RouteAction`. `uri` replaces the matched prefix, or the whole path of an exact match. After a regular
 * expression there is no prefix to replace: the whole path is.
 *
 * @translates VirtualService spec.http[].rewrite.uri -> RouteAction.prefix_rewrite
 * @translates VirtualService spec.http[].rewrite.authority -> RouteAction.host_rewrite_literal
 * @translates VirtualService spec.http[].rewrite.uriRegexRewrite -> RouteAction.regex_rewrite
 * @see https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPRewrite
 */
export function rewriteToRouteAction(
  rewrite: HTTPRewrite | undefined,
  match: HTTPMatchRequest | undefined,
): RewriteFields {
  if (rewrite === undefined) return {}
  const fields: RewriteFields = {}
  const { uri, authority, uriRegexRewrite } = rewrite
  if (uri !== undefined && uri !== '') {
    if (match?.uri?.regex !== undefined)
      fields.regexRewrite = { pattern: { regex: WHOLE_PATH }, substitution: uri }
    else if (uri === '/' && match?.uri?.prefix !== undefined && isSegmentPrefix(match.uri.prefix)) {
      // Replacing `/api` by `/` would turn `/api/a` into `//a`: the slash that follows goes as well.
      fields.regexRewrite = {
        pattern: { regex: `^${escapeRegex(match.uri.prefix)}(/?)(.*)` },
        substitution: '/\\2',
      }
    } else fields.prefixRewrite = uri
  } else if (uriRegexRewrite !== undefined) {
    fields.regexRewrite = {
      pattern: { regex: uriRegexRewrite.match ?? '' },
      substitution: uriRegexRewrite.rewrite ?? '',
    }
  }
  if (authority !== undefined && authority !== '') fields.hostRewriteLiteral = authority
  return fields
}

/** A prefix of whole segments, longer than the root. */
function isSegmentPrefix(prefix: string): boolean {
  return prefix.length > 1 && !prefix.endsWith('/')
}

function escapeRegex(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}
