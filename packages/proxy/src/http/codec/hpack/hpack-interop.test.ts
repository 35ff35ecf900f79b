import { once } from 'node:events'
import http2 from 'node:http2'
import net, { type AddressInfo, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { HpackDecoder } from './hpack-decoder.ts'
import { HpackEncoder, type HpackField } from './hpack-encoder.ts'

type Decoded = [name: string, value: string, neverIndexed: boolean]

interface Frame {
  readonly type: number
  readonly flags: number
  readonly stream: number
  readonly payload: Buffer
}

const HEADERS = 1
const SETTINGS = 4
const CONTINUATION = 9
const ACK = 1
const END_STREAM = 1
const END_HEADERS = 4
const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
/** Every character that a field value may hold. */
const EVERY_CHARACTER = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code))
  .filter((character) => /[\t\x21-\x7e\x80-\xff]/.test(character))
  .join('')
  .replace('\t', 'a\tb')

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** As much of HTTP/2 as it takes to exchange header blocks over a socket. */
class RawConnection {
  readonly encoder = new HpackEncoder()
  readonly decoder = new HpackDecoder({ maxListBytes: 1024 * 1024 })
  readonly #socket: Socket
  readonly #chunks: AsyncIterator<Buffer>
  #received = Buffer.alloc(0)

  constructor(socket: Socket) {
    this.#socket = socket
    this.#chunks = socket[Symbol.asyncIterator]() as AsyncIterator<Buffer>
    cleanups.push(() => socket.destroy())
  }

  write(bytes: string): void {
    this.#socket.write(bytes)
  }

  async skip(bytes: number): Promise<void> {
    await this.#fill(bytes)
    this.#received = this.#received.subarray(bytes)
  }

  async #fill(bytes: number): Promise<void> {
    while (this.#received.length < bytes) {
      const { done, value } = await this.#chunks.next()
      if (done === true) throw new Error('the peer closed the connection')
      this.#received = Buffer.concat([this.#received, value])
    }
  }

  async #frame(): Promise<Frame> {
    await this.#fill(9)
    const head = this.#received
    const length = head.readUIntBE(0, 3)
    const frame = { type: head[3]!, flags: head[4]!, stream: head.readUInt32BE(5) }
    await this.skip(9)
    await this.#fill(length)
    const payload = this.#received.subarray(0, length)
    await this.skip(length)
    return { ...frame, payload }
  }

  send(type: number, flags: number, stream: number, payload: Uint8Array): void {
    const head = Buffer.alloc(9)
    head.writeUIntBE(payload.length, 0, 3)
    head[3] = type
    head[4] = flags
    head.writeUInt32BE(stream, 5)
    this.#socket.write(Buffer.concat([head, payload]))
  }

  sendFields(stream: number, fields: HpackField[]): number {
    const block = this.encoder.encode(fields)
    this.send(HEADERS, END_STREAM | END_HEADERS, stream, block)
    return block.length
  }

  /** Announces the table for what we receive. */
  sendSettings(tableBytes: number): void {
    const payload = Buffer.alloc(6)
    payload.writeUInt16BE(1, 0)
    payload.writeUInt32BE(tableBytes, 2)
    this.#announced = tableBytes
    this.send(SETTINGS, 0, 0, payload)
  }
  #announced = 4096

  /** Follows the settings of both sides until the peer acknowledged ours. */
  async exchangeSettings(): Promise<void> {
    for (;;) {
      const frame = await this.#frame()
      if (frame.type !== SETTINGS) continue
      if ((frame.flags & ACK) !== 0) {
        this.decoder.setMaxTableBytes(this.#announced)
        return
      }
      for (let at = 0; at < frame.payload.length; at += 6) {
        if (frame.payload.readUInt16BE(at) === 1)
          this.encoder.setPeerTableBytes(frame.payload.readUInt32BE(at + 2))
      }
      this.send(SETTINGS, ACK, 0, Buffer.alloc(0))
    }
  }

  /** The next header block, whatever comes before it. */
  async nextFields(): Promise<{ stream: number; fields: Decoded[] }> {
    let block = Buffer.alloc(0)
    for (;;) {
      const frame = await this.#frame()
      if (frame.type !== HEADERS && frame.type !== CONTINUATION) continue
      // Priority is the only addition to a block that node:http2 sends.
      const hasPriority = frame.type === HEADERS && (frame.flags & 0x20) !== 0
      block = Buffer.concat([block, hasPriority ? frame.payload.subarray(5) : frame.payload])
      if ((frame.flags & END_HEADERS) === 0) continue
      const fields: Decoded[] = []
      expect(this.decoder.decode(block, (...field) => fields.push(field))).toBe(true)
      return { stream: frame.stream, fields }
    }
  }
}

/** Fields of the n-th message: some stay, some vary, some come twice. */
function variedFields(round: number): HpackField[] {
  return [
    ['user-agent', 'batten'],
    ['x-every', EVERY_CHARACTER],
    ['x-round', String(round)],
    ['x-few', String(round % 3)],
    ['x-request-id', `5b0c3f8e-1d2a-4c6b-9e7f-${String(round).padStart(12, '0')}`],
    ['x-twice', 'first'],
    ['x-twice', `second ${round % 2}`],
    [`x-name-${round % 40}`, 'a value of some length, so that the table fills'],
    ['authorization', `Bearer ${round % 2}`],
    ['cookie', 'a=b'],
  ]
}

const SENSITIVE = new Set(['authorization', 'cookie'])
const TABLES = [4096, 0, 100, 1000, 65_536]
const ROUNDS = 120

function pairs(raw: readonly string[]): [string, string][] {
  return raw.flatMap((name, at) => (at % 2 === 0 ? [[name, raw[at + 1]!]] : []) as [string, string][])
}

/** The fields as an object of node:http2. */
function asHeaders(fields: readonly HpackField[]): http2.OutgoingHttpHeaders {
  const headers: Record<string, string[]> = {}
  for (const [name, value] of fields) (headers[name] ??= []).push(value)
  return { ...headers, [http2.sensitiveHeaders]: [...SENSITIVE, 'x-secret'] } as http2.OutgoingHttpHeaders
}

/** Names of the fields that came as never indexed. */
function sensitiveOf(headers: http2.IncomingHttpHeaders): string[] {
  return Reflect.get(headers, http2.sensitiveHeaders) as string[]
}

/** Order between names is not kept by the object of fields: compare without it. */
function sorted<Field extends readonly unknown[]>(fields: readonly Field[]): string[] {
  return fields.map((field) => JSON.stringify(field)).sort()
}

describe.each(TABLES)('with a table of %i bytes on both sides, node:http2', (tableBytes) => {
  it('as the server reads what we encode, and we read what it answers', async () => {
    const server = http2.createServer({ settings: { headerTableSize: tableBytes } })
    const seen: { fields: [string, string][]; sensitive: string[] }[] = []
    server.on('stream', (stream, headers, _flags, raw: string[]) => {
      seen.push({ fields: pairs(raw), sensitive: sensitiveOf(headers) })
      stream.respond(
        asHeaders([
          [':status', '200'],
          ['date', 'now'],
          ['x-secret', 'key'],
          ...variedFields(seen.length - 1),
        ]),
      )
      stream.end()
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    cleanups.push(() => server.close())

    const raw = new RawConnection(net.connect((server.address() as AddressInfo).port, '127.0.0.1'))
    raw.write(PREFACE)
    raw.sendSettings(tableBytes)
    await raw.exchangeSettings()
    const sizes: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      const request: HpackField[] = [
        [':method', 'GET'],
        [':scheme', 'http'],
        [':path', `/${round % 5}`],
        [':authority', 'a.b'],
        ...variedFields(round),
        ['x-marked', 'also secret', true],
      ]
      sizes.push(raw.sendFields(1 + 2 * round, request))
      const answer = await raw.nextFields()
      expect(seen[round]!.fields).toEqual(request.map(([name, value]) => [name, value]))
      expect([...seen[round]!.sensitive].sort()).toEqual(['authorization', 'cookie', 'x-marked'])
      expect(answer.stream).toBe(1 + 2 * round)
      expect(sorted(answer.fields)).toEqual(
        sorted([
          [':status', '200', false],
          ['date', 'now', false],
          ['x-secret', 'key', true],
          ...variedFields(round).map(([name, value]) => [name, value, SENSITIVE.has(name)]),
        ]),
      )
    }
    const limit = Math.min(tableBytes, 4096)
    expect(raw.decoder.dynamicTable.maxBytes).toBeLessThanOrEqual(Math.max(limit, tableBytes))
    expect(raw.encoder.dynamicTable.maxBytes).toBe(limit)
    if (limit === 4096) {
      expect(raw.decoder.dynamicTable.entries.length).toBeGreaterThan(20)
      expect(sizes.at(-1)).toBeLessThan(sizes[0]! / 3)
    }
  })

  it('as the client sends what we decode, and reads what we answer', async () => {
    const server = net.createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    cleanups.push(() => server.close())
    const client = http2.connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, {
      settings: { headerTableSize: tableBytes },
    })
    cleanups.push(() => client.destroy())
    const [socket] = (await once(server, 'connection')) as [Socket]
    const raw = new RawConnection(socket)
    raw.sendSettings(tableBytes)
    await raw.skip(PREFACE.length)
    await raw.exchangeSettings()
    for (let round = 0; round < ROUNDS; round++) {
      const request: HpackField[] = [
        [':method', 'POST'],
        [':scheme', 'http'],
        [':path', `/${round % 5}`],
        [':authority', 'a.b'],
        ['x-secret', 'key'],
        ...variedFields(round),
      ]
      const stream = client.request(asHeaders(request), { endStream: true })
      const response = once(stream, 'response') as Promise<[http2.IncomingHttpHeaders, number, string[]]>
      const { stream: id, fields } = await raw.nextFields()
      expect(sorted(fields)).toEqual(
        sorted(request.map(([name, value]) => [name, value, SENSITIVE.has(name) || name === 'x-secret'])),
      )
      const answer: HpackField[] = [
        [':status', '200'],
        ...variedFields(round),
        ['x-marked', 'also secret', true],
      ]
      raw.sendFields(id, answer)
      const [headers, , rawHeaders] = await response
      expect(pairs(rawHeaders)).toEqual(answer.map(([name, value]) => [name, value]))
      expect([...sensitiveOf(headers)].sort()).toEqual(['authorization', 'cookie', 'x-marked'])
      stream.close()
    }
  })
})
