/** Unreserved characters, which RFC 3986 says to decode. */
const ENCODED = /%([0-9a-fA-F]{2})/g

/**
 * Normalises a path as RFC 3986 says: unreserved characters decoded, hexadecimal digits in upper case, dot segments
 * resolved. The query is left alone. undefined when the path cannot be normalised (it leaves the root).
 *
 * @see https://www.envoyproxy.io/docs/envoy/latest/configuration/best_practices/edge
 */
export function normalizePath(path: string): string | undefined {
  const end = queryStart(path)
  let bare = path.slice(0, end)
  if (bare.includes('%')) bare = bare.replace(ENCODED, decodeUnreserved)
  if (bare.includes('\\')) bare = bare.replaceAll('\\', '/')
  if (!bare.includes('/.')) return bare + path.slice(end)
  const kept: string[] = []
  const segments = bare.split('/')
  for (const [i, segment] of segments.entries()) {
    const isLast = i === segments.length - 1
    if (segment === '.') {
      if (isLast) kept.push('')
    } else if (segment === '..') {
      if (kept.length <= 1) return undefined
      kept.pop()
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
  return /[A-Za-z0-9\-._~]/.test(char) ? char : encoded.toUpperCase()
}
