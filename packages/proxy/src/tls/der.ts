/**
 * The little of ASN.1 DER that certificates need: reading what {@link https://www.rfc-editor.org/rfc/rfc5280 X.509}
 * uses, and writing certificate requests. Input comes from peers: reading never goes out of bounds, and answers a
 * malformed encoding with {@link DerError}.
 */

export class DerError extends Error {
  override readonly name = 'DerError'
}

/** Tags as they stand in the encoding, class and constructed bit included. */
export const DER = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8String: 0x0c,
  printableString: 0x13,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const

export interface DerElement {
  readonly tag: number
  /** Without tag and length. */
  readonly content: Buffer
  /** With tag and length. */
  readonly encoded: Buffer
}

/** Reads the elements of a constructed value one after another. */
export class DerReader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length
  }

  /** Tag of the next element, or -1 at the end. */
  get nextTag(): number {
    return this.#bytes[this.#at] ?? -1
  }

  next(): DerElement {
    const bytes = this.#bytes
    const start = this.#at
    if (start + 2 > bytes.length) throw new DerError('element is cut off')
    const tag = bytes[start]!
    if ((tag & 0x1f) === 0x1f) throw new DerError('tags above 30 are not used by certificates')
    let length = bytes[start + 1]!
    let contentAt = start + 2
    if (length >= 0x80) {
      const octets = length & 0x7f
      if (octets === 0 || octets > 4 || contentAt + octets > bytes.length)
        throw new DerError('length is not in definite form or too large')
      length = 0
      for (let i = 0; i < octets; i++) length = length * 256 + bytes[contentAt++]!
    }
    const end = contentAt + length
    if (end > bytes.length) throw new DerError('element is longer than what contains it')
    this.#at = end
    return { tag, content: bytes.subarray(contentAt, end), encoded: bytes.subarray(start, end) }
  }

  /** The next element, which must have this tag. */
  expect(tag: number): DerElement {
    const element = this.next()
    if (element.tag !== tag) throw new DerError(`expected tag ${tag}, found ${element.tag}`)
    return element
  }

  /** A reader of the content of the next element, which must have this tag. */
  enter(tag: number): DerReader {
    return new DerReader(this.expect(tag).content)
  }

  /** Skips the next element if it has this tag. */
  skip(tag: number): void {
    if (this.nextTag === tag) this.next()
  }
}

/** Dotted form of the content of an OBJECT IDENTIFIER. */
export function oidText(content: Uint8Array): string {
  const arcs: number[] = []
  let value = 0
  for (const byte of content) {
    value = value * 128 + (byte & 0x7f)
    if (value > Number.MAX_SAFE_INTEGER) throw new DerError('object identifier has an arc that is too large')
    if (byte < 0x80) {
      if (arcs.length === 0) {
        const first = Math.min(Math.floor(value / 40), 2)
        arcs.push(first, value - first * 40)
      } else arcs.push(value)
      value = 0
    }
  }
  return arcs.join('.')
}

/** Encodes one element. */
export function derElement(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = contents.length === 1 ? contents[0]! : Buffer.concat(contents)
  const { length } = content
  let header: number[]
  if (length < 0x80) header = [tag, length]
  else if (length < 0x100) header = [tag, 0x81, length]
  else if (length < 0x10000) header = [tag, 0x82, length >> 8, length & 255]
  else header = [tag, 0x83, length >> 16, (length >> 8) & 255, length & 255]
  return Buffer.concat([Buffer.from(header), content])
}

export const derSequence = (...contents: readonly Uint8Array[]): Buffer =>
  derElement(DER.sequence, ...contents)

/** @param dotted - e.g. `2.5.29.17` */
export function derOid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  const bytes: number[] = []
  for (const arc of [first * 40 + second, ...rest]) {
    const septets = [arc % 128]
    for (let value = Math.floor(arc / 128); value > 0; value = Math.floor(value / 128))
      septets.unshift(0x80 | (value % 128))
    bytes.push(...septets)
  }
  return derElement(DER.oid, Buffer.from(bytes))
}

/** A non-negative INTEGER of up to 31 bits. */
export function derInteger(value: number): Buffer {
  const bytes = [value & 255]
  for (let rest = value >>> 8; rest > 0; rest >>>= 8) bytes.unshift(rest & 255)
  if (bytes[0]! >= 0x80) bytes.unshift(0)
  return derElement(DER.integer, Buffer.from(bytes))
}

/** A BIT STRING of whole bytes. */
export function derBitString(bytes: Uint8Array): Buffer {
  return derElement(DER.bitString, Buffer.from([0]), bytes)
}

/** PEM of one DER structure, with lines of 64 characters. */
export function pemOf(label: string, der: Uint8Array): string {
  const base64 = Buffer.from(der).toString('base64')
  const lines = base64.match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}
