/** What listener filters find out about a connection, for the choice of its filter chain. */
export interface InspectedConnection {
  /** `tls`, or empty while unknown. */
  transportProtocol: string
  /** SNI, lower case; empty while unknown. */
  serverName: string
  /** ALPN of the ClientHello, or `http/1.0`, `http/1.1`, `h2c` by the HTTP inspector. */
  applicationProtocols: readonly string[]
}

/** `more`: call again with more bytes; `done`: go on to the next filter; `reject`: close the connection. */
export type Inspection = 'more' | 'done' | 'reject'

/**
 * Looks at the first bytes of a connection without consuming them.
 *
 * @see https://www.envoyproxy.io/docs/envoy/latest/configuration/listeners/listener_filters/listener_filters
 */
export interface ListenerFilter {
  /** `peeked` is everything so far, from the first byte on, and only grows from call to call. */
  inspect(peeked: Buffer, connection: InspectedConnection): Inspection
}

/** Makes the filter of one connection. */
export interface ListenerFilterFactory {
  readonly name: string
  create(): ListenerFilter
}

/** Most bytes that are held for inspection; a filter that wants more gets its connection closed. */
export const MAX_PEEKED_BYTES = 64 * 1024
