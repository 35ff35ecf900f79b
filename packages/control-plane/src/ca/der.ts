/**
 * The few DER (X.690) forms that certificates and requests are made of. Own code in place of an ASN.1 library: a
 * certificate is 12 lines with it, signing costs 0.1 ms in place of 2 ms, and nothing is parsed that is not needed.
 */

export const DER_TAGS = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8String: 0x0c,
  sequence: 0x30,
  set: 0x31,
  utcTime: 0x17,
  generalizedTime: 0x18,
} as const

/** Tag, length and content. */
export function der(tag: number, ...content: readonly Uint8Array[]): Buffer {
  let length = 0
  for (const part of content) length += part.length
  return Buffer.concat([Buffer.from([tag]), derLength(length), ...content])
}

export const derSequence = (...content: readonly Uint8Array[]): Buffer => der(DER_TAGS.sequence, ...content)
export const derSet = (...content: readonly Uint8Array[]): Buffer => der(DER_TAGS.set, ...content)
export const derOctetString = (content: Uint8Array): Buffer => der(DER_TAGS.octetString, content)
export const derUtf8String = (text: string): Buffer => der(DER_TAGS.utf8String, Buffer.from(text))
export const derBoolean = (value: boolean): Buffer => der(DER_TAGS.boolean, Buffer.from([value ? 0xff : 0]))
export const derNull = (): Buffer => der(DER_TAGS.null)

/** A non-negative integer from big-endian bytes. */
export function derInteger(bytes: Uint8Array): Buffer {
  let start = 0
  while (start < bytes.length - 1 && bytes[start] === 0) start++
  const content = bytes.subarray(start)
  return (content[0] ?? 0) & 0x80
    ? der(DER_TAGS.integer, Buffer.from([0]), content)
    : der(DER_TAGS.integer, content)
}

export function derBitString(bytes: Uint8Array, unusedBits = 0): Buffer {
  return der(DER_TAGS.bitString, Buffer.from([unusedBits]), bytes)
}

/** `1.2.840.10045.4.3.2` in its encoded form. */
export function derOid(dotted: string): Buffer {
  const [first, second, ...rest] = dotted.split('.').map(Number)
  const content: number[] = []
  for (const arc of [first! * 40 + second!, ...rest]) {
    const septets = [arc & 0x7f]
    for (let value = Math.floor(arc / 128); value > 0; value = Math.floor(value / 128))
      septets.unshift((value & 0x7f) | 0x80)
    content.push(...septets)
  }
  return der(DER_TAGS.oid, Buffer.from(content))
}

/** UTCTime up to 2049, GeneralizedTime from 2050 (RFC 5280 §4.1.2.5). */
export function derTime(epochMs: number): Buffer {
  const text = `${new Date(epochMs).toISOString().slice(0, 19).replace(/[-:T]/g, '')}Z`
  return Number(text.slice(0, 4)) < 2050
    ? der(DER_TAGS.utcTime, Buffer.from(text.slice(2)))
    : der(DER_TAGS.generalizedTime, Buffer.from(text))
}

/** `[number]` of a context: constructed (EXPLICIT, or a structured IMPLICIT) or primitive. */
export function derContext(number: number, constructed: boolean, ...content: readonly Uint8Array[]): Buffer {
  return der((constructed ? 0xa0 : 0x80) | number, ...content)
}

function derLength(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length])
  const bytes = []
  for (let value = length; value > 0; value = Math.floor(value / 256)) bytes.unshift(value & 0xff)
  return Buffer.from([0x80 | bytes.length, ...bytes])
}

/** One element that was read. */
export interface DerElement {
  readonly tag: number
  readonly content: Buffer
  /** Tag, length and content as they stood in the input: what a signature covers. */
  readonly raw: Buffer
}

/**
 * Reads elements one after another; every length is checked against what is there.
 *
 * @throws RangeError for anything that is no DER, or not the tag that the caller expects
 */
export class DerReader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get isDone(): boolean {
    return this.#at >= this.#bytes.length
  }

  /** Tag of the next element without reading it; undefined at the end. */
  peekTag(): number | undefined {
    return this.#bytes[this.#at]
  }

  next(expectedTag?: number): DerElement {
    const bytes = this.#bytes
    const start = this.#at
    const tag = bytes[start]
    const first = bytes[start + 1]
    if (tag === undefined || first === undefined) throw new RangeError('DER ends early')
    if ((tag & 0x1f) === 0x1f) throw new RangeError('DER with a tag of several bytes')
    if (expectedTag !== undefined && tag !== expectedTag)
      throw new RangeError(`DER has tag 0x${tag.toString(16)} where 0x${expectedTag.toString(16)} belongs`)
    let length = first
    let at = start + 2
    if (first >= 0x80) {
      const count = first & 0x7f
      if (count === 0 || count > 4) throw new RangeError('DER with an indefinite or huge length')
      if (at + count > bytes.length) throw new RangeError('DER ends early')
      length = bytes.readUIntBE(at, count)
      at += count
      if (length < 0x80 || bytes[start + 2] === 0)
        throw new RangeError('DER length is not in its shortest form')
    }
    if (at + length > bytes.length) throw new RangeError('DER ends early')
    this.#at = at + length
    return { tag, content: bytes.subarray(at, this.#at), raw: bytes.subarray(start, this.#at) }
  }

  /** @throws RangeError when bytes follow */
  end(): void {
    if (!this.isDone) throw new RangeError('bytes follow the last DER element')
  }
}

/** The content of an OBJECT IDENTIFIER in dotted form. */
export function oidToString(content: Buffer): string {
  if (content.length === 0) throw new RangeError('empty object identifier')
  const arcs: number[] = []
  let value = 0
  for (const byte of content) {
    if (value > 2 ** 40) throw new RangeError('object identifier with a huge arc')
    value = value * 128 + (byte & 0x7f)
    if (byte & 0x80) continue
    if (arcs.length === 0) {
      const root = Math.min(2, Math.floor(value / 40))
      arcs.push(root, value - root * 40)
    } else arcs.push(value)
    value = 0
  }
  return arcs.join('.')
}
