import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { getSystemErrorName } from 'node:util'
import { putLatin1 } from './latin1.ts'
import { internalsOf, type NativeHandle } from './node-socket.ts'
import { OVER, type StreamWrap, streamWrap, type WriteRequest } from './stream-wrap.ts'
import { ViewCache } from './view-cache.ts'

/** What one write carries: text (one code unit a byte), bytes, or several of them in order. */
export type Piece = string | Uint8Array

/**
 * Writes of one socket, one at a time. The bytes of a write must not change before it is over, except on TLS, which
 * has encrypted them when `write` returns.
 */
export interface SocketWrite {
  /** A write is under way, and `done` will be called. False when the system took all at once, or nobody has to wait. */
  readonly isBusy: boolean
  /** Whether another write may begin. When not, `done` will be called. */
  isReady(): boolean
  write(pieces: Piece | readonly Piece[]): void
}

/** Tells that the write under way is over. May be called inside of `write` when that fails. */
export type WriteDone = (error: Error | undefined) => void

/** The part of a handle that `net.Socket` writes with: each returns an error number or 0. */
interface WritableHandle extends NativeHandle {
  writeLatin1String(request: WriteRequest, text: string): number
  writeBuffer(request: WriteRequest, bytes: Uint8Array): number
  /** Text and its encoding, or bytes and 'buffer', in turn. */
  writev(request: WriteRequest, chunks: readonly Piece[], areAllBuffers: boolean): number
}

/** The way to write to a socket that is connected: its handle where this Node is known to allow that, else the stream. */
export function createSocketWrite(socket: Socket, done: WriteDone): SocketWrite {
  return streamWrap === undefined ? new StreamWrite(socket, done) : new NativeWrite(socket, streamWrap, done)
}

/**
 * What is to be encrypted together is put together in a buffer of the process: a native write of a string, or of
 * several pieces, would allocate one, and such memory outside of V8's heap is paid for with collections.
 */
const SCRATCH_BYTES = 96 * 1024
const scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES)
const scratchViews = new ViewCache(scratch)

/**
 * A TLS handle reports the end of a write in the next phase of the loop at the earliest, by a call through all of Node's
 * callback machinery. Nobody has to wait for so few bytes: the next write looks whether this one is over.
 */
const UNATTENDED_BYTES = 16 * 1024

/**
 * Writes to the handle below the stream, whose machinery costs more than the system call, or than the encryption of a
 * small record.
 */
class NativeWrite implements SocketWrite {
  isBusy = false
  readonly #socket: Socket
  readonly #isTls: boolean
  readonly #native: StreamWrap
  readonly #done: WriteDone
  readonly #fallback: StreamWrite
  /** The request of a write that the system took at once: nothing below has seen it, so it can serve again. */
  #unused: WriteRequest | undefined
  /** The request of a write that nobody waits for. */
  #unattended: WriteRequest | undefined

  constructor(socket: Socket, native: StreamWrap, done: WriteDone) {
    this.#socket = socket
    this.#isTls = socket instanceof TLSSocket
    this.#native = native
    this.#done = done
    this.#fallback = new StreamWrite(socket, (error) => this.#over(error))
  }

  isReady(): boolean {
    const request = this.#unattended
    if (request === undefined) return !this.isBusy
    this.#unattended = undefined
    if (request.getAsyncId() === OVER) return true
    request.oncomplete = this.#onComplete
    this.isBusy = true
    return false
  }

  write(pieces: Piece | readonly Piece[]): void {
    const { _handle, connecting } = internalsOf(this.#socket)
    const handle = _handle as WritableHandle | null
    this.isBusy = true
    // The stream knows how to wait for a connection, and what to say when there is none any more.
    if (handle === null || connecting || typeof handle.writev !== 'function') {
      this.#fallback.write(pieces)
      this.isBusy = this.#fallback.isBusy
      return
    }
    const request = this.#unused ?? this.#makeRequest(handle)
    this.#unused = undefined
    const bytes = this.#isTls ? oneBuffer(pieces) : undefined
    const status = bytes === undefined ? start(handle, request, pieces) : handle.writeBuffer(request, bytes)
    if (bytes !== undefined && bytes.length < UNATTENDED_BYTES && status === 0 && this.isBusy) {
      // It did not fail at once, and later is when nobody needs to know: the next write, or the next read, fails.
      request.oncomplete = undefined
      this.isBusy = false
      this.#unattended = request
      return
    }
    if (status !== 0) this.#over(writeError(status))
    else if (this.#native.streamBaseState[this.#native.kLastWriteWasAsync] === 0) {
      this.isBusy = false
      request.pieces = undefined
      this.#unused = request
    }
  }

  #makeRequest(handle: WritableHandle): WriteRequest {
    const request = new this.#native.WriteWrap()
    request.oncomplete = this.#onComplete
    request.handle = handle
    request.pieces = undefined
    return request
  }

  readonly #onComplete = (status: number): void => {
    this.#over(status < 0 ? writeError(status) : undefined)
  }

  #over(error: Error | undefined): void {
    // A TLS write that the system refuses tells so twice.
    if (!this.isBusy) return
    this.isBusy = false
    this.#done(error)
  }
}

function start(handle: WritableHandle, request: WriteRequest, pieces: Piece | readonly Piece[]): number {
  // What the system does not take at once of a string on TCP is copied natively.
  if (typeof pieces === 'string') return handle.writeLatin1String(request, pieces)
  request.pieces = pieces
  if (!isList(pieces)) return handle.writeBuffer(request, pieces)
  const chunks: Piece[] = []
  for (const piece of pieces) chunks.push(piece, typeof piece === 'string' ? 'latin1' : 'buffer')
  return handle.writev(request, chunks, false)
}

/** What is to be written as one buffer, which TLS has encrypted or copied when the write returns; undefined when too long. */
function oneBuffer(pieces: Piece | readonly Piece[]): Uint8Array | undefined {
  if (typeof pieces === 'string') {
    if (pieces.length > SCRATCH_BYTES) return undefined
    putLatin1(scratch, pieces, 0)
    return scratchViews.of(pieces.length)
  }
  if (!isList(pieces)) return pieces
  let length = 0
  for (const piece of pieces) length += piece.length
  if (length > SCRATCH_BYTES) return undefined
  let at = 0
  for (const piece of pieces) {
    if (typeof piece === 'string') putLatin1(scratch, piece, at)
    else scratch.set(piece, at)
    at += piece.length
  }
  return scratchViews.of(length)
}

/** Writes by the public means of Node. */
export class StreamWrite implements SocketWrite {
  isBusy = false
  readonly #socket: Socket
  readonly #done: WriteDone

  constructor(socket: Socket, done: WriteDone) {
    this.#socket = socket
    this.#done = done
  }

  isReady(): boolean {
    return !this.isBusy
  }

  write(pieces: Piece | readonly Piece[]): void {
    const socket = this.#socket
    const list = isList(pieces) ? pieces : [pieces]
    const last = list.length - 1
    this.isBusy = true
    let isUnderWay = true
    const done = (error?: Error | null) => {
      if (!isUnderWay) return
      this.isBusy = false
      this.#done(error ?? undefined)
    }
    socket.cork()
    // The socket reads the encoding of strings only.
    for (const [i, piece] of list.entries()) socket.write(piece, 'latin1', i === last ? done : undefined)
    socket.uncork()
    if (socket.writableLength > 0 || socket.destroyed) return
    // The system has taken it already; the stream says so later.
    isUnderWay = false
    this.isBusy = false
  }
}

function isList(pieces: Piece | readonly Piece[]): pieces is readonly Piece[] {
  return Array.isArray(pieces)
}

function writeError(status: number): Error {
  const code = getSystemErrorName(status)
  return Object.assign(new Error(`write ${code}`), { errno: status, code, syscall: 'write' })
}
