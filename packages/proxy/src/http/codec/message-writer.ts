import type { Transport } from '../../network/transport.ts'
import type { HeaderTable } from '../header-table.ts'

/**
 * Writes messages to a transport: heads and framing are gathered as latin1 text until a body follows, or `flush`, which
 * comes when the bytes that caused them are used up. The transport makes one write of a head, a small body and its end.
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

/** What ends a head: the last lines, if any, and an empty one. Most heads have none, and a text less to put together. */
export function endOfHead(lines: string): string {
  return lines === '' ? '\r\n' : `${lines}\r\n`
}
