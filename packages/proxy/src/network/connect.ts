import { type Clock, systemClock } from '@batten/core'
import { handshakeFailure } from '../tls/tls-failure.ts'
import { type ConnectTarget, PlainTransport } from './plain-transport.ts'
import { formatAddress, type SocketTransport, type SocketTransportOptions } from './socket-transport.ts'

export type { ConnectTarget } from './plain-transport.ts'

export interface ConnectOptions extends SocketTransportOptions {
  /** Until the connection is ready for data, TLS handshake included. 0 waits as long as the system does. */
  readonly timeoutMs: number
  /** Source address; default: the system's choice. */
  readonly bindAddress?: string | undefined
  /** TLS: offered as ALPN when the context has no protocols of its own, in wire format. */
  readonly fallbackAlpn?: Buffer | undefined
  /** Default: the machine's clock. */
  readonly clock?: Clock
}

/** Why a connection did not come about. */
export type ConnectFailureReason =
  /** Not within `timeoutMs`. */
  | 'timeout'
  /** The system refused: nobody listens, no route, no free port. */
  | 'refused'
  /** The peer closed the connection, or broke the TLS protocol, before the handshake was over. */
  | 'handshake'
  /** The peer's certificate is not acceptable. */
  | 'certificate'

/** A connection that did not come about. The message fits behind `transport failure reason:`. */
export class ConnectError extends Error {
  override readonly name = 'ConnectError'
  readonly reason: ConnectFailureReason
  /** Why TLS failed, in Envoy's words; empty when the peer just ended the connection. undefined: not TLS's fault. */
  readonly transportFailure: string | undefined

  constructor(reason: ConnectFailureReason, message: string, cause?: unknown, transportFailure?: string) {
    super(message, cause === undefined ? undefined : { cause })
    this.reason = reason
    this.transportFailure = transportFailure
  }
}

/**
 * Called once with the outcome, never before the function that it was given to has returned. It must set
 * `transport.handler`: bytes may follow at once.
 */
export type ConnectDone<T extends SocketTransport = SocketTransport> = (result: T | ConnectError) => void

export interface PendingConnect {
  /** Gives up; `done` is not called any more. */
  cancel(): void
}

/**
 * Connects in plain text.
 *
 * @example
 * connectPlain({ host: '127.0.0.1', port: 9080 }, { timeoutMs: 1000 }, (result) => {
 *   if (result instanceof ConnectError) return fail(result.message)
 *   result.handler = codec
 * })
 */
export function connectPlain(
  target: ConnectTarget,
  options: ConnectOptions,
  done: ConnectDone<PlainTransport>,
): PendingConnect {
  const transport = PlainTransport.connecting(target, options.bindAddress, options)
  return awaitConnect(transport, 'connect', target, options, done)
}

/**
 * Waits until a transport is ready: the one place that knows about time-outs, cancelling and early failures.
 *
 * @param readyEvent - what the socket emits then
 */
export function awaitConnect<
  T extends SocketTransport & { readonly pendingSocket: PlainTransport['pendingSocket'] },
>(
  transport: T,
  readyEvent: 'connect' | 'secureConnect',
  target: ConnectTarget,
  options: ConnectOptions,
  done: ConnectDone<T>,
  check: () => ConnectError | undefined = () => undefined,
): PendingConnect {
  const socket = transport.pendingSocket
  let isPending = true
  const settle = (result: T | ConnectError) => {
    if (!isPending) return
    isPending = false
    timer?.cancel()
    socket.off(readyEvent, onReady)
    transport.onClosed = undefined
    if (result instanceof ConnectError) transport.destroy()
    done(result)
  }
  const onReady = () => settle(check() ?? transport)
  socket.on(readyEvent, onReady)
  transport.onClosed = (error) => settle(connectErrorOf(error, target, readyEvent === 'secureConnect'))
  const clock = options.clock ?? systemClock
  const timer =
    options.timeoutMs > 0
      ? clock.setTimeout(() => {
          const message = `no connection to ${targetText(target)} within ${options.timeoutMs} ms`
          settle(new ConnectError('timeout', message))
        }, options.timeoutMs)
      : undefined
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

function connectErrorOf(error: Error | undefined, target: ConnectTarget, isTls: boolean): ConnectError {
  const code = (error as NodeJS.ErrnoException | undefined)?.code ?? ''
  const isOfSystem = (error as NodeJS.ErrnoException | undefined)?.syscall === 'connect'
  if (isTls && !isOfSystem) {
    const what = error === undefined ? 'the peer closed the connection' : error.message
    const message = `TLS handshake with ${targetText(target)} failed: ${what}`
    return new ConnectError('handshake', message, error, handshakeFailure(error))
  }
  return new ConnectError(
    'refused',
    `cannot connect to ${targetText(target)}: ${code || error?.message}`,
    error,
  )
}

/** For messages. */
export function targetText(target: ConnectTarget): string {
  return 'path' in target ? target.path : formatAddress(target.host, target.port)
}
