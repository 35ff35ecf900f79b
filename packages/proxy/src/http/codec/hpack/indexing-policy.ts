/**
 * How a field that no table holds is sent:
 * - `index`: enters the dynamic table at once,
 * - `again`: enters it when it comes a second time, or when the name is not in it; else it costs no other field its place,
 * - `name`: enters it only when the name is not in it, so that the fields after it can refer to the name,
 * - `plain`: never enters it,
 * - `never`: never enters it, and is marked so that no hop on the way puts it into its table either.
 */
export type Indexing = 'index' | 'again' | 'name' | 'plain' | 'never'

/** Cookies shorter than this can be guessed, one request each, if they are compressed. */
const SHORT_COOKIE_LENGTH = 20
/** A longer value of a name that varies never enters the table. */
const MAX_VARYING_LENGTH = 256
/** How many fields are remembered as seen once. */
const SEEN_FIELDS = 16
/** How many names are remembered as varying, beside those below. */
const LEARNT_NAMES = 64

/** Names whose values are of one request only. */
const OF_ONE_REQUEST: ReadonlySet<string> = new Set([
  'b3',
  'traceparent',
  'tracestate',
  'x-b3-parentspanid',
  'x-b3-spanid',
  'x-b3-traceid',
  'x-request-id',
])

/** Names whose values rarely come again, or come again after a while only. */
const VARYING: ReadonlySet<string> = new Set([
  ':path',
  'age',
  'content-length',
  'content-range',
  'etag',
  'expires',
  'grpc-timeout',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'last-modified',
  'location',
  'range',
  'referer',
  'x-envoy-upstream-service-time',
])

/**
 * Decides which fields enter one encoder's dynamic table. It learns: a name whose entry left the table without having been
 * used counts as varying from then on.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7541#section-7.1
 */
export class IndexingPolicy {
  readonly #learnt = new Set<string>()
  /** Names and values that were seen once, in turns. */
  readonly #seen: (string | undefined)[] = new Array<string | undefined>(2 * SEEN_FIELDS).fill(undefined)
  #nextSeen = 0

  /** The names that were learnt are forgotten when they are too many: a peer may choose them. */
  learnVarying(name: string): void {
    if (this.#learnt.size >= LEARNT_NAMES) this.#learnt.clear()
    this.#learnt.add(name)
  }

  indexing(name: string, value: string): Indexing {
    switch (name) {
      case 'authorization':
      case 'proxy-authorization':
        return 'never'
      case 'cookie':
        return value.length < SHORT_COOKIE_LENGTH ? 'never' : 'index'
      case 'set-cookie':
        return 'plain'
    }
    const isOfOneRequest = OF_ONE_REQUEST.has(name)
    if (!isOfOneRequest && !VARYING.has(name) && !this.#learnt.has(name)) return 'index'
    if (value.length > MAX_VARYING_LENGTH) return 'plain'
    return isOfOneRequest ? 'name' : 'again'
  }

  /** Whether a field was seen lately; if not, it is from now on. */
  isSeenAgain(name: string, value: string): boolean {
    const seen = this.#seen
    for (let at = 0; at < seen.length; at += 2) {
      if (seen[at + 1] === value && seen[at] === name) return true
    }
    seen[this.#nextSeen] = name
    seen[this.#nextSeen + 1] = value
    this.#nextSeen = (this.#nextSeen + 2) % seen.length
    return false
  }
}
