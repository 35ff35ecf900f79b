import { isIP, type ListenOptions, type Server, Socket, type SocketConstructorOpts } from 'node:net'
import type { SecureContext } from 'node:tls'
import { TLSSocket, type TLSSocketOptions } from 'node:tls'

/**
 * Every use of a private part of `node:net` and `node:tls` is in this file, in `stream-wrap.ts`, and in `native-read.ts` and
 * `native-write.ts`: Node offers no public way to give an accepted socket, or the server side of a TLS connection, a read
 * buffer of our own (`onread`).
 */

export interface NativeHandle {
  /** TLS only: takes bytes as if they had been read from the socket. */
  receive?(bytes: Uint8Array): void
  /** TLS only: the error of the verification of the peer's chain; null or undefined when there is none. */
  verifyError?(): (Error & { code?: string }) | null | undefined
  close(done?: () => void): void
  /** TCP only: closes with RST. */
  reset?(done?: () => void): number
  /** TLS only: the handle of the socket below. */
  _parent?: NativeHandle
}

export interface SocketInternals {
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
  readonly callback: (length: number, buffer: Uint8Array) => boolean
}

/** @param next - asked before each read */
export function readInto(next: () => Uint8Array, callback: (length: number) => boolean): ReadInto {
  let given: Uint8Array | undefined
  const buffer = (): Uint8Array | undefined => {
    const wanted = next()
    // Node goes on with the last buffer when it gets none, and is spared unwrapping it.
    if (wanted === given) return undefined
    given = wanted
    return wanted
  }
  return { buffer: buffer as () => Uint8Array, callback }
}

export const internalsOf = (socket: Socket): SocketInternals => socket as unknown as SocketInternals

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

interface ServerInternals {
  /** What `listen` ends in: an address that is no name, its family, and libuv's flags. */
  _listen2?(
    address: string,
    port: number,
    family: number,
    backlog: number,
    fd: undefined,
    flags: number,
  ): void
}

const UV_TCP_IPV6ONLY = 1

/**
 * `server.listen`, by a way that does not load `node:cluster` (and with it child processes and datagrams, 1.6 MB of
 * memory) only to learn that this process is no worker.
 */
export function listen(server: Server, options: ListenOptions): void {
  const { host = '', port = 0, backlog = 0, ipv6Only } = options
  const { _listen2 } = server as unknown as ServerInternals
  const family = isIP(host)
  if (family === 0 || typeof _listen2 !== 'function') server.listen(options)
  else _listen2.call(server, host, port, family, backlog, undefined, ipv6Only === true ? UV_TCP_IPV6ONLY : 0)
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

/**
 * Sets the SNI of a client socket that is not connected yet. As an option of `tls.connect` it would be looked at as an IPv6
 * address once for each connection, by an expression whose machine code takes 160 KB.
 */
export function setServerName(tls: TLSSocket, name: string): void {
  ;(tls as TLSSocket & { setServername(name: string): void }).setServername(name)
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
