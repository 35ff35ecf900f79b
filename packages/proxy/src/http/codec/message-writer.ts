import { Buffer } from 'node:buffer'
import type { Transport } from '../../network/transport.ts'
import type { HeaderTable } from '../header-table.ts'
import { latin1Of } from './latin1.ts'
import { SMALL_WRITE_BYTES } from './limits.ts'

/**
 * Writes messages to a transport with as few system calls as it takes: what is small is gathered as latin1 text until
 * `flush`, which comes when the bytes that caused it are used up. So a head, a small body and the end of it are one
 * write.
 */
export class MessageWriter {
  readonly transport: Transport
  /** Bytes handed over so far, framing included. */
  bytesWritten = 0
  #gathered = ''

  constructor(transport: Transport) {
    this.transport = transport
  }

  text(text: string): void {
    this.#gathered += text
  }

  body(chunk: Uint8Array): void {
    if (chunk.length === 0) return
    if (chunk.length + this.#gathered.length <= SMALL_WRITE_BYTES) {
      this.#gathered += latin1(chunk)
      return
    }
    this.flush()
    this.bytesWritten += chunk.length
    this.transport.writeBytes(chunk)
  }

  /** One chunk of a chunked body. */
  chunk(chunk: Uint8Array): void {
    if (chunk.length === 0) return
    this.#gathered += `${chunk.length.toString(16)}\r\n`
    this.body(chunk)
    this.#gathered += '\r\n'
  }

  /** The end of a chunked body. */
  lastChunk(trailers: HeaderTable | undefined): void {
    this.#gathered += trailers === undefined ? '0\r\n\r\n' : `0\r\n${trailers.toLines()}\r\n`
  }

  flush(): void {
    const gathered = this.#gathered
    if (gathered === '') return
    this.#gathered = ''
    this.bytesWritten += gathered.length
    this.transport.writeLatin1(gathered)
  }
}

function latin1(chunk: Uint8Array): string {
  const bytes = chunk instanceof Buffer ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
  return latin1Of(bytes, 0, bytes.length)
}
