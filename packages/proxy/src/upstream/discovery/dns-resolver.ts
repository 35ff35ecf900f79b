import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'

/** Addresses of a name, IPv4 first; rejects when there are none. */
export type DnsResolver = (name: string) => Promise<readonly string[]>

/** The system's resolver, `/etc/hosts` included. */
export const systemResolver: DnsResolver = async (name) => {
  if (isIP(name) !== 0) return [name]
  const found = await lookup(name, { all: true, order: 'ipv4first' })
  // As Envoy's default (`V4_PREFERRED` of its newer versions): IPv6 only where there is no IPv4.
  const v4 = found.filter((entry) => entry.family === 4)
  return (v4.length > 0 ? v4 : found).map((entry) => entry.address)
}
