import type {
  DirectResponseAction as DirectResponseMessage,
  RedirectAction as RedirectActionMessage,
} from '@batten/xds'
import type { DirectResponseAction, RedirectAction } from '../http/route/route-config.ts'
import { compileDataSource } from './compile-data-source.ts'
import { compileRegexRewrite } from './compile-string-matcher.ts'
import { checkHeaderText, meaningOf } from './header-text.ts'
import type { MessageReader } from './message-reader.ts'
import type { RouteContext } from './route-context.ts'

const STATUS: Readonly<Record<string, number>> = {
  MOVED_PERMANENTLY: 301,
  FOUND: 302,
  SEE_OTHER: 303,
  TEMPORARY_REDIRECT: 307,
  PERMANENT_REDIRECT: 308,
}

/** `RedirectAction` -> {@link RedirectAction}. */
export function compileRedirect(redirect: MessageReader<RedirectActionMessage>): RedirectAction {
  const https = redirect.flag('httpsRedirect')
  const scheme = redirect.text('schemeRedirect')
  const result: RedirectAction = {
    kind: 'redirect',
    status: meaningOf(
      STATUS,
      redirect.take('responseCode') ?? 'MOVED_PERMANENTLY',
      redirect.path('responseCode'),
    ),
    scheme: https ? 'https' : scheme === '' ? undefined : scheme,
    host: redirect.take('hostRedirect'),
    port: redirect.number('portRedirect'),
    path: redirect.take('pathRedirect'),
    prefixRewrite: redirect.take('prefixRewrite'),
    regexRewrite: compileRegexRewrite(redirect.nested('regexRewrite', 'RegexMatchAndSubstitute')),
    stripQuery: redirect.flag('stripQuery'),
  }
  checkHeaderText(result.host, redirect.path('hostRedirect'))
  checkHeaderText(result.path, redirect.path('pathRedirect'))
  checkHeaderText(result.prefixRewrite, redirect.path('prefixRewrite'))
  redirect.done()
  return Object.freeze(result)
}

/** `DirectResponseAction` -> {@link DirectResponseAction}. */
export function compileDirectResponse(
  response: MessageReader<DirectResponseMessage>,
  context: RouteContext,
): DirectResponseAction {
  const status = response.number('status') ?? 0
  if (status < 200 || status > 599) throw response.path('status').invalid('must be between 200 and 599')
  const source = response.nested('body', 'DataSource')
  if (source !== undefined && Object.keys(source.message).length === 0)
    throw response.path('body').invalid('is empty; leave it out')
  const body = source === undefined ? Buffer.alloc(0) : compileDataSource(source)
  // As Envoy: 0 is no limit.
  if (context.maxDirectResponseBytes > 0 && body.length > context.maxDirectResponseBytes)
    throw response
      .path('body')
      .invalid(
        `${body.length} bytes are more than the ${context.maxDirectResponseBytes} that are allowed`,
        'raise max_direct_response_body_size_bytes of the route configuration',
      )
  response.done()
  return Object.freeze({ kind: 'direct-response', status, body })
}
