import { DER, DerReader, oidText } from './der.ts'

const SHORT_NAMES: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.4': 'SN',
  '2.5.4.5': 'serialNumber',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.9': 'street',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '2.5.4.12': 'title',
  '2.5.4.42': 'GN',
  '0.9.2342.19200300.100.1.1': 'UID',
  '0.9.2342.19200300.100.1.25': 'DC',
  '1.2.840.113549.1.9.1': 'emailAddress',
}

/** Subject and issuer of a certificate in RFC 2253 form (`CN=a,OU=b,O=c`), as Envoy prints them. */
export function distinguishedNames(certificate: Uint8Array): { subject: string; issuer: string } {
  const tbs = new DerReader(certificate).enter(DER.sequence).enter(DER.sequence)
  tbs.skip(0xa0) // version
  tbs.expect(DER.integer) // serial number
  tbs.expect(DER.sequence) // signature algorithm
  const issuer = tbs.expect(DER.sequence).content
  tbs.expect(DER.sequence) // validity
  const subject = tbs.expect(DER.sequence).content
  return { subject: distinguishedName(subject), issuer: distinguishedName(issuer) }
}

/** @param name - the content of a Name: a sequence of relative distinguished names, the most significant first */
export function distinguishedName(name: Uint8Array): string {
  const parts: string[] = []
  const reader = new DerReader(name)
  while (!reader.isAtEnd) {
    const attributes: string[] = []
    const set = reader.enter(DER.set)
    while (!set.isAtEnd) {
      const attribute = set.enter(DER.sequence)
      const type = oidText(attribute.expect(DER.oid).content)
      const { tag, content, encoded } = attribute.next()
      const shortName = SHORT_NAMES[type]
      attributes.push(
        shortName === undefined
          ? `${type}=#${encoded.toString('hex').toUpperCase()}`
          : `${shortName}=${escaped(tag === DER.bmpString ? utf16(content) : content)}`,
      )
    }
    parts.push(attributes.join('+'))
  }
  return parts.reverse().join(',')
}

function utf16(content: Buffer): Buffer {
  const swapped = Buffer.from(content.subarray(0, content.length & ~1))
  return Buffer.from(swapped.swap16().toString('utf16le'))
}

/** RFC 2253 §2.4; bytes outside of ASCII as `\XX`. */
function escaped(value: Buffer): string {
  let text = ''
  for (let i = 0; i < value.length; i++) {
    const byte = value[i]!
    const char = String.fromCharCode(byte)
    if (byte < 0x20 || byte > 0x7e) text += `\\${byte.toString(16).toUpperCase().padStart(2, '0')}`
    else if (',+"\\<>;'.includes(char)) text += `\\${char}`
    else if (i === 0 && (char === ' ' || char === '#')) text += `\\${char}`
    else if (i === value.length - 1 && char === ' ') text += '\\ '
    else text += char
  }
  return text
}
