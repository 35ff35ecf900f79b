import type { Transport, TransportHandler } from '../../src/network/transport.ts'

const ignore: TransportHandler = { onData() {}, onEnd() {}, onDrain() {}, onClose() {} }

/** A transport without a socket: tests put bytes in and look at what was written. */
export class MemoryTransport implements Transport {
  handler: TransportHandler = ignore
  readonly remoteAddress = '127.0.0.9:1234'
  readonly localAddress = '127.0.0.1:80'
  blocked = false
  /** As a peer that reads nothing: every write blocks, until {@link MemoryTransport.drain}. */
  blocksOnWrite = false
  bufferedBytes = 0
  closed = false
  /** Everything written, latin1. */
  written = ''
  /** One entry for each write. */
  writes: string[] = []
  ended = false
  destroyed = false
  wasReset = false
  paused = false
  #held: Buffer[] = []

  writeLatin1(text: string): boolean {
    if (this.ended || this.destroyed) return true
    this.writes.push(text)
    this.written += text
    if (this.blocksOnWrite) this.blocked = true
    return !this.blocked
  }

  /** The peer has read what was written. */
  drain(): void {
    this.blocked = false
    this.handler.onDrain()
  }

  writeBytes(bytes: Uint8Array): boolean {
    return this.writeLatin1(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1'))
  }

  pause(): void {
    this.paused = true
  }

  resume(): void {
    this.paused = false
    while (!this.paused && this.#held.length > 0) this.receive(this.#held.shift()!)
  }

  end(): void {
    this.ended = true
  }

  destroy(): void {
    this.destroyed = true
    this.closed = true
  }

  reset(): void {
    this.wasReset = true
    this.destroy()
  }

  /** Bytes from the peer. The buffer is overwritten afterwards, as a shared read buffer would be. */
  receive(bytes: string | Buffer): void {
    if (this.destroyed) return
    const chunk = Buffer.from(bytes as string, 'latin1')
    if (this.paused) {
      this.#held.push(chunk)
      return
    }
    this.handler.onData(chunk)
    chunk.fill(0x58)
  }

  /** FIN from the peer. */
  receiveEnd(): void {
    this.handler.onEnd()
  }

  /** The connection is gone. */
  receiveClose(error?: Error): void {
    this.closed = true
    this.handler.onClose(error)
  }

  /** What was written since the last call. */
  takeWritten(): string {
    const written = this.written
    this.written = ''
    this.writes = []
    return written
  }
}
