import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import type { DnsFamily } from '../cluster-config.ts'

/** Addresses of a name, of the families that are asked for; empty when it has none. Rejects when DNS fails. */
export type DnsResolver = (name: string, family: DnsFamily) => Promise<readonly string[]>

/** The system's resolver, `/etc/hosts` included. */
export const systemResolver: DnsResolver = async (name, family) => {
  if (isIP(name) !== 0) return [name]
  try {
    const found = await lookup(name, { all: true, order: 'ipv4first' })
    const of = (version: 4 | 6) =>
      found.filter((entry) => entry.family === version).map((entry) => entry.address)
    return choose(family, of(4), of(6))
  } catch (thrown) {
    // As Envoy: that a name has no addresses is an answer. The last service of a name is gone, and so are its hosts.
    if ((thrown as NodeJS.ErrnoException).code === 'ENOTFOUND') return []
    throw thrown
  }
}

function choose(family: DnsFamily, v4: readonly string[], v6: readonly string[]): readonly string[] {
  switch (family) {
    case 'v4':
      return v4
    case 'v6':
      return v6
    case 'v4-preferred':
      return v4.length > 0 ? v4 : v6
    case 'auto':
      return v6.length > 0 ? v6 : v4
    case 'all':
      return [...v4, ...v6]
  }
}
