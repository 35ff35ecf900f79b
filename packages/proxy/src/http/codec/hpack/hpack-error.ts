/**
 * A block that breaks RFC 7541. The decoder's table is out of step with the peer's after it, so that the connection must
 * end with `COMPRESSION_ERROR` (RFC 9113 section 4.3). The message says what was wrong and never holds bytes of a field.
 */
export class HpackError extends Error {
  override readonly name = 'HpackError'
}
