import type { Socket } from 'node:net'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import { type Clock, systemClock } from '@batten/core'
import type { ClientTlsContext } from '../tls/client-context.ts'
import type { BuiltContext } from '../tls/secure-contexts.ts'
import type { ServerTlsContext } from '../tls/server-context.ts'
import { TlsSessionInfo } from '../tls/session-info.ts'
import { verifyPeer } from '../tls/verify-peer.ts'
import {
  awaitConnect,
  type ConnectDone,
  ConnectError,
  type ConnectOptions,
  type ConnectTarget,
  type PendingConnect,
  targetText,
} from './connect.ts'
import { type ReadInto, receivePeeked, setServerName, upgradeToTlsServer } from './node-socket.ts'
import { TlsReadBuffers } from './read-buffer.ts'
import { discardHandler, SocketTransport, type SocketTransportOptions } from './socket-transport.ts'

/** What `tls.connect` passes on to its socket, beyond what its type says. */
interface SocketOptions {
  readonly allowHalfOpen: boolean
  readonly highWaterMark: number
  readonly noDelay: boolean
  readonly localAddress?: string
  readonly onread: ReadInto
}

/** A {@link SocketTransport} over TLS, ready: the handshake is over and the peer has been checked. */
export class TlsTransport extends SocketTransport {
  protected override readonly copiesOnWrite = true
  #info: TlsSessionInfo | undefined

  private constructor(options: SocketTransportOptions) {
    super(options, new TlsReadBuffers())
  }

  /** What is known about the session; always there once the transport was handed over. */
  get info(): TlsSessionInfo | undefined {
    return this.#info
  }

  /** The socket during its handshake. */
  get pendingSocket(): TLSSocket {
    return this.socket as TLSSocket
  }

  /** @internal */
  static server(plain: Socket, built: BuiltContext, context: ServerTlsContext, options: AcceptTlsOptions) {
    const transport = new TlsTransport(options)
    const { alpn, config } = context
    const isAlpnOffered =
      alpn !== undefined && (options.offeredAlpn?.some((p) => config.alpn.includes(p)) ?? true)
    const socket = upgradeToTlsServer({
      plain,
      secureContext: built.context,
      onread: transport.readInto,
      highWaterMark: transport.bufferLimitBytes,
      allowHalfOpen: true,
      requestCert: built.isValidating || config.pins !== undefined || config.requireClientCertificate,
      // Only means here that OpenSSL itself refuses a client without a certificate.
      rejectUnauthorized: config.requireClientCertificate,
      // Node would refuse the handshake when no protocol is common; Envoy goes on without one.
      ...(isAlpnOffered ? { ALPNProtocols: alpn } : {}),
    })
    transport.attach(socket)
    return transport
  }

  /** @internal */
  static client(
    target: ConnectTarget,
    built: BuiltContext,
    context: ClientTlsContext,
    session: Buffer | undefined,
    options: ConnectOptions,
  ) {
    const transport = new TlsTransport(options)
    const alpn = context.alpn ?? options.fallbackAlpn
    const connectOptions: Omit<ConnectionOptions, 'onread'> & SocketOptions = {
      ...target,
      secureContext: built.context,
      // We look at OpenSSL's verdict ourselves (verifyPeer), to count it and to say more about it.
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
      onread: transport.readInto,
      highWaterMark: transport.bufferLimitBytes,
      allowHalfOpen: true,
      noDelay: true,
      ...(alpn === undefined ? {} : { ALPNProtocols: alpn }),
      ...(session === undefined ? {} : { session }),
      ...(options.bindAddress === undefined ? {} : { localAddress: options.bindAddress }),
    }
    const socket = connect(connectOptions)
    if (context.serverName !== '') setServerName(socket, context.serverName)
    transport.attach(socket)
    return transport
  }

  /** @internal */
  established(info: TlsSessionInfo): void {
    this.#info = info
  }
}

export interface AcceptTlsOptions extends SocketTransportOptions {
  /** Bytes of the connection that an inspector has read already. */
  readonly peeked?: Uint8Array
  /** Protocols of the ClientHello, where it is known. */
  readonly offeredAlpn?: readonly string[] | undefined
  /** For the handshake; 0 waits for ever. */
  readonly timeoutMs: number
  readonly clock?: Clock
}

/**
 * Runs the server side of a handshake on an accepted socket, then checks the peer. `done` gets the transport, and
 * must set its handler at once, or the reason why the connection was closed; it is never called before this returns.
 */
export function acceptTls(
  plain: Socket,
  context: ServerTlsContext,
  options: AcceptTlsOptions,
  done: ConnectDone<TlsTransport>,
): PendingConnect {
  const built = context.current()
  if (built === undefined) {
    context.secretsNotReady.inc()
    plain.destroy()
    return later(() => done(new ConnectError('handshake', 'TLS secrets have not arrived')))
  }
  const clock = options.clock ?? systemClock
  const transport = TlsTransport.server(plain, built, context, options)
  const socket = transport.pendingSocket
  let isPending = true
  const settle = (result: TlsTransport | ConnectError) => {
    if (!isPending) return
    isPending = false
    timer?.cancel()
    transport.onClosed = undefined
    if (result instanceof ConnectError) transport.destroy()
    done(result)
  }
  socket.on('error', (error) => countTlsError(error, context))
  socket.on('secure', () => {
    const outcome = verifyPeer(socket, {
      config: context.config,
      built,
      stats: context.stats,
      requireCertificate: context.config.requireClientCertificate,
      nowMs: clock.now(),
    })
    if (!(outcome instanceof TlsSessionInfo))
      return settle(new ConnectError('certificate', outcome.message, undefined, outcome.transportFailure))
    transport.established(outcome)
    settle(transport)
  })
  transport.handler = {
    ...discardHandler,
    onEnd: () => settle(new ConnectError('handshake', 'the peer closed the connection')),
  }
  transport.onClosed = (error) => {
    settle(new ConnectError('handshake', error?.message ?? 'the peer closed the connection', error))
  }
  const timer =
    options.timeoutMs > 0
      ? clock.setTimeout(
          () => settle(new ConnectError('timeout', `no TLS handshake within ${options.timeoutMs} ms`)),
          options.timeoutMs,
        )
      : undefined
  const { peeked } = options
  // The handshake runs inside of this call as far as the bytes go, and `done` must not.
  if (peeked !== undefined) process.nextTick(() => socket.destroyed || receivePeeked(socket, peeked))
  return {
    cancel() {
      if (!isPending) return
      isPending = false
      timer?.cancel()
      transport.onClosed = undefined
      transport.destroy()
    },
  }
}

/**
 * Connects and runs the client side of a handshake, resuming the last session with the same target where it can.
 *
 * @see {@link ConnectDone} for how the outcome is told
 */
export function connectTls(
  target: ConnectTarget,
  context: ClientTlsContext,
  options: ConnectOptions,
  done: ConnectDone<TlsTransport>,
): PendingConnect {
  const built = context.current()
  if (built === undefined) {
    context.secretsNotReady.inc()
    return later(() => done(new ConnectError('certificate', 'TLS secrets have not arrived')))
  }
  const host = targetText(target)
  const resumable = context.session(host)
  const transport = TlsTransport.client(target, built, context, resumable?.session, options)
  const socket = transport.pendingSocket
  socket.on('error', (error) => countTlsError(error, context))
  socket.on('session', (session) => {
    const { info } = transport
    if (info !== undefined) context.keepSession(host, { session, peer: info.peer }, built)
  })
  const clock = options.clock ?? systemClock
  const check = (): ConnectError | undefined => {
    const outcome = verifyPeer(socket, {
      config: context.config,
      built,
      stats: context.stats,
      requireCertificate: built.isValidating || context.config.pins !== undefined,
      resumedPeer: resumable?.peer,
      nowMs: clock.now(),
    })
    if (!(outcome instanceof TlsSessionInfo)) {
      context.forgetSession(host)
      return new ConnectError('certificate', outcome.message, undefined, outcome.transportFailure)
    }
    transport.established(outcome)
    return undefined
  }
  return awaitConnect(
    transport,
    'secureConnect',
    target,
    options,
    (result) => {
      if (result instanceof ConnectError && result.reason === 'handshake') context.forgetSession(host)
      done(result)
    },
    check,
  )
}

/** In the handshake and after it: an alert of the peer is an error either way. */
function countTlsError(error: Error, context: ServerTlsContext | ClientTlsContext): void {
  const { code = '' } = error as NodeJS.ErrnoException
  if (code === 'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE') context.stats.failVerifyNoCert.inc()
  else if (code.startsWith('ERR_SSL_')) context.stats.connectionError.inc()
}

function later(callback: () => void): PendingConnect {
  const immediate = setImmediate(callback)
  return { cancel: () => clearImmediate(immediate) }
}
