/** IP addresses as Go's `net/netip` reads them. */

/** An address: 4 or 16 bytes. */
export interface Address {
  readonly bytes: readonly number[]
}

/** Reads an IPv4 or IPv6 address without a zone; undefined when the text is none. */
export function parseAddress(text: string): Address | undefined {
  const bytes = text.includes(':') ? parse6(text) : parse4(text)
  return bytes === undefined ? undefined : { bytes }
}

/** Go refuses leading zeros: `010.0.0.1` would mean different things to different readers. */
function parse4(text: string): number[] | undefined {
  const parts = text.split('.')
  if (parts.length !== 4) return undefined
  const bytes: number[] = []
  for (const part of parts) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined
    bytes.push(Number(part))
  }
  return bytes
}

function parse6(text: string): number[] | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const groups = halves.map((half) => (half === '' ? [] : groupsOf(half)))
  const [head, tail] = groups
  if (head === undefined || (halves.length === 2 && tail === undefined)) return undefined
  // An IPv4 tail may only come last.
  if (halves.length === 2 && halves[0]!.includes('.')) return undefined
  if (halves.length === 1) return head.length === 16 ? head : undefined
  const missing = 16 - head.length - tail!.length
  return missing < 2 ? undefined : [...head, ...Array<number>(missing).fill(0), ...tail!]
}

function groupsOf(text: string): number[] | undefined {
  const out: number[] = []
  const parts = text.split(':')
  for (const [i, part] of parts.entries()) {
    if (part.includes('.')) {
      const last = i === parts.length - 1 ? parse4(part) : undefined
      if (last === undefined) return undefined
      out.push(...last)
    } else {
      if (!/^[0-9A-Fa-f]{1,4}$/.test(part)) return undefined
      const value = Number.parseInt(part, 16)
      out.push(value >> 8, value & 0xff)
    }
  }
  return out
}

/** Canonical text: RFC 5952 for IPv6. */
export function formatAddress({ bytes }: Address): string {
  if (bytes.length === 4) return bytes.join('.')
  const groups = Array.from({ length: 8 }, (_, i) => (bytes[i * 2]! << 8) | bytes[i * 2 + 1]!)
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    return `::ffff:${bytes.slice(12).join('.')}`
  }
  let best = { start: -1, length: 1 }
  for (let i = 0; i < 8; i++) {
    let end = i
    while (end < 8 && groups[end] === 0) end++
    if (end - i > best.length) best = { start: i, length: end - i }
    if (end > i) i = end
  }
  const text = groups.map((group) => group.toString(16))
  if (best.start < 0) return text.join(':')
  return `${text.slice(0, best.start).join(':')}::${text.slice(best.start + best.length).join(':')}`
}

/** Whether an address lies in a range. Addresses of different families never do. */
export function prefixContains(range: Address, bits: number, { bytes }: Address): boolean {
  if (range.bytes.length !== bytes.length) return false
  for (let i = 0; i * 8 < bits; i++) {
    const mask = bits - i * 8 >= 8 ? 0xff : (0xff << (8 - (bits - i * 8))) & 0xff
    if ((bytes[i]! & mask) !== (range.bytes[i]! & mask)) return false
  }
  return true
}

/** Reads a CIDR range as Go's `netip.ParsePrefix` does: no leading zeros in the length, no zone. */
export function parsePrefix(text: string): { address: Address; bits: number } | undefined {
  const slash = text.lastIndexOf('/')
  if (slash < 0 || !/^(0|[1-9]\d{0,2})$/.test(text.slice(slash + 1))) return undefined
  const address = parseAddress(text.slice(0, slash))
  const bits = Number(text.slice(slash + 1))
  return address === undefined || bits > address.bytes.length * 8 ? undefined : { address, bits }
}
