import { isIPv6, type Socket } from 'node:net'
import { DirectWriter, type ReadInto, resetSocket } from './node-socket.ts'
import { bulkBufferOf, type ReadBuffers, sharedBuffer } from './read-buffer.ts'
import type { Transport, TransportHandler } from './transport.ts'

/** Envoy's default of `per_connection_buffer_limit_bytes`. */
export const DEFAULT_BUFFER_LIMIT_BYTES = 1024 * 1024

/** Text gathered under a cork is written out when it gets longer than this: longer strings cost an allocation. */
const MAX_GATHERED_BYTES = 16 * 1024

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
 * Node's stream machinery carries writes and shutdown only. Reads come by `onread`, which costs no allocation.
 */
export class SocketTransport implements Transport {
  handler: TransportHandler = discardHandler
  blocked = false
  closed = false
  /** For the owner of the connection (listener, pool accounting), whoever the handler is. Runs after `onClose`. */
  onClosed: ((error: Error | undefined) => void) | undefined = undefined
  /** Given to the socket when it is made. */
  protected readonly readInto: ReadInto
  protected socket!: Socket
  /** TLS encrypts into memory of its own, so that written bytes are free again when nothing was queued before them. */
  protected readonly copiesOnWrite: boolean = false
  /** Plain TCP: small writes skip the stream. A TLS handle takes one write at a time, which the stream sees to. */
  protected readonly writesDirectly: boolean = false
  protected readonly bufferLimitBytes: number
  readonly #buffers: ReadBuffers
  #direct: DirectWriter | undefined
  #isFlushPlanned = false
  #isPaused = false
  #held: Buffer[] | undefined
  #endHeld = false
  #isWritable = true
  #corks = 0
  #gathered = ''
  #isSocketCorked = false
  #error: Error | undefined
  #remoteAddress: string | undefined
  #localAddress: string | undefined

  constructor(options: SocketTransportOptions, buffers: ReadBuffers) {
    this.bufferLimitBytes = options.bufferLimitBytes ?? DEFAULT_BUFFER_LIMIT_BYTES
    this.#buffers = buffers
    this.readInto = {
      buffer: () => buffers.next(),
      callback: (length) => this.#read(length),
    }
  }

  protected attach(socket: Socket): void {
    this.socket = socket
    if (this.writesDirectly) this.#direct = new DirectWriter(socket, this.#onDirectWrite)
    socket.on('error', this.#onError)
    socket.on('end', this.#onEnd)
    socket.on('drain', this.#onDrain)
    socket.on('close', this.#onClose)
  }

  /** Stops listening to the socket, which goes on to somebody else. */
  protected detach(): Socket {
    const { socket } = this
    socket.off('error', this.#onError)
    socket.off('end', this.#onEnd)
    socket.off('drain', this.#onDrain)
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
    return this.#waitingBytes + this.#gathered.length
  }

  writeLatin1(text: string): boolean {
    if (!this.#isWritable || text === '') return !this.blocked
    if (this.#corks > 0) {
      this.#gathered += text
      if (this.#gathered.length > MAX_GATHERED_BYTES) this.#flushGathered()
      return !this.blocked
    }
    this.#send(text)
    return this.#watch()
  }

  writeBytes(bytes: Uint8Array): boolean {
    if (!this.#isWritable || bytes.length === 0) return !this.blocked
    const { socket } = this
    const goesStraightOn = this.copiesOnWrite && this.#corks === 0 && socket.writableLength === 0
    if (bytes.buffer === sharedBuffer.buffer) {
      // The next read overwrites it. Text is copied by the native write if the system does not take it at once.
      if (!goesStraightOn) return this.writeLatin1(latin1Of(bytes))
    } else if (this.#corks > 0 && bytes.length + this.#gathered.length <= MAX_GATHERED_BYTES) {
      return this.writeLatin1(latin1Of(bytes))
    }
    if (this.#gathered !== '') this.#flushGathered()
    const bulk = bulkBufferOf(bytes)
    if (bulk === undefined || goesStraightOn) {
      socket.write(bytes)
      return this.#watch()
    }
    let isHeld = true
    const release = () => {
      if (!isHeld) return
      isHeld = false
      bulk.release()
    }
    bulk.retain()
    socket.write(bytes, release)
    if (socket.writableLength === 0) release()
    return this.#watch()
  }

  cork(): void {
    this.#corks++
  }

  uncork(): void {
    if (this.#corks === 0 || --this.#corks > 0) return
    if (this.#gathered !== '') {
      const text = this.#gathered
      this.#gathered = ''
      if (this.#isWritable) this.#send(text)
    }
    if (this.#isSocketCorked) {
      this.#isSocketCorked = false
      this.socket.uncork()
    }
    this.#watch()
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
    this.#corks = Math.min(this.#corks, 1)
    this.uncork()
    this.#isWritable = false
    this.socket.end()
  }

  destroy(): void {
    this.#isWritable = false
    this.#held = undefined
    this.socket.destroy()
  }

  reset(): void {
    this.#isWritable = false
    this.#held = undefined
    resetSocket(this.socket)
  }

  /** Closes with an error that `onClose` reports. */
  protected fail(error: Error): void {
    this.#error ??= error
    this.destroy()
  }

  #read(length: number): boolean {
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

  #flushGathered(): void {
    if (!this.#isSocketCorked) {
      this.#isSocketCorked = true
      this.socket.cork()
    }
    const text = this.#gathered
    this.#gathered = ''
    this.socket.write(text, 'latin1')
    this.#watch()
  }

  #send(text: string): void {
    const { socket } = this
    if (this.#isSocketCorked || this.#direct === undefined || !this.#direct.write(text))
      socket.write(text, 'latin1')
  }

  #watch(): boolean {
    // Node's own return value is false as well for a large write that the system took at once.
    if (this.#waitingBytes >= this.bufferLimitBytes) this.blocked = true
    return !this.blocked
  }

  get #waitingBytes(): number {
    return this.socket.writableLength + (this.#direct?.pendingBytes ?? 0)
  }

  readonly #onDirectWrite = (error: Error | undefined): void => {
    if (this.closed) return
    // Not inside of the caller's write: its next step would meet a closed connection.
    if (error !== undefined) process.nextTick(() => this.fail(error))
    else if (this.#waitingBytes === 0) this.#onDrain()
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

  readonly #onDrain = (): void => {
    if (!this.blocked || this.closed || this.#waitingBytes >= this.bufferLimitBytes) return
    this.blocked = false
    try {
      this.handler.onDrain()
    } catch (thrown) {
      this.#failBy(thrown)
    }
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
    this.#gathered = ''
    this.#buffers.close()
  }
}

function latin1Of(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
}

/** `ip:port`; IPv4-mapped addresses of a dual-stack socket are printed as IPv4. */
export function formatAddress(address: string | undefined, port: number | undefined): string {
  if (address === undefined || port === undefined) return ''
  if (!isIPv6(address)) return `${address}:${port}`
  if (address.startsWith('::ffff:') && address.includes('.')) return `${address.slice(7)}:${port}`
  return `[${address}]:${port}`
}
