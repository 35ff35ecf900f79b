import type { CidrRange, FilterChainMatch } from '@batten/xds'
import { isIpv4Address } from '../../model/ip-address.ts'

/** Stands for a match that asks for no server name, or no address. */
const ANY = ''

/**
 * Which server names and address ranges the chains of a listener have: each pair belongs to the first that asks for
 * it, since Envoy refuses a listener whose chains overlap.
 */
export class ChainMatches {
  readonly #taken = new Set<string>()

  /** What of a match nobody has yet; more than one match when names are free for some of the addresses only. */
  take(match: FilterChainMatch): FilterChainMatch[] {
    const { serverNames = [], prefixRanges = [], ...rest } = match
    const groups = new Map<string, { readonly names: string[]; readonly ranges: CidrRange[] }>()
    for (const range of prefixRanges.length === 0 ? [undefined] : prefixRanges) {
      const names = (serverNames.length === 0 ? [ANY] : serverNames).filter((name) =>
        this.#claim(name, range),
      )
      if (names.length === 0) continue
      const key = names.join(' ')
      const group = groups.get(key) ?? { names: names.filter((name) => name !== ANY), ranges: [] }
      groups.set(key, group)
      if (range !== undefined) group.ranges.push(range)
    }
    return [...groups.values()].map(({ names, ranges }) => ({
      ...(ranges.length === 0 ? {} : { prefixRanges: ranges }),
      ...(names.length === 0 ? {} : { serverNames: names }),
      ...rest,
    }))
  }

  #claim(name: string, range: CidrRange | undefined): boolean {
    const key = `${name.toLowerCase()} ${range === undefined ? ANY : networkOf(range)}`
    if (this.#taken.has(key)) return false
    this.#taken.add(key)
    return true
  }
}

/** The same text for the same network: bits after the prefix make no difference. */
function networkOf({ addressPrefix = '', prefixLen }: CidrRange): string {
  const length = prefixLen?.value ?? 0
  if (!isIpv4Address(addressPrefix)) return `${addressPrefix.toLowerCase()}/${length}`
  const address = addressPrefix.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
  const size = 2 ** (32 - length)
  return `${address - (address % size)}/${length}`
}
