import { LISTENER_FILTERS, type ListenerFilter, packAny } from '@batten/xds'

/** Reads server name and protocols of a TLS handshake without taking it. */
export const TLS_INSPECTOR: ListenerFilter = {
  name: LISTENER_FILTERS.tlsInspector,
  typedConfig: packAny('envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector', {}),
}

/** Tells HTTP from other bytes. */
export const HTTP_INSPECTOR: ListenerFilter = {
  name: LISTENER_FILTERS.httpInspector,
  typedConfig: packAny('envoy.extensions.filters.listener.http_inspector.v3.HttpInspector', {}),
}

/** Finds the address that an intercepted connection was made to. */
export const ORIGINAL_DST: ListenerFilter = {
  name: LISTENER_FILTERS.originalDst,
  typedConfig: packAny('envoy.extensions.filters.listener.original_dst.v3.OriginalDst', {}),
}
