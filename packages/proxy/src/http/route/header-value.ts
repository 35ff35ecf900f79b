import { parseFormat } from '../../telemetry/access-log/format.ts'
import type { LoggedStream } from '../../telemetry/access-log/logged-stream.ts'
import { textOf } from '../../telemetry/access-log/operator.ts'
import type { HeaderValue } from './header-mutation.ts'

/**
 * Compiles the value of a header that configuration adds: text with the command operators of access logs. What is absent
 * prints as nothing, and a field whose whole value is empty is not added.
 *
 * @throws BattenError `PROXY_INVALID_CONFIG` for an operator that is unknown or malformed
 * @see https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_conn_man/headers#custom-request-response-headers
 */
export function compileHeaderValue(text: string): HeaderValue {
  if (!text.includes('%')) return text
  const parts = parseFormat(text)
  if (parts.every((part) => typeof part === 'string')) return parts.join('')
  return (stream) => {
    let value = ''
    for (const part of parts)
      value += typeof part === 'string' ? part : textOf(part(stream as LoggedStream) ?? '')
    return value
  }
}
