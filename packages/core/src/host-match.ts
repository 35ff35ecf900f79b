import { BattenError } from './errors.ts'

/**
 * Finds the entry whose domain fits a host best, by the rules of Envoy's virtual hosts: an exact domain first, then
 * the longest of `*.example.com` and `*-x.example.com`, then the longest of `example.*` and `example-*`, then `*`.
 * A `*` stands for at least one character. Case does not matter.
 *
 * @see https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/route/v3/route_components.proto#config-route-v3-virtualhost
 * @example
 * const hosts = new HostTable<string>()
 * hosts.add('*.example.com', 'wildcard')
 * hosts.find('a.example.com') // 'wildcard'
 */
export class HostTable<T> {
  readonly #exact = new Map<string, T>()
  readonly #suffixes = new AffixTable<T>()
  readonly #prefixes = new AffixTable<T>()
  #default: { readonly value: T } | undefined

  /** @throws BattenError `HOST_DUPLICATE` if the domain is there already */
  add(domain: string, value: T): void {
    const lower = domain.toLowerCase()
    if (this.#has(lower))
      throw new BattenError('HOST_DUPLICATE', {
        message: `the domain "${domain}" is given twice`,
        where: domain,
      })
    if (lower === '*') this.#default = { value }
    else if (lower.startsWith('*')) this.#suffixes.set(lower.slice(1), value)
    else if (lower.endsWith('*')) this.#prefixes.set(lower.slice(0, -1), value)
    else this.#exact.set(lower, value)
  }

  /** The value of the best fitting domain; the host with its port, unless the caller strips it. */
  find(host: string): T | undefined {
    const lower = host.toLowerCase()
    const exact = this.#exact.get(lower)
    if (exact !== undefined) return exact
    return this.#suffixes.findSuffix(lower) ?? this.#prefixes.findPrefix(lower) ?? this.#default?.value
  }

  #has(lower: string): boolean {
    if (lower === '*') return this.#default !== undefined
    if (lower.startsWith('*')) return this.#suffixes.has(lower.slice(1))
    return lower.endsWith('*') ? this.#prefixes.has(lower.slice(0, -1)) : this.#exact.has(lower)
  }
}

/** Beginnings or ends of hosts, by length: one map lookup for each length that occurs, longest first. */
class AffixTable<T> {
  readonly #byLength = new Map<number, Map<string, T>>()
  #lengths: number[] = []

  set(affix: string, value: T): void {
    let map = this.#byLength.get(affix.length)
    if (map === undefined) {
      map = new Map()
      this.#byLength.set(affix.length, map)
      this.#lengths = [...this.#byLength.keys()].sort((a, b) => b - a)
    }
    map.set(affix, value)
  }

  has(affix: string): boolean {
    return this.#byLength.get(affix.length)?.has(affix) ?? false
  }

  findSuffix(host: string): T | undefined {
    for (const length of this.#lengths) {
      if (length >= host.length) continue
      const value = this.#byLength.get(length)!.get(host.slice(host.length - length))
      if (value !== undefined) return value
    }
    return undefined
  }

  findPrefix(host: string): T | undefined {
    for (const length of this.#lengths) {
      if (length >= host.length) continue
      const value = this.#byLength.get(length)!.get(host.slice(0, length))
      if (value !== undefined) return value
    }
    return undefined
  }
}

/**
 * The host of an `authority` without its port: `a.com:80` -> `a.com`, `[::1]:80` -> `[::1]`. What is no port stays.
 */
export function stripPort(authority: string): string {
  const colon = portColon(authority)
  return colon < 0 ? authority : authority.slice(0, colon)
}

/** The port of an `authority`, or undefined. */
export function portOf(authority: string): number | undefined {
  const colon = portColon(authority)
  return colon < 0 ? undefined : Number(authority.slice(colon + 1))
}

/** Where the `:port` starts; -1 without one. */
function portColon(authority: string): number {
  let i = authority.length - 1
  let digits = 0
  for (; i >= 0 && digits <= 5; i--) {
    const code = authority.charCodeAt(i)
    if (code < 48 || code > 57) break
    digits++
  }
  if (digits === 0 || digits > 5 || i < 0 || authority.charCodeAt(i) !== 58) return -1
  // `::1` is an address without a port: a colon before the last one must be inside brackets.
  const other = authority.lastIndexOf(':', i - 1)
  return i > 0 && other >= 0 && authority.charCodeAt(i - 1) !== 93 ? -1 : i
}
