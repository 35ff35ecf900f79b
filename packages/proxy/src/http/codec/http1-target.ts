import type { RequestHeaderTable } from '../header-table.ts'

/** `reg-name`, IPv4 or bracketed IPv6, with an optional port, which may be empty. Empty is refused: no virtual host can be meant. */
const AUTHORITY = /^(?:[a-zA-Z0-9\-._~!$&'()*+,;=%]+|\[[0-9a-fA-F:.]+\])(?::\d{0,5})?$/
const PORT = /:\d+$/
const ABSOLUTE = /^(https?|wss?):\/\/([^/?#]*)(.*)$/i

export function isAuthority(text: string): boolean {
  return AUTHORITY.test(text)
}

/**
 * Reads a request target into path, authority and scheme: origin form, absolute form (proxy requests), authority form
 * (CONNECT) or `*` (OPTIONS). False when it is none of these.
 *
 * The host of an absolute target replaces the `host` field, as RFC 9112 wants it.
 */
export function parseTarget(target: string, host: string | undefined, table: RequestHeaderTable): boolean {
  let path = target
  let authority = host ?? ''
  if (table.method === 'CONNECT') {
    if (!isAuthority(target) || !PORT.test(target)) return false
    authority = target
    path = ''
  } else if (target.charCodeAt(0) !== 0x2f) {
    if (target !== '*' || table.method !== 'OPTIONS') {
      const absolute = ABSOLUTE.exec(target)
      if (absolute === null || !isAuthority(absolute[2]!)) return false
      authority = absolute[2]!
      path = absolute[3]!.startsWith('/') ? absolute[3]! : `/${absolute[3]!}`
      table.scheme = absolute[1]!.toLowerCase()
    }
  }
  table.path = table.parsedPath = path
  table.authority = table.parsedAuthority = authority
  return true
}
