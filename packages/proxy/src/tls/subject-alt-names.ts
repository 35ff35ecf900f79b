import { DER, DerReader } from './der.ts'

/** Names that a certificate speaks for. */
export interface SubjectAltNames {
  readonly uris: readonly string[]
  readonly dns: readonly string[]
  readonly emails: readonly string[]
  /** As text: `10.0.0.1`, or the eight groups of IPv6 without leading zeros and without `::`. */
  readonly ips: readonly string[]
  /** Number of names of other kinds. */
  readonly others: number
}

export const NO_ALT_NAMES: SubjectAltNames = Object.freeze({
  uris: Object.freeze([]),
  dns: Object.freeze([]),
  emails: Object.freeze([]),
  ips: Object.freeze([]),
  others: 0,
})

/** 2.5.29.17 */
const SUBJECT_ALT_NAME = Buffer.from([0x55, 0x1d, 0x11])

const EXTENSIONS = 0xa3
const RFC822_NAME = 0x81
const DNS_NAME = 0x82
const URI = 0x86
const IP_ADDRESS = 0x87

/**
 * Reads the subject alternative names of a certificate from its DER encoding.
 *
 * The printed form (`URI:spiffe://…, DNS:…`) is not used: a name with a comma in it would add names of its choice
 * there. A name that is not printable ASCII is left out, because no name that we compare with can contain one.
 *
 * @throws DerError when the encoding is malformed
 */
export function subjectAltNames(certificate: Uint8Array): SubjectAltNames {
  const tbs = new DerReader(certificate).enter(DER.sequence).enter(DER.sequence)
  while (!tbs.isAtEnd) {
    const field = tbs.next()
    if (field.tag !== EXTENSIONS) continue
    const extensions = new DerReader(field.content).enter(DER.sequence)
    while (!extensions.isAtEnd) {
      const extension = extensions.enter(DER.sequence)
      if (!extension.expect(DER.oid).content.equals(SUBJECT_ALT_NAME)) continue
      extension.skip(DER.boolean)
      return readGeneralNames(new DerReader(extension.expect(DER.octetString).content))
    }
  }
  return NO_ALT_NAMES
}

function readGeneralNames(value: DerReader): SubjectAltNames {
  const uris: string[] = []
  const dns: string[] = []
  const emails: string[] = []
  const ips: string[] = []
  let others = 0
  const names = value.enter(DER.sequence)
  while (!names.isAtEnd) {
    const { tag, content } = names.next()
    const list = tag === URI ? uris : tag === DNS_NAME ? dns : tag === RFC822_NAME ? emails : undefined
    const ip = tag === IP_ADDRESS ? ipText(content) : undefined
    if (ip !== undefined) ips.push(ip)
    else if (list !== undefined && isPrintable(content)) list.push(content.toString('latin1'))
    else others++
  }
  return { uris, dns, emails, ips, others }
}

function ipText(content: Buffer): string | undefined {
  if (content.length === 4) return content.join('.')
  if (content.length !== 16) return undefined
  return Array.from({ length: 8 }, (_, i) => content.readUInt16BE(2 * i).toString(16)).join(':')
}

function isPrintable(content: Uint8Array): boolean {
  for (const byte of content) if (byte < 0x20 || byte > 0x7e) return false
  return true
}
