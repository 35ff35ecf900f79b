import { isIPv4, isIPv6 } from 'node:net'

/** An IP address as 16 bytes; IPv4 in its IPv4-mapped form, so that both kinds compare alike. */
export type AddressBytes = Uint8Array

/** undefined when the text is no IP address. */
export function parseAddress(text: string): AddressBytes | undefined {
  const bytes = new Uint8Array(16)
  if (isIPv4(text)) {
    bytes[10] = bytes[11] = 0xff
    writeIPv4(text, bytes, 12)
    return bytes
  }
  const zone = text.indexOf('%')
  const address = zone < 0 ? text : text.slice(0, zone)
  if (!isIPv6(address)) return undefined
  const [head = '', tail] = address.split('::')
  const front = writeGroups(head, bytes, 0)
  if (tail !== undefined) {
    const back = new Uint8Array(16)
    const length = writeGroups(tail, back, 0)
    bytes.set(back.subarray(0, length), 16 - Math.min(length, 16 - front))
  }
  return bytes
}

function writeGroups(text: string, bytes: Uint8Array, start: number): number {
  let at = start
  if (text === '') return at
  for (const group of text.split(':')) {
    if (group.includes('.')) {
      writeIPv4(group, bytes, at)
      at += 4
      continue
    }
    const value = Number.parseInt(group, 16)
    bytes[at++] = value >> 8
    bytes[at++] = value & 255
  }
  return at
}

function writeIPv4(text: string, bytes: Uint8Array, at: number): void {
  text.split('.').forEach((part, i) => {
    bytes[at + i] = Number(part)
  })
}

export interface IpPrefix {
  readonly bytes: AddressBytes
  /** 0 to 128; an IPv4 prefix counts 96 more. */
  readonly bits: number
}

/** `10.0.0.0/8`, `2001:db8::/32` or a bare address; undefined when it is neither. */
export function parsePrefix(text: string): IpPrefix | undefined {
  const slash = text.indexOf('/')
  const address = slash < 0 ? text : text.slice(0, slash)
  const bytes = parseAddress(address)
  if (bytes === undefined) return undefined
  const family = isIPv4(address) ? 32 : 128
  const length = slash < 0 ? family : Number(text.slice(slash + 1))
  if (!/^\d+$/.test(slash < 0 ? '0' : text.slice(slash + 1)) || length > family) return undefined
  return { bytes, bits: family === 32 ? length + 96 : length }
}

export function contains(prefix: IpPrefix, address: AddressBytes): boolean {
  const whole = prefix.bits >> 3
  for (let i = 0; i < whole; i++) if (prefix.bytes[i] !== address[i]) return false
  const rest = prefix.bits & 7
  if (rest === 0) return true
  const mask = 0xff << (8 - rest)
  return ((prefix.bytes[whole]! ^ address[whole]!) & mask & 0xff) === 0
}

/** `127.0.0.0/8` or `::1`. */
export function isLoopback(address: AddressBytes): boolean {
  return contains(LOOPBACK_4, address) || contains(LOOPBACK_6, address)
}

const LOOPBACK_4 = parsePrefix('127.0.0.0/8')!
const LOOPBACK_6 = parsePrefix('::1/128')!

/** Values by prefix; the longest prefix that contains an address wins. */
export class PrefixTable<T> {
  readonly #entries: { readonly prefix: IpPrefix; readonly value: T }[] = []
  /** For listeners without any prefix: no address needs to be looked at. */
  #onlyValue: T | undefined

  /** Adds a prefix, or gives the value that is there for it. */
  getOrAdd(prefix: IpPrefix, create: () => T): T {
    for (const entry of this.#entries)
      if (entry.prefix.bits === prefix.bits && contains(entry.prefix, prefix.bytes)) return entry.value
    const value = create()
    this.#entries.push({ prefix, value })
    this.#entries.sort((a, b) => b.prefix.bits - a.prefix.bits)
    this.#onlyValue = this.#entries.length === 1 && prefix.bits === 0 ? value : undefined
    return value
  }

  /** `address` undefined (a Unix domain socket) matches only the prefix of everything. */
  find(address: AddressBytes | undefined): T | undefined {
    if (this.#onlyValue !== undefined) return this.#onlyValue
    for (const { prefix, value } of this.#entries)
      if (prefix.bits === 0 || (address !== undefined && contains(prefix, address))) return value
    return undefined
  }
}

/** Every address. */
export const EVERY_ADDRESS: IpPrefix = Object.freeze({ bytes: new Uint8Array(16), bits: 0 })
