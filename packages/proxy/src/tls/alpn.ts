/** What HTTP/1.1 offers where a context names no protocols, as Envoy's connection pool does. */
export const HTTP1_ALPN: Buffer = Buffer.from('\x08http/1.1', 'latin1')

/** Protocols as they stand in the ALPN extension: each behind a byte of its length. undefined for none. */
export function alpnWireFormat(protocols: readonly string[]): Buffer | undefined {
  if (protocols.length === 0) return undefined
  return Buffer.concat(
    protocols.map((protocol) => {
      const bytes = Buffer.from(protocol, 'latin1')
      return Buffer.concat([Buffer.from([bytes.length]), bytes])
    }),
  )
}
