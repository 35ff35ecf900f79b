import { type Address, formatAddress, parseAddress, prefixContains } from '../../net/address.ts'
import { CelError, type Opaque, Optional, type Value } from '../value.ts'
import { global, method } from './registry.ts'

/** An IP address. */
class IpValue implements Opaque {
  readonly type = 'net.IP'
  readonly address: Address
  readonly text: string

  constructor(address: Address) {
    this.address = address
    this.text = formatAddress(address)
  }
}

/** A range of addresses. */
class CidrValue implements Opaque {
  readonly type = 'net.CIDR'
  readonly address: Address
  readonly bits: number
  readonly text: string

  constructor(address: Address, bits: number) {
    this.address = address
    this.bits = bits
    this.text = `${formatAddress(address)}/${bits}`
  }
}

/** Kubernetes takes neither zones nor IPv4 in IPv6. */
function ip(text: string): IpValue | undefined {
  const address = parseAddress(text)
  return address === undefined || /^::ffff:\d+\./i.test(text) ? undefined : new IpValue(address)
}

function cidr(text: string): CidrValue | undefined {
  const slash = text.indexOf('/')
  if (slash < 0 || !/^(0|[1-9]\d{0,2})$/.test(text.slice(slash + 1))) return undefined
  const address = ip(text.slice(0, slash))
  const bits = Number(text.slice(slash + 1))
  if (address === undefined || bits > address.address.bytes.length * 8) return undefined
  return new CidrValue(address.address, bits)
}

function ofIp(name: string, run: (address: Address) => Value) {
  return method(name, ([value]) => (value instanceof IpValue ? run(value.address) : undefined))
}

function required<T>(value: T | undefined, what: string, text: string): T {
  if (value === undefined)
    throw new CelError(`${what} parse error during conversion from string: ${JSON.stringify(text)}`)
  return value
}

function masked({ bytes }: Address, bits: number): Address {
  return {
    bytes: bytes.map((byte, i) => byte & ((0xff << Math.max(0, 8 - Math.max(0, bits - i * 8))) & 0xff)),
  }
}

function inRange(address: Address, text: string): boolean {
  const range = cidr(text)!
  return prefixContains(range.address, range.bits, address)
}

/** Addresses and ranges, as Kubernetes adds them. */
export const network = [
  global('isIP', ([text]) => (typeof text === 'string' ? ip(text) !== undefined : undefined)),
  global('ip', ([text]) => (typeof text === 'string' ? required(ip(text), 'IP Address', text) : undefined)),
  global('ip.isCanonical', ([text]) =>
    typeof text === 'string' ? required(ip(text), 'IP Address', text).text === text : undefined,
  ),
  ofIp('family', ({ bytes }) => (bytes.length === 4 ? 4n : 6n)),
  ofIp('isUnspecified', ({ bytes }) => bytes.every((byte) => byte === 0)),
  ofIp('isLoopback', (address) => inRange(address, '127.0.0.0/8') || inRange(address, '::1/128')),
  ofIp(
    'isLinkLocalMulticast',
    (address) => inRange(address, '224.0.0.0/24') || inRange(address, 'ff02::/16'),
  ),
  ofIp(
    'isLinkLocalUnicast',
    (address) => inRange(address, '169.254.0.0/16') || inRange(address, 'fe80::/10'),
  ),
  ofIp(
    'isGlobalUnicast',
    (address) =>
      !address.bytes.every((byte) => byte === 0) &&
      !inRange(address, '127.0.0.0/8') &&
      !inRange(address, '::1/128') &&
      !inRange(address, '224.0.0.0/4') &&
      !inRange(address, 'ff00::/8') &&
      !inRange(address, '169.254.0.0/16') &&
      !inRange(address, 'fe80::/10') &&
      !inRange(address, '255.255.255.255/32'),
  ),
  global('isCIDR', ([text]) => (typeof text === 'string' ? cidr(text) !== undefined : undefined)),
  global('cidr', ([text]) =>
    typeof text === 'string' ? required(cidr(text), 'network address', text) : undefined,
  ),
  method('containsIP', ([range, value]) => {
    if (!(range instanceof CidrValue)) return undefined
    const address = typeof value === 'string' ? required(ip(value), 'IP Address', value) : value
    return address instanceof IpValue ? prefixContains(range.address, range.bits, address.address) : undefined
  }),
  method('containsCIDR', ([range, value]) => {
    if (!(range instanceof CidrValue)) return undefined
    const other = typeof value === 'string' ? required(cidr(value), 'network address', value) : value
    if (!(other instanceof CidrValue)) return undefined
    return other.bits >= range.bits && prefixContains(range.address, range.bits, other.address)
  }),
  method('ip', ([range]) => (range instanceof CidrValue ? new IpValue(range.address) : undefined)),
  method('masked', ([range]) =>
    range instanceof CidrValue ? new CidrValue(masked(range.address, range.bits), range.bits) : undefined,
  ),
  method('prefixLength', ([range]) => (range instanceof CidrValue ? BigInt(range.bits) : undefined)),
  ...namedFormats(),
]

/** A named format: `format.dns1123Label().validate(text)` gives problems, or nothing. */
class FormatValue implements Opaque {
  readonly type = 'kubernetes.NamedFormat'
  readonly text: string
  readonly validate: (text: string) => boolean

  constructor(name: string, validate: (text: string) => boolean) {
    this.text = name
    this.validate = validate
  }
}

function namedFormats() {
  const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/
  const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
  const checks: Readonly<Record<string, (text: string) => boolean>> = {
    dns1123Label: (text) => text.length <= 63 && label.test(text),
    dns1123Subdomain: (text) => text.length <= 253 && subdomain.test(text),
    dns1035Label: (text) => text.length <= 63 && /^[a-z]([-a-z0-9]*[a-z0-9])?$/.test(text),
    labelValue: (text) => text.length <= 63 && /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/.test(text),
    qualifiedName: (text) => {
      const [first, second, ...more] = text.split('/')
      const name = second ?? first!
      const prefixIsFine = second === undefined || (first!.length <= 253 && subdomain.test(first!))
      return (
        more.length === 0 &&
        prefixIsFine &&
        name.length <= 63 &&
        /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/.test(name)
      )
    },
    uri: (text) => /^[A-Za-z][A-Za-z0-9+.-]*:|^\//.test(text),
    uuid: (text) => /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i.test(text),
    byte: (text) =>
      /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$/.test(text),
    date: (text) => /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text)),
    datetime: (text) => /^\d{4}-\d{2}-\d{2}[Tt]/.test(text) && !Number.isNaN(Date.parse(text)),
  }
  return [
    ...Object.entries(checks).map(([name, check]) =>
      global(`format.${name}`, () => new FormatValue(name, check)),
    ),
    global('format.named', ([name]) => {
      if (typeof name !== 'string') return undefined
      const check = checks[name]
      return new Optional(check === undefined ? undefined : new FormatValue(name, check))
    }),
    method('validate', ([format, text]) => {
      if (!(format instanceof FormatValue) || typeof text !== 'string') return undefined
      return new Optional(format.validate(text) ? undefined : `must be a valid ${format.text}`)
    }),
  ]
}
