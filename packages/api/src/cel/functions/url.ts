import { CelError, List, Mapping, type Opaque, type Value } from '../value.ts'
import { type GoUrl, parseGoRequestUri, parseGoUrl } from './go-url.ts'
import { global, method } from './registry.ts'

/** A URL of Go's `net/url`. */
class UrlValue implements Opaque {
  readonly type = 'kubernetes.URL'
  readonly url: GoUrl
  readonly text: string

  constructor(url: GoUrl, text: string) {
    this.url = url
    this.text = text
  }
}

function getter(name: string, read: (url: GoUrl) => Value) {
  return method(name, ([value]) => (value instanceof UrlValue ? read(value.url) : undefined))
}

/** URLs as Kubernetes adds them: those that Go's `url.ParseRequestURI` takes. */
export const urls = [
  global('isURL', ([text]) => (typeof text === 'string' ? parseGoRequestUri(text) !== undefined : undefined)),
  global('url', ([text]) => {
    if (typeof text !== 'string') return undefined
    // It is read twice, so that a fragment is none of the path and the host is looked at without a scheme as well.
    const url = parseGoRequestUri(text) === undefined ? undefined : parseGoUrl(text)
    if (url === undefined)
      throw new CelError(`URL parse error during conversion from string: ${JSON.stringify(text)}`)
    return new UrlValue(url, text)
  }),
  getter('getScheme', (url) => url.scheme),
  getter('getHost', (url) => url.host),
  getter('getHostname', (url) => url.hostname),
  getter('getPort', (url) => url.port),
  getter('getEscapedPath', (url) => url.escapedPath),
  getter('getQuery', (url) => {
    const query = new Map<string, string[]>()
    for (const [key, value] of new URLSearchParams(url.rawQuery))
      query.set(key, [...(query.get(key) ?? []), value])
    return Mapping.of([...query].map(([key, values]) => [key, List.of(values)] as const))
  }),
]
