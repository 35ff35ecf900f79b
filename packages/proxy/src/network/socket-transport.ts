import type { Socket } from 'node:net'
import { readNatively } from './native-read.ts'
import { type ReadInto, readInto, resetSocket } from './node-socket.ts'
import type { ReadBuffers } from './read-buffer.ts'
import { SocketWriter, type SocketWriterOwner } from './socket-writer.ts'
import type { Transport, TransportHandler } from './transport.ts'

/** Envoy's default of `per_connection_buffer_limit_bytes`. */
export const DEFAULT_BUFFER_LIMIT_BYTES = 1024 * 1024

/** Drops everything: the handler until somebody takes the transport over. */
export const discardHandler: TransportHandler = {
  onData() {},
  onEnd() {},
  onDrain() {},
  onClose() {},
}

export interface SocketTransportOptions {
  /** High watermark of the write queue. Default: 1 MiB. */
  readonly bufferLimitBytes?: number
}

/**
 * A {@link Transport} over a Node socket that reads into buffers of ours; the base of plain and TLS transports.
 *
 * Node's stream machinery carries the shutdown only. Reads come by `onread`, which costs no allocation; writes go to
 * the handle below ({@link SocketWriter}).
 */
export class SocketTransport implements Transport, SocketWriterOwner {
  handler: TransportHandler = discardHandler
  blocked = false
  closed = false
  /** For the owner of the connection (listener, pool accounting), whoever the handler is. Runs after `onClose`. */
  onClosed: ((error: Error | undefined) => void) | undefined = undefined
  /** Given to the socket when it is made. */
  protected readonly readInto: ReadInto
  protected socket!: Socket
  /** TLS encrypts into memory of its own, so that written bytes are free again as soon as their write has begun. */
  protected readonly copiesOnWrite: boolean = false
  protected readonly bufferLimitBytes: number
  readonly #buffers: ReadBuffers
  #writer!: SocketWriter
  #isFlushPlanned = false
  #readsNatively = false
  #isPaused = false
  #held: Buffer[] | undefined
  #endHeld = false
  #isWritable = true
  #isEnding = false
  #error: Error | undefined
  #remoteAddress: string | undefined
  #localAddress: string | undefined

  constructor(options: SocketTransportOptions, buffers: ReadBuffers) {
    this.bufferLimitBytes = options.bufferLimitBytes ?? DEFAULT_BUFFER_LIMIT_BYTES
    this.#buffers = buffers
    this.readInto = readInto(
      () => buffers.next(),
      (length) => this.#read(length),
    )
  }

  protected attach(socket: Socket): void {
    this.socket = socket
    this.#writer = new SocketWriter(socket, this.copiesOnWrite, this)
    socket.on('error', this.#onError)
    socket.on('end', this.#onEnd)
    socket.on('close', this.#onClose)
  }

  /** Stops listening to the socket, which goes on to somebody else. */
  protected detach(): Socket {
    const { socket } = this
    socket.off('error', this.#onError)
    socket.off('end', this.#onEnd)
    socket.off('close', this.#onClose)
    this.closed = true
    this.#isWritable = false
    this.#dropBuffers()
    return socket
  }

  get remoteAddress(): string {
    const { socket } = this
    return (this.#remoteAddress ??= formatAddress(socket.remoteAddress, socket.remotePort))
  }

  get localAddress(): string {
    const { socket } = this
    return (this.#localAddress ??= formatAddress(socket.localAddress, socket.localPort))
  }

  get bufferedBytes(): number {
    return this.#writer.pendingBytes
  }

  writeLatin1(text: string): boolean {
    if (!this.#isWritable || text === '') return !this.blocked
    this.#writer.text(text)
    return this.#watch()
  }

  writeBytes(bytes: Uint8Array): boolean {
    if (!this.#isWritable || bytes.length === 0) return !this.blocked
    this.#writer.bytes(bytes)
    return this.#watch()
  }

  pause(): void {
    if (this.#isPaused || this.closed) return
    this.#isPaused = true
    this.socket.pause()
  }

  resume(): void {
    if (!this.#isPaused || this.closed) return
    this.#isPaused = false
    // What is held goes first, and never inside of the caller, who may be in the middle of a parse.
    if (this.#held !== undefined || this.#endHeld) process.nextTick(this.#deliverHeld)
    else this.socket.resume()
  }

  /** Delivers bytes that were taken from the connection before its handler was known. */
  unread(bytes: Uint8Array): void {
    if (this.closed || bytes.length === 0) return
    if (this.#isPaused || this.#held !== undefined) this.#hold(bytes)
    else this.#deliver(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length))
  }

  end(): void {
    if (!this.#isWritable) return
    this.#isWritable = false
    this.#writer.flush()
    if (this.#writer.isIdle()) this.socket.end()
    else this.#isEnding = true
  }

  destroy(): void {
    this.#giveUp()
    this.socket.destroy()
  }

  reset(): void {
    this.#giveUp()
    resetSocket(this.socket)
  }

  /** What was written in this turn goes out if the system takes it; everything else is lost. */
  #giveUp(): void {
    if (this.#isWritable) this.#writer.flush()
    this.#isWritable = false
    this.#held = undefined
  }

  /** Closes with an error that `onClose` reports. */
  protected fail(error: Error): void {
    this.#error ??= error
    this.destroy()
  }

  #read(length: number): boolean {
    if (!this.#readsNatively) {
      this.#readsNatively = true
      readNatively(this.socket, this.readInto)
    }
    const chunk = this.#buffers.received(length)
    if (chunk !== undefined) this.#handOn(chunk)
    else if (!this.#isFlushPlanned) {
      this.#isFlushPlanned = true
      setImmediate(this.#flushReads)
    }
    return true
  }

  readonly #flushReads = (): void => {
    this.#isFlushPlanned = false
    const chunk = this.closed ? undefined : this.#buffers.flush()
    if (chunk !== undefined) this.#handOn(chunk)
  }

  #handOn(chunk: Buffer): void {
    // A TLS record may come after `pause`: what was read from the socket in one go is decrypted to its end.
    if (this.#isPaused || this.#held !== undefined) this.#hold(chunk)
    else this.#deliver(chunk)
  }

  #deliver(chunk: Buffer): void {
    try {
      this.handler.onData(chunk)
    } catch (thrown) {
      this.#failBy(thrown)
    }
  }

  #deliverEnd(): void {
    try {
      this.handler.onEnd()
    } catch (thrown) {
      this.#failBy(thrown)
    }
  }

  #failBy(thrown: unknown): void {
    this.fail(thrown instanceof Error ? thrown : new Error(String(thrown)))
  }

  #hold(bytes: Uint8Array): void {
    this.#held ??= []
    this.#held.push(Buffer.from(bytes))
  }

  readonly #deliverHeld = (): void => {
    while (!this.#isPaused && !this.closed) {
      const chunk = this.#held?.shift()
      if (chunk === undefined) break
      this.#deliver(chunk)
    }
    if (this.#isPaused || this.closed) return
    this.#held = undefined
    if (this.#endHeld) {
      this.#endHeld = false
      this.#deliverEnd()
    } else this.socket.resume()
  }

  #watch(): boolean {
    if (this.#writer.pendingBytes < this.bufferLimitBytes) return !this.blocked
    // What is left then is under way, or waits for that: `onWritten` will come.
    this.#writer.flush()
    if (this.#writer.pendingBytes >= this.bufferLimitBytes) this.blocked = true
    return !this.blocked
  }

  /** @internal */
  onWritten(): void {
    if (this.closed) return
    if (this.#isEnding) {
      this.#isEnding = false
      this.socket.end()
    }
    if (!this.blocked) return
    this.blocked = false
    try {
      this.handler.onDrain()
    } catch (thrown) {
      this.#failBy(thrown)
    }
  }

  /** @internal */
  onWriteError(error: Error): void {
    // Not inside of the caller's write: its next step would meet a closed connection.
    process.nextTick(() => {
      if (!this.socket.destroyed) this.fail(error)
    })
  }

  readonly #onError = (error: Error): void => {
    this.#flushReads()
    this.#error ??= error
    // An error of OpenSSL after the handshake, such as an alert from the peer, does not close the socket by itself.
    if (!this.socket.destroyed) this.destroy()
  }

  readonly #onEnd = (): void => {
    this.#flushReads()
    if (this.closed) return
    if (this.#isPaused || this.#held !== undefined) this.#endHeld = true
    else this.#deliverEnd()
  }

  readonly #onClose = (): void => {
    if (this.closed) return
    this.closed = true
    this.#isWritable = false
    this.blocked = false
    this.#dropBuffers()
    const { handler } = this
    this.handler = discardHandler
    handler.onClose(this.#error)
    this.onClosed?.(this.#error)
  }

  #dropBuffers(): void {
    this.#held = undefined
    this.#writer.close()
    this.#buffers.close()
  }
}

/** `ip:port`; IPv4-mapped addresses of a dual-stack socket are printed as IPv4. */
export function formatAddress(address: string | undefined, port: number | undefined): string {
  if (address === undefined || port === undefined) return ''
  if (!address.includes(':')) return `${address}:${port}`
  if (address.startsWith('::ffff:') && address.includes('.')) return `${address.slice(7)}:${port}`
  return `[${address}]:${port}`
}
