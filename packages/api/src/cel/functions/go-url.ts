import { parseAddress } from '../../net/address.ts'

/**
 * Go's `net/url`, as far as verdicts depend on it: what `url.Parse` and `url.ParseRequestURI` take and how they split it.
 *
 * @see https://pkg.go.dev/net/url
 */
export interface GoUrl {
  readonly scheme: string
  /** What follows the scheme when no slash does: `mailto:a@b`. */
  readonly opaque: string
  readonly user: string | undefined
  /** Host with port. */
  readonly host: string
  readonly hostname: string
  readonly port: string
  readonly escapedPath: string
  readonly rawQuery: string
  readonly fragment: string
}

/** `url.ParseRequestURI`: an absolute URL or an absolute path; undefined where Go reports an error. */
export function parseGoRequestUri(text: string): GoUrl | undefined {
  return parse(text, true, '')
}

/** `url.Parse`: also relative references; undefined where Go reports an error. */
export function parseGoUrl(text: string): GoUrl | undefined {
  const hash = text.indexOf('#')
  if (hash < 0) return parse(text, false, '')
  const fragment = text.slice(hash + 1)
  if (!validEscapes(fragment)) return undefined
  return parse(text.slice(0, hash), false, fragment)
}

function parse(text: string, viaRequest: boolean, fragment: string): GoUrl | undefined {
  if (/[\x00-\x1f\x7f]/.test(text)) return undefined
  if (text === '' && viaRequest) return undefined
  const base = { opaque: '', user: undefined, host: '', hostname: '', port: '', rawQuery: '', fragment }
  if (text === '*') return { ...base, scheme: '', escapedPath: '*' }
  const split = splitScheme(text)
  if (split === undefined) return undefined
  const { scheme } = split
  let rest = split.rest
  let rawQuery = ''
  const question = rest.indexOf('?')
  if (question >= 0) {
    rawQuery = rest.slice(question + 1)
    rest = rest.slice(0, question)
  }
  if (!rest.startsWith('/')) {
    if (scheme !== '') return { ...base, scheme, opaque: rest, escapedPath: '', rawQuery }
    if (viaRequest) return undefined
    // A colon in the first segment of a relative path would read as a scheme.
    if (rest.split('/')[0]!.includes(':')) return undefined
  }
  let user: string | undefined
  let host = ''
  if ((scheme !== '' || !viaRequest) && rest.startsWith('//') && !(scheme === '' && rest.startsWith('///'))) {
    const slash = rest.indexOf('/', 2)
    const authority = slash < 0 ? rest.slice(2) : rest.slice(2, slash)
    rest = slash < 0 ? '' : rest.slice(slash)
    const at = authority.lastIndexOf('@')
    if (at >= 0) {
      user = authority.slice(0, at)
      if (!validUser(user)) return undefined
    }
    const named = parseHost(authority.slice(at + 1), scheme)
    if (named === undefined) return undefined
    host = named
  }
  if (!validEscapes(rest)) return undefined
  return { ...base, scheme, user, host, ...splitPort(host), escapedPath: rest, rawQuery }
}

function splitScheme(text: string): { scheme: string; rest: string } | undefined {
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!
    if (/[A-Za-z]/.test(char)) continue
    if (/[0-9+.-]/.test(char)) {
      if (i === 0) return { scheme: '', rest: text }
      continue
    }
    if (char === ':') {
      // "missing protocol scheme"
      if (i === 0) return undefined
      return { scheme: text.slice(0, i).toLowerCase(), rest: text.slice(i + 1) }
    }
    return { scheme: '', rest: text }
  }
  return { scheme: '', rest: text }
}

function validUser(user: string): boolean {
  return /^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(user) && validEscapes(user)
}

/** `parseHost` of Go 1.26: checks brackets, port and escapes, and decodes percent signs that stand for bytes above ASCII. */
function parseHost(host: string, scheme: string): string | undefined {
  const open = host.lastIndexOf('[')
  if (open > 0) return undefined
  if (open === 0) return parseLiteral(host)
  // Other schemes may list several hosts with ports.
  const colon = scheme === 'http' || scheme === 'https' ? host.indexOf(':') : host.lastIndexOf(':')
  if (colon >= 0 && !validPort(host.slice(colon))) return undefined
  return validHostText(host, false) ? decodeHost(host) : undefined
}

/** An address of IPv6 in brackets, with a zone after `%25` or without. */
function parseLiteral(host: string): string | undefined {
  const close = host.lastIndexOf(']')
  if (close < 0 || !validPort(host.slice(close + 1))) return undefined
  const inside = host.slice(1, close)
  const zoneAt = inside.indexOf('%25')
  const address = zoneAt < 0 ? inside : inside.slice(0, zoneAt)
  const zone = zoneAt < 0 ? '' : inside.slice(zoneAt)
  if (!validHostText(address, false) || !validHostText(zone, true) || zone === '%25') return undefined
  return address.includes(':') && parseAddress(address) !== undefined ? host : undefined
}

function decodeHost(host: string): string {
  if (!host.includes('%')) return host
  try {
    return decodeURIComponent(host)
  } catch {
    // Go keeps bytes that are not UTF-8; no verdict depends on them.
    return host
  }
}

function validPort(text: string): boolean {
  return text === '' || /^:\d*$/.test(text)
}

function validHostText(text: string, isZone: boolean): boolean {
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!
    if (char === '%') {
      const triplet = text.slice(i, i + 3)
      if (!/^%[0-9A-Fa-f]{2}$/.test(triplet)) return false
      // Only bytes above ASCII may be escaped in a host.
      if (!isZone && Number.parseInt(triplet[1]!, 16) < 8 && triplet !== '%25') return false
      i += 2
    } else if (char < '\u0080' && !/[A-Za-z0-9\-._~!$&'()*+,;=:[\]<>"]/.test(char)) return false
  }
  return true
}

function validEscapes(text: string): boolean {
  return !/%(?![0-9A-Fa-f]{2})/.test(text)
}

function splitPort(host: string): { hostname: string; port: string } {
  const colon = host.lastIndexOf(':')
  const hasPort = colon >= 0 && validPort(host.slice(colon)) && !host.endsWith(']')
  const name = hasPort ? host.slice(0, colon) : host
  const hostname = name.startsWith('[') && name.endsWith(']') ? name.slice(1, -1) : name
  return { hostname, port: hasPort ? host.slice(colon + 1) : '' }
}
