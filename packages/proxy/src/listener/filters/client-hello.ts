/** What of a ClientHello decides where a connection goes. */
export interface ClientHello {
  /** Lower case; empty when the extension is absent. `invalid:` stands before a name that is none. */
  readonly serverName: string
  readonly applicationProtocols: readonly string[]
}

/** Larger messages are refused; real ones, post-quantum key shares included, stay below 2 KiB. */
export const MAX_CLIENT_HELLO_BYTES = 16 * 1024

const HANDSHAKE_RECORD = 22
const CLIENT_HELLO = 1
const RECORD_HEADER_BYTES = 5
const MAX_RECORD_BYTES = 16 * 1024
const SERVER_NAME_EXTENSION = 0
const ALPN_EXTENSION = 16
const MAX_SERVER_NAME_BYTES = 255

/**
 * Reads the ClientHello at the beginning of a connection, however it is cut into records and segments.
 *
 * Feed it everything received so far each time. The work done for a hello is proportional to its size, whatever the
 * sizes of the pieces. Nothing that a peer sends makes it throw.
 */
export class ClientHelloParser {
  #recordAt = 0
  readonly #fragments: Buffer[] = []
  #gatheredBytes = 0

  parse(received: Buffer): ClientHello | 'more' | 'not-tls' | 'too-large' {
    for (;;) {
      const at = this.#recordAt
      const available = received.length - at
      if (available > 0 && received[at] !== HANDSHAKE_RECORD) return 'not-tls'
      if (available > 1 && received[at + 1] !== 3) return 'not-tls'
      if (available < RECORD_HEADER_BYTES) return 'more'
      const length = received.readUInt16BE(at + 3)
      if (length === 0 || length > MAX_RECORD_BYTES) return 'not-tls'
      const bodyAt = at + RECORD_HEADER_BYTES
      const early = this.#lengthCheck(received.subarray(bodyAt, bodyAt + length))
      if (early !== undefined) return early
      if (available < RECORD_HEADER_BYTES + length) return 'more'
      this.#recordAt = bodyAt + length
      this.#fragments.push(received.subarray(bodyAt, bodyAt + length))
      this.#gatheredBytes += length
      const message = this.#message()
      if (message !== undefined) return parseClientHello(message) ?? 'not-tls'
    }
  }

  /** Type and length of the handshake message, as soon as they are known. */
  #lengthCheck(current: Buffer): 'not-tls' | 'too-large' | undefined {
    if (this.#gatheredBytes >= 4) return undefined
    const head = Buffer.concat([...this.#fragments, current.subarray(0, 4)])
    if (head.length > 0 && head[0] !== CLIENT_HELLO) return 'not-tls'
    if (head.length >= 4 && head.readUIntBE(1, 3) > MAX_CLIENT_HELLO_BYTES) return 'too-large'
    return undefined
  }

  /** The body of the message when all of it is there. */
  #message(): Buffer | undefined {
    if (this.#gatheredBytes < 4) return undefined
    const [first] = this.#fragments
    if (first!.length < 4) this.#fragments.splice(0, this.#fragments.length, Buffer.concat(this.#fragments))
    const end = 4 + this.#fragments[0]!.readUIntBE(1, 3)
    if (this.#gatheredBytes < end) return undefined
    const whole = this.#fragments.length === 1 ? this.#fragments[0]! : Buffer.concat(this.#fragments)
    return whole.subarray(4, end)
  }
}

function parseClientHello(message: Buffer): ClientHello | undefined {
  // legacy_version and random
  let at = 34
  at = skipVector(message, at, 1) // session id
  at = skipVector(message, at, 2) // cipher suites
  at = skipVector(message, at, 1) // compression methods
  if (at < 0) return undefined
  if (at === message.length) return { serverName: '', applicationProtocols: [] }
  const end = skipVector(message, at, 2)
  if (end !== message.length) return undefined
  at += 2
  let serverName = ''
  let applicationProtocols: readonly string[] = []
  while (at < end) {
    if (at + 4 > end) return undefined
    const type = message.readUInt16BE(at)
    const next = skipVector(message, at + 2, 2)
    if (next < 0) return undefined
    const extension = message.subarray(at + 4, next)
    if (type === SERVER_NAME_EXTENSION) {
      const name = parseServerName(extension)
      if (name === undefined) return undefined
      serverName = name
    } else if (type === ALPN_EXTENSION) {
      const protocols = parseProtocols(extension)
      if (protocols === undefined) return undefined
      applicationProtocols = protocols
    }
    at = next
  }
  return { serverName, applicationProtocols }
}

/** The offset behind a vector whose length takes `lengthBytes`; -1 when it does not fit, or `at` is -1 already. */
function skipVector(bytes: Buffer, at: number, lengthBytes: 1 | 2): number {
  if (at < 0 || at + lengthBytes > bytes.length) return -1
  const end = at + lengthBytes + bytes.readUIntBE(at, lengthBytes)
  return end > bytes.length ? -1 : end
}

function parseServerName(extension: Buffer): string | undefined {
  if (skipVector(extension, 0, 2) !== extension.length) return undefined
  let at = 2
  while (at < extension.length) {
    const end = skipVector(extension, at + 1, 2)
    if (end < 0) return undefined
    const isHostName = extension[at] === 0
    const name = extension.subarray(at + 3, end)
    if (isHostName) return isUsableName(name) ? printableName(name.toString('latin1')) : undefined
    at = end
  }
  return ''
}

function isUsableName(name: Buffer): boolean {
  if (name.length === 0 || name.length > MAX_SERVER_NAME_BYTES) return false
  return !name.includes(0)
}

/** Lower case. What is no host name is marked and made harmless, as Envoy does: it goes to logs. */
function printableName(name: string): string {
  const harmless = name.replace(/[^A-Za-z0-9._-]/g, '_').toLowerCase()
  return harmless === name.toLowerCase() ? harmless : `invalid:${harmless}`
}

function parseProtocols(extension: Buffer): string[] | undefined {
  if (skipVector(extension, 0, 2) !== extension.length) return undefined
  const protocols: string[] = []
  let at = 2
  while (at < extension.length) {
    const end = skipVector(extension, at, 1)
    if (end <= at + 1) return undefined
    protocols.push(extension.toString('latin1', at + 1, end))
    at = end
  }
  return protocols
}
