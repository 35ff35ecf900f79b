import { connect, type NetConnectOpts, type Socket } from 'node:net'
import { rewrapSocket } from './node-socket.ts'
import { PlainReadBuffers } from './read-buffer.ts'
import { SocketTransport, type SocketTransportOptions } from './socket-transport.ts'

/** Where to connect to: an IP address and port (names are resolved by the cluster), or a Unix domain socket. */
export type ConnectTarget = { readonly host: string; readonly port: number } | { readonly path: string }

/** A plain-text {@link SocketTransport}. */
export class PlainTransport extends SocketTransport {
  private constructor(options: SocketTransportOptions) {
    super(options, new PlainReadBuffers())
  }

  /**
   * Takes over a socket that a `net.Server` accepted with `pauseOnConnect`. Reading starts at once: set `handler`
   * before the next turn of the event loop. Returns undefined when the peer is gone already.
   */
  static accept(accepted: Socket, options: SocketTransportOptions = {}): PlainTransport | undefined {
    const transport = new PlainTransport(options)
    const socket = rewrapSocket(accepted, transport.readInto, transport.bufferLimitBytes)
    if (socket === undefined) return undefined
    transport.attach(socket)
    return transport
  }

  /** Begins to connect; `connectPlain` waits for the outcome. */
  static connecting(
    target: ConnectTarget,
    bindAddress: string | undefined,
    options: SocketTransportOptions = {},
  ): PlainTransport {
    const transport = new PlainTransport(options)
    const connectOptions: NetConnectOpts & { highWaterMark: number } = {
      ...target,
      noDelay: true,
      allowHalfOpen: true,
      highWaterMark: transport.bufferLimitBytes,
      onread: transport.readInto,
      ...(bindAddress === undefined ? {} : { localAddress: bindAddress }),
      autoSelectFamily: false,
    }
    const socket = connect(connectOptions)
    transport.attach(socket)
    return transport
  }

  /** The socket while it connects. */
  get pendingSocket(): Socket {
    return this.socket
  }

  /**
   * Gives the socket away, to be wrapped in TLS: this transport is closed then, without an `onClose`. Nothing may
   * have been written.
   */
  release(): Socket {
    return this.detach()
  }
}
