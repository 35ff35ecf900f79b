import { parseAddress, parsePrefix } from '../../net/address.ts'

/** Whether a text is an IP address; one of IPv6 may have a zone (`fe80::1%eth0`). */
export function isAddress(text: string): boolean {
  const percent = text.indexOf('%')
  if (percent < 0) return parseAddress(text) !== undefined
  const address = text.slice(0, percent)
  return percent + 1 < text.length && address.includes(':') && parseAddress(address) !== undefined
}

/** What is wrong with an address. */
export function addressProblem(text: string): string | undefined {
  return isAddress(text) ? undefined : `${text} is not a valid IP`
}

/** What is wrong with an address or a CIDR range. */
export function subnetProblem(text: string): string | undefined {
  if (text.split('/').length !== 2) return addressProblem(text)
  return parsePrefix(text) === undefined ? `${text} is not a valid CIDR block` : undefined
}

/** What is wrong with the path of a Unix socket, or its name when it begins with `@`. */
export function socketProblem(path: string): string | undefined {
  if (path === '') return 'unix address must not be empty'
  if (path.startsWith('@')) return undefined
  return path.startsWith('/') && !path.endsWith('/') ? undefined : `${path} is not an absolute path to a file`
}

/** How addresses of Unix sockets begin. */
export const UNIX = 'unix://'
