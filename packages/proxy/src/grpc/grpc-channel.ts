import { isIP } from 'node:net'
import type { Clock } from '@batten/core'
import { Http2ClientConnection } from '../http/codec/http2/http2-client.ts'
import { ConnectError, type ConnectTarget, type PendingConnect, targetText } from '../network/connect.ts'
import { TlsTransport } from '../network/tls-transport.ts'
import type { Transport } from '../network/transport.ts'
import type { TcpKeepalive } from '../upstream/tcp-keepalive.ts'
import type { TransportFactory } from '../upstream/transport-factory.ts'
import { connectAny, type ResolveName, resolveBySystem } from './connect-any.ts'
import { GrpcCall, type GrpcCallHandler, type GrpcCallOptions } from './grpc-call.ts'

/** Where a gRPC server is, and how it is talked to. */
export interface GrpcServerAddress {
  /** `host` may be a name. */
  readonly target: ConnectTarget
  readonly transports: TransportFactory
  readonly isTls: boolean
  /** `:authority`. Default: host and port; `localhost` for a Unix domain socket. */
  readonly authority?: string | undefined
  /** TLS: the DNS name or IP address that the certificate must be for; undefined leaves it to the transport. */
  readonly peerName?: string | undefined
  readonly bindAddress?: string | undefined
  readonly tcpKeepalive?: TcpKeepalive | undefined
}

export interface GrpcChannelOptions {
  readonly clock: Clock
  /** Until the server has sent its HTTP/2 settings: resolving, TLS and all addresses of a name included. */
  readonly connectTimeoutMs: number
  /** Of a message that is received. */
  readonly maxMessageBytes: number
  /** Pings, for connections that live long. Default: none. */
  readonly keepalive?: { readonly intervalMs: number; readonly timeoutMs: number }
  /** Default: the system's resolver. */
  readonly resolve?: ResolveName
}

/**
 * One connection to a gRPC server, for any number of calls. It does not come back when it is lost: calls end with
 * UNAVAILABLE then, and whoever needs the server connects anew.
 */
export class GrpcChannel {
  readonly #connection: Http2ClientConnection
  readonly #address: GrpcServerAddress
  readonly #options: GrpcChannelOptions

  /** @internal See {@link connectGrpc}. */
  constructor(connection: Http2ClientConnection, address: GrpcServerAddress, options: GrpcChannelOptions) {
    this.#connection = connection
    this.#address = address
    this.#options = options
  }

  /**
   * Starts a call.
   *
   * @param path - `/package.Service/Method`
   * @throws Error when metadata cannot be sent
   */
  start(path: string, handler: GrpcCallHandler, options: GrpcCallOptions = {}): GrpcCall {
    const { target, isTls, authority } = this.#address
    return GrpcCall.start(this.#connection, handler, {
      ...options,
      path,
      scheme: isTls ? 'https' : 'http',
      authority: authority ?? ('path' in target ? 'localhost' : targetText(target)),
      clock: this.#options.clock,
      maxMessageBytes: this.#options.maxMessageBytes,
    })
  }

  /** Closes the connection at once. Calls under way end without a callback. */
  close(): void {
    this.#connection.close()
  }
}

/**
 * Connects to a gRPC server with the transport of a cluster: its TLS context, secrets of this moment, Unix sockets.
 *
 * @param done - called once, never before this returns, not at all after `cancel`
 * @example
 * connectGrpc({ target, transports, isTls: false }, options, (result) => {
 *   if (result instanceof ConnectError) return fail(result.message)
 *   result.start('/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources', handler)
 * })
 */
export function connectGrpc(
  address: GrpcServerAddress,
  options: GrpcChannelOptions,
  done: (result: GrpcChannel | ConnectError) => void,
): PendingConnect {
  const { clock, connectTimeoutMs } = options
  let isPending = true
  let connection: Http2ClientConnection | undefined
  const settle = (result: GrpcChannel | ConnectError) => {
    if (!isPending) return
    isPending = false
    timer.cancel()
    if (result instanceof ConnectError) giveUp()
    done(result)
  }
  const giveUp = () => {
    connecting.cancel()
    connection?.close()
  }
  const connecting = connectAny(
    address.target,
    {
      transports: address.transports,
      connect: {
        // The limit below covers everything.
        timeoutMs: 0,
        bindAddress: address.bindAddress,
        keepalive: address.tcpKeepalive,
      },
      clock,
      resolve: options.resolve ?? resolveBySystem,
    },
    (result) => {
      const error = result instanceof ConnectError ? result : peerError(result, address)
      if (error !== undefined) {
        if (!(result instanceof ConnectError)) result.destroy()
        settle(error)
        return
      }
      const opened: Http2ClientConnection = new Http2ClientConnection(
        result as Transport,
        {
          onReady: () => settle(new GrpcChannel(opened, address, options)),
          onGoAway() {},
          onClose: (reason) =>
            settle(
              new ConnectError('handshake', `${targetText(address.target)} is no gRPC server: ${reason}`),
            ),
        },
        { clock, ...(options.keepalive === undefined ? {} : { keepalive: options.keepalive }) },
      )
      connection = opened
    },
  )
  const timer = clock.setTimeout(
    () => settle(new ConnectError('timeout', `no connection within ${connectTimeoutMs / 1000} s`)),
    connectTimeoutMs,
  )
  return {
    cancel() {
      if (!isPending) return
      isPending = false
      timer.cancel()
      giveUp()
    },
  }
}

/**
 * {@link connectGrpc} for those who can wait.
 *
 * @throws ConnectError, also when it is aborted
 */
export function openGrpcChannel(
  address: GrpcServerAddress,
  options: GrpcChannelOptions,
  signal?: AbortSignal,
): Promise<GrpcChannel> {
  return new Promise((resolve, reject) => {
    const cancel = () => {
      connecting.cancel()
      reject(new ConnectError('refused', 'connecting was given up'))
    }
    const connecting = connectGrpc(address, options, (result) => {
      signal?.removeEventListener('abort', cancel)
      if (result instanceof ConnectError) reject(result)
      else resolve(result)
    })
    if (signal?.aborted) cancel()
    else signal?.addEventListener('abort', cancel, { once: true })
  })
}

/** What is wrong with the name in the certificate of a peer whose chain is good. */
function peerError(transport: Transport, { peerName }: GrpcServerAddress): ConnectError | undefined {
  if (peerName === undefined || !(transport instanceof TlsTransport)) return undefined
  const certificate = transport.info?.peer?.certificate
  const found =
    isIP(peerName) === 0
      ? certificate?.checkHost(peerName, { partialWildcards: false })
      : certificate?.checkIP(peerName)
  if (found !== undefined) return undefined
  const names = certificate?.subjectAltName ?? 'nobody in particular'
  return new ConnectError('certificate', `the peer's certificate is for ${names}, not for ${peerName}`)
}
