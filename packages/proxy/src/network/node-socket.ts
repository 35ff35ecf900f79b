import { Socket, type SocketConstructorOpts } from 'node:net'
import type { SecureContext } from 'node:tls'
import { TLSSocket, type TLSSocketOptions } from 'node:tls'
import { getSystemErrorName } from 'node:util'

/**
 * Every use of a private part of `node:net` and `node:tls` is in this file: Node offers no public way to give an
 * accepted socket, or the server side of a TLS connection, a read buffer of our own (`onread`).
 */

interface NativeHandle {
  /** TLS only: takes bytes as if they had been read from the socket. */
  receive?(bytes: Uint8Array): void
  /** TLS only: the error of the verification of the peer's chain; null or undefined when there is none. */
  verifyError?(): (Error & { code?: string }) | null | undefined
  close(done?: () => void): void
  /** TCP only: closes with RST. */
  reset?(done?: () => void): number
  /** TLS only: the handle of the socket below. */
  _parent?: NativeHandle
  /** Writes at once what the system takes and queues the rest; returns an error number or 0. */
  writeLatin1String?(request: WriteRequest, text: string): number
}

interface WriteRequest {
  handle?: NativeHandle
  oncomplete?: (status: number) => void
}

interface StreamWrapBinding {
  readonly WriteWrap: new () => WriteRequest
  readonly streamBaseState: Int32Array
  readonly kLastWriteWasAsync: number
}

interface SocketInternals {
  _handle: NativeHandle | null
  _server: object | null
  connecting: boolean
}

interface TlsInternals {
  _tlsOptions: UpgradeOptions
  _wrapHandle?(wrap: Socket | null, handle: unknown, hasActiveWrite: boolean): unknown
  _releaseControl?(): boolean
}

/** Where a socket puts what it reads: one buffer, or one asked for before each read. */
export interface ReadInto {
  readonly buffer: Uint8Array | (() => Uint8Array)
  /** Returns false to stop reading. */
  callback(length: number, buffer: Uint8Array): boolean
}

const internalsOf = (socket: Socket): SocketInternals => socket as unknown as SocketInternals

/**
 * Moves an accepted socket, paused since it was accepted (`pauseOnConnect`), into a new one that reads into buffers
 * of ours. Returns undefined when the connection is gone already.
 */
export function rewrapSocket(
  accepted: Socket,
  into: ReadInto,
  highWatermarkBytes: number,
): Socket | undefined {
  const old = internalsOf(accepted)
  const handle = old._handle
  if (handle === null) return undefined
  old._handle = null
  const options = { handle, onread: into, allowHalfOpen: true, highWaterMark: highWatermarkBytes }
  const socket = new Socket(options as unknown as SocketConstructorOpts)
  // The server counts its connections by this field and waits for them when it closes.
  internalsOf(socket)._server = old._server
  old._server = null
  return socket
}

export interface UpgradeOptions extends TLSSocketOptions {
  readonly plain: Socket
  readonly secureContext: SecureContext
  readonly onread: ReadInto
  readonly highWaterMark: number
  readonly allowHalfOpen: boolean
}

/**
 * TLSSocket takes `onread` only where it makes its own TCP socket; its constructor asks this method for the handle,
 * which is the place to bring in the socket that we accepted.
 */
class UpgradedSocket extends TLSSocket {
  _wrapHandle(): unknown {
    const { plain } = (this as unknown as TlsInternals)._tlsOptions
    const wrapHandle = (TLSSocket.prototype as unknown as TlsInternals)._wrapHandle!
    return wrapHandle.call(this as unknown as TlsInternals, plain, internalsOf(plain)._handle, false)
  }
}

/**
 * Starts the server side of TLS on a connected socket, which must not be used by anybody else from then on.
 *
 * @param peeked - bytes read from the socket already: the beginning of the ClientHello
 */
export function upgradeToTlsServer(options: UpgradeOptions): TLSSocket {
  const tls = new UpgradedSocket(undefined as unknown as Socket, { ...options, isServer: true })
  internalsOf(tls).connecting = false
  // Errors of the socket below reach the one above; nobody else listens for them.
  options.plain.on('error', () => tls.destroy())
  // Without this, errors after the handshake are kept from 'error' listeners: tls.Server would do the same.
  ;(tls as unknown as TlsInternals)._releaseControl?.()
  return tls
}

/** Gives a TLS socket bytes that were read from the socket below before it took over. */
export function receivePeeked(tls: TLSSocket, peeked: Uint8Array): void {
  internalsOf(tls)._handle?.receive?.(peeked)
}

/** OpenSSL's verdict on the peer's certificate chain, e.g. `UNABLE_TO_VERIFY_LEAF_SIGNATURE`; undefined if it is good. */
export function chainError(tls: TLSSocket): string | undefined {
  const error = internalsOf(tls)._handle?.verifyError?.()
  return error === null || error === undefined ? undefined : (error.code ?? error.message)
}

/** Closes with RST where the system can, else with FIN. */
export function resetSocket(socket: Socket): void {
  const handle = internalsOf(socket)._handle
  const tcp = handle?._parent ?? handle
  if (tcp !== null && tcp !== undefined && typeof tcp.reset === 'function' && !socket.connecting) {
    const { reset, close } = tcp
    tcp.close = (done) => {
      if (reset.call(tcp, done) !== 0) close.call(tcp, done)
    }
  }
  socket.destroy()
}

/** Versions of Node on which the direct write is tested; others write through the stream. */
const DIRECT_WRITE_MAJORS = new Set(['22', '24'])

const streamWrap = loadStreamWrap()

function loadStreamWrap(): StreamWrapBinding | undefined {
  if (!DIRECT_WRITE_MAJORS.has(process.versions.node.split('.')[0]!)) return undefined
  try {
    const { binding } = process as unknown as { binding?: (name: string) => Partial<StreamWrapBinding> }
    const found = binding?.call(process, 'stream_wrap')
    const isComplete =
      typeof found?.WriteWrap === 'function' &&
      found.streamBaseState !== undefined &&
      typeof found.kLastWriteWasAsync === 'number'
    return isComplete ? (found as StreamWrapBinding) : undefined
  } catch {
    return undefined
  }
}

/**
 * Writes text to a TCP socket past the stream's machinery, which costs more than the system call. The system nearly
 * always takes everything at once; what it does not take is queued below, in order with whatever the stream writes.
 */
export class DirectWriter {
  /** Bytes that the system has not taken yet. */
  pendingBytes = 0
  readonly #socket: Socket
  readonly #settled: (error: Error | undefined) => void

  /** @param settled - called when bytes that were pending have gone out, or failed to */
  constructor(socket: Socket, settled: (error: Error | undefined) => void) {
    this.#socket = socket
    this.#settled = settled
  }

  /** Returns false when the caller has to write through the stream: bytes wait there, or this Node cannot do it. */
  write(text: string): boolean {
    const { _handle: handle, connecting } = internalsOf(this.#socket)
    if (streamWrap === undefined || handle?.writeLatin1String === undefined || connecting) return false
    if (this.#socket.writableLength > 0) return false
    const request = new streamWrap.WriteWrap()
    // The native side calls it on the request, so it must be there even where nothing stays pending.
    request.oncomplete = (status) => {
      this.pendingBytes -= text.length
      this.#settled(status < 0 ? writeError(status) : undefined)
    }
    request.handle = handle
    const status = handle.writeLatin1String(request, text)
    if (status !== 0) this.#settled(writeError(status))
    else if (streamWrap.streamBaseState[streamWrap.kLastWriteWasAsync] !== 0) this.pendingBytes += text.length
    return true
  }
}

function writeError(status: number): Error {
  const code = getSystemErrorName(status)
  return Object.assign(new Error(`write ${code}`), { errno: status, code, syscall: 'write' })
}
