import { BattenError } from './errors.ts'

/**
 * IP addresses and CIDR ranges. Matching allocates nothing: an address is parsed into one shared buffer of four
 * 32-bit words (IPv4 uses the first). An IPv4 address that is written as IPv6 (`::ffff:10.0.0.1`) counts as IPv4.
 */

export type IpFamily = 4 | 6

/** The address that was parsed last. */
const words = new Uint32Array(4)
const groups = new Uint16Array(8)

/** A range of addresses, `10.0.0.0/8`. */
export class Cidr {
  readonly family: IpFamily
  readonly prefixLength: number
  readonly #words: Uint32Array

  private constructor(family: IpFamily, prefixLength: number) {
    this.family = family
    this.prefixLength = prefixLength
    this.#words = words.slice()
    for (let i = 0; i < 4; i++) this.#words[i]! &= wordMask(prefixLength, i)
  }

  /**
   * A bare address is a range of one. Bits behind the prefix are ignored, as Envoy does.
   *
   * @throws BattenError `CIDR_INVALID`
   */
  static parse(text: string): Cidr {
    const cidr = Cidr.tryParse(text)
    if (cidr === undefined)
      throw new BattenError('CIDR_INVALID', {
        message: `${JSON.stringify(text.slice(0, 80))} is no IP address or CIDR range`,
        hint: 'write an address like "10.0.0.1" or "fd00::1", or a range like "10.0.0.0/8"',
      })
    return cidr
  }

  /** As {@link Cidr.parse}, with undefined in place of an error. */
  static tryParse(text: string): Cidr | undefined {
    const slash = text.indexOf('/')
    const mapped = slash > 0 && text.includes(':') && text.includes('.')
    const family = parseIp(slash < 0 ? text : text.slice(0, slash))
    if (family === 0) return undefined
    const bits = family === 4 ? 32 : 128
    if (slash < 0) return new Cidr(family, bits)
    const length = text.slice(slash + 1)
    if (!/^\d{1,3}$/.test(length)) return undefined
    // `::ffff:10.0.0.0/104` is `10.0.0.0/8`.
    const prefixLength = mapped && family === 4 ? Number(length) - 96 : Number(length)
    return prefixLength >= 0 && prefixLength <= bits ? new Cidr(family, prefixLength) : undefined
  }

  contains(address: string): boolean {
    if (parseIp(address) !== this.family) return false
    for (let i = 0; i * 32 < this.prefixLength; i++)
      if (((words[i]! ^ this.#words[i]!) & wordMask(this.prefixLength, i)) !== 0) return false
    return true
  }

  /** Bit `index` of the network address, counted from the left. */
  bit(index: number): 0 | 1 {
    return ((this.#words[index >> 5]! >>> (31 - (index & 31))) & 1) as 0 | 1
  }

  toString(): string {
    return `${formatWords(this.family, this.#words)}/${this.prefixLength}`
  }
}

/**
 * Ranges with values; the longest range that contains an address wins. A lookup walks at most 32 or 128 steps,
 * however many ranges there are.
 *
 * @example
 * const networks = new CidrTable<string>()
 * networks.set(Cidr.parse('10.0.0.0/8'), 'private')
 * networks.find('10.1.2.3') // 'private'
 */
export class CidrTable<T> {
  /** Two children a node, 0 = none; node 0 is the root of IPv4, node 1 that of IPv6. */
  readonly #children: number[] = [0, 0, 0, 0]
  readonly #values: (T | undefined)[] = [undefined, undefined]
  #size = 0

  get size(): number {
    return this.#size
  }

  /** Adds a range; the value of an equal range is replaced. */
  set(cidr: Cidr, value: T): void {
    let node = cidr.family === 4 ? 0 : 1
    for (let i = 0; i < cidr.prefixLength; i++) {
      const slot = node * 2 + cidr.bit(i)
      if (this.#children[slot] === 0) {
        this.#children[slot] = this.#values.length
        this.#values.push(undefined)
        this.#children.push(0, 0)
      }
      node = this.#children[slot]!
    }
    if (this.#values[node] === undefined) this.#size++
    this.#values[node] = value
  }

  /** The value of the longest range with this address, or undefined. */
  find(address: string): T | undefined {
    const family = parseIp(address)
    if (family === 0) return undefined
    let node = family === 4 ? 0 : 1
    let found = this.#values[node]
    const bits = family === 4 ? 32 : 128
    for (let i = 0; i < bits; i++) {
      node = this.#children[node * 2 + ((words[i >> 5]! >>> (31 - (i & 31))) & 1)]!
      if (node === 0) break
      const value = this.#values[node]
      if (value !== undefined) found = value
    }
    return found
  }
}

/** A set of ranges, for "is this address one of them". */
export class CidrSet {
  readonly #table = new CidrTable<true>()

  constructor(ranges: Iterable<Cidr>) {
    for (const range of ranges) this.#table.set(range, true)
  }

  contains(address: string): boolean {
    return this.#table.find(address) === true
  }
}

/** 4, 6, or undefined for a text that is no IP address. Zone identifiers (`fe80::1%eth0`) are accepted and ignored. */
export function ipFamily(text: string): IpFamily | undefined {
  const family = parseIp(text)
  return family === 0 ? undefined : family
}

/** The address in its shortest usual form (RFC 5952), so that equal addresses are equal texts. */
export function normalizeIp(text: string): string | undefined {
  const family = parseIp(text)
  return family === 0 ? undefined : formatWords(family, words)
}

/** Parses into `words`; 0 = no address. */
function parseIp(text: string): IpFamily | 0 {
  const length = text.length
  if (length < 2 || length > 60) return 0
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text, 0, length)
}

/** Four decimal numbers; no leading zeros, which some would read as octal. */
function parseIpv4(text: string, from: number, to: number): 4 | 0 {
  let address = 0
  let value = -1
  let dots = 0
  for (let i = from; i <= to; i++) {
    const code = i === to ? 46 : text.charCodeAt(i)
    if (code === 46) {
      if (value < 0 || (i < to && ++dots > 3)) return 0
      address = address * 256 + value
      value = -1
    } else if (code >= 48 && code <= 57 && value !== 0) {
      value = value < 0 ? code - 48 : value * 10 + code - 48
      if (value > 255) return 0
    } else return 0
  }
  if (dots !== 3) return 0
  words[0] = address
  words[1] = words[2] = words[3] = 0
  return 4
}

function parseIpv6(text: string): IpFamily | 0 {
  const zone = text.indexOf('%')
  const end = zone < 0 ? text.length : zone
  let count = 0
  let gap = -1
  let i = 0
  if (text.startsWith('::')) {
    gap = 0
    i = 2
  } else if (text.charCodeAt(0) === 58) return 0
  while (i < end) {
    if (count >= 8) return 0
    const start = i
    let value = 0
    for (; i < end; i++) {
      const digit = hexDigit(text.charCodeAt(i))
      if (digit < 0) break
      value = value * 16 + digit
    }
    if (i < end && text.charCodeAt(i) === 46) {
      if (count > 6 || parseIpv4(text, start, end) === 0) return 0
      groups[count++] = words[0]! >>> 16
      groups[count++] = words[0]! & 0xffff
      i = end
      break
    }
    if (i === start || i - start > 4) return 0
    groups[count++] = value
    if (i === end) break
    if (text.charCodeAt(i) !== 58) return 0
    i++
    if (i === end) return 0
    if (text.charCodeAt(i) === 58) {
      if (gap >= 0) return 0
      gap = count
      i++
    }
  }
  if (gap < 0 ? count !== 8 : count > 7) return 0
  return storeGroups(count, gap)
}

function storeGroups(count: number, gap: number): IpFamily {
  words.fill(0)
  const missing = 8 - count
  for (let group = 0; group < count; group++) {
    const at = gap >= 0 && group >= gap ? group + missing : group
    words[at >> 1]! |= at % 2 === 0 ? groups[group]! << 16 : groups[group]!
  }
  if (words[0] === 0 && words[1] === 0 && words[2] === 0xffff) {
    words[0] = words[3]!
    words[2] = words[3] = 0
    return 4
  }
  return 6
}

function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48
  const lower = code | 32
  return lower >= 97 && lower <= 102 ? lower - 87 : -1
}

/** The bits of word `index` that belong to the prefix. */
function wordMask(prefixLength: number, index: number): number {
  const bits = prefixLength - index * 32
  if (bits >= 32) return -1
  return bits <= 0 ? 0 : -1 << (32 - bits)
}

function formatWords(family: IpFamily, from: Uint32Array): string {
  const first = from[0]!
  if (family === 4) return `${first >>> 24}.${(first >>> 16) & 255}.${(first >>> 8) & 255}.${first & 255}`
  const parts: number[] = []
  for (const word of from) parts.push(word >>> 16, word & 0xffff)
  // The longest run of at least two zero groups is left out, the first one of equal runs.
  let best = 0
  let bestAt = -1
  for (let i = 0; i < 8; i++) {
    let run = 0
    while (i + run < 8 && parts[i + run] === 0) run++
    if (run > best) {
      best = run
      bestAt = i
    }
  }
  const hex = (list: number[]) => list.map((part) => part.toString(16)).join(':')
  if (best < 2) return hex(parts)
  return `${hex(parts.slice(0, bestAt))}::${hex(parts.slice(bestAt + best))}`
}
