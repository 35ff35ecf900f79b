/** What may not stand in a path as it is, beside control characters and blanks, which no request target has. */
const UNSAFE = /["<>^`{|}]/g
const ENCODED = /%([0-9a-fA-F]{2})/g
const LONE_PERCENT = /%(?![0-9a-fA-F]{2})/

/**
 * Normalises a path as RFC 3986 says: unreserved characters decoded, dot segments resolved (those above the root
 * vanish), backslashes made slashes, and what may not stand in a path encoded. Escapes that stay keep the case of their
 * digits. The query is left alone. undefined when the path cannot be normalised: it has an escaped NUL.
 *
 * @see https://www.envoyproxy.io/docs/envoy/latest/configuration/best_practices/edge
 */
export function normalizePath(path: string): string | undefined {
  const end = queryStart(path)
  let bare = path.slice(0, end)
  if (bare.includes('%')) {
    if (bare.includes('%00')) return undefined
    bare = LONE_PERCENT.test(bare) ? decodeAroundLonePercents(bare) : bare.replace(ENCODED, decodeUnreserved)
  }
  if (bare.includes('\\')) bare = bare.replaceAll('\\', '/')
  bare = bare.replace(UNSAFE, encodeURIComponent)
  if (!bare.includes('/.')) return bare + path.slice(end)
  const kept: string[] = []
  const segments = bare.split('/')
  for (const [i, segment] of segments.entries()) {
    const isLast = i === segments.length - 1
    if (segment === '.') {
      if (isLast) kept.push('')
    } else if (segment === '..') {
      // The first entry is what stands before the first slash: nothing.
      if (kept.length > 1) kept.pop()
      if (isLast) kept.push('')
    } else kept.push(segment)
  }
  return kept.join('/') + path.slice(end)
}

/** Makes `//` one slash, query left alone. */
export function mergeSlashes(path: string): string {
  const end = queryStart(path)
  const bare = path.slice(0, end)
  return bare.includes('//') ? bare.replace(/\/{2,}/g, '/') + path.slice(end) : path
}

function queryStart(path: string): number {
  const query = path.indexOf('?')
  return query < 0 ? path.length : query
}

function decodeUnreserved(encoded: string, digits: string): string {
  const char = String.fromCharCode(Number.parseInt(digits, 16))
  return /[A-Za-z0-9\-._~]/.test(char) ? char : encoded
}

/**
 * Decodes unreserved characters of a path in which some `%` begins no escape. Where decoding would make one of it, as of
 * `%2%65`, the `%` is encoded: who decodes the path once more must not find what was hidden from this proxy.
 */
function decodeAroundLonePercents(path: string): string {
  const parts = path.split(LONE_PERCENT)
  let decoded = parts[0]!.replace(ENCODED, decodeUnreserved)
  for (const part of parts.slice(1)) {
    const rest = part.replace(ENCODED, decodeUnreserved)
    decoded += `${/^[0-9a-fA-F]{2}/.test(rest) ? '%25' : '%'}${rest}`
  }
  return decoded
}
