import type { StatScope } from '../../network/stat-scope.ts'
import { ClientHelloParser } from './client-hello.ts'
import type { ListenerFilter, ListenerFilterFactory } from './listener-filter.ts'

/**
 * `envoy.filters.listener.tls_inspector`: tells TLS from plain text, and reads SNI and ALPN of the ClientHello.
 *
 * @see https://www.envoyproxy.io/docs/envoy/latest/configuration/listeners/listener_filters/tls_inspector
 */
export function createTlsInspector(stats: Pick<StatScope, 'counter'>): ListenerFilterFactory {
  const tlsFound = stats.counter('tls_inspector.tls_found')
  const tlsNotFound = stats.counter('tls_inspector.tls_not_found')
  const tooLarge = stats.counter('tls_inspector.client_hello_too_large')
  const sniFound = stats.counter('tls_inspector.sni_found')
  const sniNotFound = stats.counter('tls_inspector.sni_not_found')
  const alpnFound = stats.counter('tls_inspector.alpn_found')
  const alpnNotFound = stats.counter('tls_inspector.alpn_not_found')
  return {
    name: 'envoy.filters.listener.tls_inspector',
    create(): ListenerFilter {
      const parser = new ClientHelloParser()
      return {
        inspect(peeked, connection) {
          const result = parser.parse(peeked)
          if (result === 'more') return 'more'
          if (result === 'too-large') {
            tooLarge.inc()
            return 'reject'
          }
          if (result === 'not-tls') {
            tlsNotFound.inc()
            return 'done'
          }
          tlsFound.inc()
          connection.transportProtocol = 'tls'
          connection.serverName = result.serverName
          connection.applicationProtocols = result.applicationProtocols
          ;(result.serverName === '' ? sniNotFound : sniFound).inc()
          ;(result.applicationProtocols.length === 0 ? alpnNotFound : alpnFound).inc()
          return 'done'
        },
      }
    },
  }
}
