import type { StatScope } from '../../network/stat-scope.ts'
import type { ListenerFilter, ListenerFilterFactory } from './listener-filter.ts'

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1')
const MAX_REQUEST_LINE_BYTES = 8 * 1024
const LF = 10

/** Methods with a name that no HTTP peer sends are not worth waiting for the rest of the line. */
const METHOD = /^[A-Z][A-Z-]{0,31}$/
const REQUEST_LINE = /^[A-Z][A-Z-]{0,31} [^ ]+ HTTP\/1\.([01])\r?\n$/

/**
 * `envoy.filters.listener.http_inspector`: tells HTTP/1.0, HTTP/1.1 and HTTP/2 in plain text from everything else by
 * the request line or the connection preface.
 *
 * @see https://www.envoyproxy.io/docs/envoy/latest/configuration/listeners/listener_filters/http_inspector
 */
export function createHttpInspector(stats: Pick<StatScope, 'counter'>): ListenerFilterFactory {
  const found = {
    'http/1.0': stats.counter('http_inspector.http10_found'),
    'http/1.1': stats.counter('http_inspector.http11_found'),
    h2c: stats.counter('http_inspector.http2_found'),
  }
  const notFound = stats.counter('http_inspector.http_not_found')
  return {
    name: 'envoy.filters.listener.http_inspector',
    create(): ListenerFilter {
      let scanned = 0
      return {
        inspect(peeked, connection) {
          // Inside of TLS there is nothing to see; ALPN has told already.
          if (connection.transportProtocol === 'tls') return 'done'
          const protocol = detect(peeked, scanned)
          if (protocol === 'more') {
            scanned = peeked.length
            return 'more'
          }
          if (protocol === undefined) notFound.inc()
          else {
            found[protocol].inc()
            connection.applicationProtocols = [protocol]
          }
          return 'done'
        },
      }
    },
  }
}

function detect(peeked: Buffer, scanned: number): 'http/1.0' | 'http/1.1' | 'h2c' | 'more' | undefined {
  const compared = Math.min(peeked.length, PREFACE.length)
  if (peeked.compare(PREFACE, 0, compared, 0, compared) === 0)
    return compared === PREFACE.length ? 'h2c' : 'more'
  if (scanned < 33 && !isMethodBeginning(peeked)) return undefined
  const end = peeked.indexOf(LF, scanned)
  if (end < 0) return peeked.length >= MAX_REQUEST_LINE_BYTES ? undefined : 'more'
  const version = REQUEST_LINE.exec(peeked.toString('latin1', 0, end + 1))?.[1]
  return version === undefined ? undefined : version === '1' ? 'http/1.1' : 'http/1.0'
}

function isMethodBeginning(peeked: Buffer): boolean {
  const text = peeked.toString('latin1', 0, Math.min(peeked.length, 33))
  const space = text.indexOf(' ')
  return METHOD.test(space < 0 ? text : text.slice(0, space))
}
