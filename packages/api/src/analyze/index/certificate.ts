/** Certificates and keys of secrets, as far as a gateway would refuse them. Reads DER; nothing is verified. */

interface Element {
  readonly tag: number
  readonly start: number
  readonly end: number
}

const SEQUENCE = 0x30
const INTEGER = 0x02
const BIT_STRING = 0x03
const OCTET_STRING = 0x04
const UTC_TIME = 0x17
const GENERALIZED_TIME = 0x18
/** `[1]` of an EC key: the public key. */
const EC_PUBLIC_KEY = 0xa1

/**
 * What keeps a gateway from using a certificate, PEM; undefined when nothing does. `now` is in milliseconds since 1970.
 * Of a chain the first certificate is looked at.
 */
export function certificateProblem(certificate: string, now: number): string | undefined {
  const der = pemBlock(certificate, /CERTIFICATE/)
  if (der === undefined) return 'the certificate is not PEM'
  const read = readCertificate(der)
  if (read === undefined) return 'the certificate is not X.509'
  if (now > read.notAfter) return `the certificate expired on ${new Date(read.notAfter).toISOString()}`
  if (now < read.notBefore)
    return `the certificate is not valid before ${new Date(read.notBefore).toISOString()}`
  return undefined
}

/** What keeps a gateway from using a key with a certificate, both PEM; undefined when nothing does. */
export function keyProblem(certificate: string, key: string): string | undefined {
  const der = pemBlock(certificate, /CERTIFICATE/)
  const read = der === undefined ? undefined : readCertificate(der)
  if (read === undefined) return undefined
  const keyDer = pemBlock(key, /PRIVATE KEY/)
  if (keyDer === undefined) return 'the private key is not PEM'
  const own = readPublicPart(keyDer)
  if (own === 'invalid') return 'the private key cannot be read'
  const isOther = own !== undefined && !sameBytes(own, read.publicPart)
  return isOther ? 'the private key is not that of the certificate' : undefined
}

/** The first block of PEM with a label, as bytes. */
function pemBlock(text: string, label: RegExp): Uint8Array | undefined {
  for (const [, begin, body, end] of text.matchAll(
    /-----BEGIN ([A-Z0-9 ]+)-----([A-Za-z0-9+/=\s]*?)-----END ([A-Z0-9 ]+)-----/g,
  )) {
    if (begin === end && label.test(begin!)) return decodeBase64(body!)
  }
  return undefined
}

/** Bytes of base64; undefined when it is none. */
export function decodeBase64(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.from(atob(text.replace(/\s/g, '')), (char) => char.charCodeAt(0))
  } catch {
    return undefined
  }
}

interface Certificate {
  readonly notBefore: number
  readonly notAfter: number
  /** Modulus of an RSA key, or the key itself. */
  readonly publicPart: Uint8Array
}

function readCertificate(der: Uint8Array): Certificate | undefined {
  const [outer] = elements(der, 0, der.length)
  const [tbs] = children(der, outer)
  const fields = children(der, tbs)
  // The version is optional.
  const first = fields[0]?.tag === INTEGER ? 0 : 1
  const validity = children(der, fields[first + 3])
  const [, keyBits] = children(der, fields[first + 5])
  const [notBefore, notAfter] = validity.map((time) => timeOf(der, time))
  if (notBefore === undefined || notAfter === undefined || keyBits?.tag !== BIT_STRING) return undefined
  return { notBefore, notAfter, publicPart: modulusOr(der.subarray(keyBits.start + 1, keyBits.end)) }
}

/** The public part of a private key, undefined when the key does not hold it. */
function readPublicPart(der: Uint8Array): Uint8Array | undefined | 'invalid' {
  const [outer] = elements(der, 0, der.length)
  const fields = children(der, outer)
  if (fields[0]?.tag !== INTEGER) return 'invalid'
  if (fields[1]?.tag === SEQUENCE && fields[2]?.tag === OCTET_STRING) {
    const inner = der.slice(fields[2].start, fields[2].end)
    const isKey = elements(inner, 0, inner.length)[0]?.tag === SEQUENCE
    // Keys of Edwards curves are bare bytes.
    return isKey ? readPublicPart(inner) : undefined
  }
  if (fields[1]?.tag === OCTET_STRING) {
    const [bits] = children(
      der,
      fields.find(({ tag }) => tag === EC_PUBLIC_KEY),
    )
    return bits === undefined ? undefined : der.subarray(bits.start + 1, bits.end)
  }
  return fields[1]?.tag === INTEGER ? integer(der, fields[1]) : 'invalid'
}

function modulusOr(key: Uint8Array): Uint8Array {
  const [outer] = elements(key, 0, key.length)
  const [modulus] = outer?.tag === SEQUENCE ? children(key, outer) : []
  return modulus?.tag === INTEGER ? integer(key, modulus) : key
}

/** Without the zero byte that keeps an integer positive. */
function integer(der: Uint8Array, { start, end }: Element): Uint8Array {
  return der.subarray(der[start] === 0 ? start + 1 : start, end)
}

function timeOf(der: Uint8Array, { tag, start, end }: Element): number | undefined {
  const text = String.fromCharCode(...der.subarray(start, end))
  const match = /^(\d{2,4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/.exec(text)
  if (match === null || (tag !== UTC_TIME && tag !== GENERALIZED_TIME)) return undefined
  const [, yearText, month, day, hour, minute, second] = match
  const short = Number(yearText)
  const year = tag === UTC_TIME ? short + (short >= 50 ? 1900 : 2000) : short
  return Date.UTC(year, Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second))
}

function children(der: Uint8Array, element: Element | undefined): Element[] {
  return element === undefined ? [] : elements(der, element.start, element.end)
}

/** The elements between two places; those before a broken one when there is one. */
function elements(der: Uint8Array, from: number, to: number): Element[] {
  const out: Element[] = []
  let at = from
  while (at + 2 <= to) {
    const tag = der[at]!
    let length = der[at + 1]!
    at += 2
    if (length >= 0x80) {
      const count = length & 0x7f
      if (count === 0 || count > 4 || at + count > to) return out
      length = 0
      for (let i = 0; i < count; i++) length = length * 256 + der[at + i]!
      at += count
    }
    if (at + length > to) return out
    out.push({ tag, start: at, end: at + length })
    at += length
  }
  return out
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}
