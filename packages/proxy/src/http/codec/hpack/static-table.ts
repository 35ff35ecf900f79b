/** Each line: a name, then the values that the table has for it. A name without values has one entry with an empty value. */
const LINES = `:authority
:method|GET|POST
:path|/|/index.html
:scheme|http|https
:status|200|204|206|304|400|404|500
accept-charset
accept-encoding|gzip, deflate
accept-language
accept-ranges
accept
access-control-allow-origin
age
allow
authorization
cache-control
content-disposition
content-encoding
content-language
content-length
content-location
content-range
content-type
cookie
date
etag
expect
expires
from
host
if-match
if-modified-since
if-none-match
if-range
if-unmodified-since
last-modified
link
location
max-forwards
proxy-authenticate
proxy-authorization
range
referer
refresh
retry-after
server
set-cookie
strict-transport-security
transfer-encoding
user-agent
vary
via
www-authenticate`

/** What the static table has for a name. */
export interface StaticName {
  /** Index of the first of the name's entries. */
  readonly index: number
  /** Values of the entries from `index` on; none for a name that has one entry with an empty value. */
  readonly values: readonly string[]
}

/** Number of entries; the dynamic table starts at the index after it. */
export const STATIC_LENGTH = 61
/** Names by index; index 0 is not used. */
export const STATIC_NAMES: readonly string[] = ['']
/** Values by index; index 0 is not used. */
export const STATIC_VALUES: readonly string[] = ['']

/**
 * The static table by name.
 * @see https://www.rfc-editor.org/rfc/rfc7541#appendix-A
 */
export const STATIC_BY_NAME: ReadonlyMap<string, StaticName> = new Map(
  LINES.split('\n').map((line) => {
    const [name, ...values] = line.split('|') as [string, ...string[]]
    const index = STATIC_NAMES.length
    for (const value of values.length === 0 ? [''] : values) {
      ;(STATIC_NAMES as string[]).push(name)
      ;(STATIC_VALUES as string[]).push(value)
    }
    return [name, { index, values }]
  }),
)
