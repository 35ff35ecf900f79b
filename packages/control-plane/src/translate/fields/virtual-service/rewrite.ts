import type { HTTPRewrite } from '@batten/api'
import type { RouteAction } from '@batten/xds'

/** Fields of `RouteAction` that a rewrite sets. */
export type RewriteFields = Pick<RouteAction, 'prefixRewrite' | 'regexRewrite' | 'hostRewriteLiteral'>

/**
 * `rewrite` -> `RouteAction`. `uri` replaces what was matched: the prefix, or the whole path of an exact match or a
 * regular expression. As in Istio the rest follows as it is, so `/api` to `/` makes `/api/a` to `//a`.
 *
 * @translates VirtualService spec.http[].rewrite.uri -> RouteAction.prefix_rewrite
 * @translates VirtualService spec.http[].rewrite.authority -> RouteAction.host_rewrite_literal
 * @translates VirtualService spec.http[].rewrite.uriRegexRewrite -> RouteAction.regex_rewrite
 * @see https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPRewrite
 */
export function rewriteToRouteAction(rewrite: HTTPRewrite | undefined): RewriteFields {
  if (rewrite === undefined) return {}
  const { uri, authority, uriRegexRewrite } = rewrite
  const fields: RewriteFields = {}
  if (uri !== undefined && uri !== '') fields.prefixRewrite = uri
  else if (uriRegexRewrite !== undefined)
    fields.regexRewrite = {
      pattern: { regex: uriRegexRewrite.match ?? '' },
      substitution: uriRegexRewrite.rewrite ?? '',
    }
  if (authority !== undefined && authority !== '') fields.hostRewriteLiteral = authority
  return fields
}
