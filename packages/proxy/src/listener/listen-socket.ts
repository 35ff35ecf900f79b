import { existsSync, lstatSync, unlinkSync } from 'node:fs'
import { connect, createServer, type ListenOptions, type Server, type Socket } from 'node:net'
import { dirname } from 'node:path'
import { BattenError, errorMessage } from '@batten/core'
import { listen } from '../network/node-socket.ts'
import { formatAddress } from '../network/socket-transport.ts'
import type { ListenAddress } from './listener-config.ts'

/** A socket that accepts connections. */
export interface ListenSocket {
  /** As bound: port 0 is replaced by the port that the system chose. */
  readonly address: ListenAddress
  /** `127.0.0.1:8080`, `[::1]:8080`, or the path. */
  readonly text: string
  /** Stops accepting, at once. Connections are not touched. */
  close(): void
}

/**
 * Binds and listens. Accepted sockets are paused.
 *
 * @throws BattenError PROXY_BIND_FAILED
 */
export async function openListenSocket(
  address: ListenAddress,
  backlog: number,
  onConnection: (socket: Socket) => void,
): Promise<ListenSocket> {
  const options: ListenOptions =
    'path' in address
      ? { path: address.path }
      : {
          host: address.host,
          port: address.port,
          ...(address.host.includes(':') && address.ipv4Compat !== true ? { ipv6Only: true } : {}),
        }
  if (backlog > 0) options.backlog = backlog
  let server: Server
  try {
    server = await startServer(options, onConnection)
  } catch (thrown) {
    if (!('path' in address) || !(await removeStaleSocket(address.path))) throw bindError(address, thrown)
    try {
      server = await startServer(options, onConnection)
    } catch (again) {
      throw bindError(address, again)
    }
  }
  const bound = server.address()
  const actual: ListenAddress =
    bound === null || typeof bound === 'string' ? address : { host: bound.address, port: bound.port }
  return { address: actual, text: addressText(actual), close: () => void server.close() }
}

export function addressText(address: ListenAddress): string {
  return 'path' in address ? address.path : formatAddress(address.host, address.port)
}

function startServer(options: ListenOptions, onConnection: (socket: Socket) => void): Promise<Server> {
  const { promise, resolve, reject } = Promise.withResolvers<Server>()
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true, noDelay: true }, onConnection)
  server.on('error', reject)
  server.on('listening', () => resolve(server))
  listen(server, options)
  return promise
}

/** A socket file whose owner is gone may be replaced; one that somebody answers on may not. */
async function removeStaleSocket(path: string): Promise<boolean> {
  try {
    if (!lstatSync(path).isSocket()) return false
  } catch {
    return false
  }
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const probe = connect(path)
  probe.on('connect', () => resolve(false))
  probe.on('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'))
  const isStale = await promise
  probe.destroy()
  if (isStale) unlinkSync(path)
  return isStale
}

function bindError(address: ListenAddress, cause: unknown): BattenError {
  const [reason, hint] = reasonOf(address, cause) ?? [errorMessage(cause), undefined]
  return new BattenError('PROXY_BIND_FAILED', {
    message: `cannot listen on ${addressText(address)}: ${reason}`,
    where: 'address',
    hint,
    cause,
  })
}

type Reason = readonly [text: string, hint: string]

function reasonOf(address: ListenAddress, cause: unknown): Reason | undefined {
  const code = (cause as NodeJS.ErrnoException).code ?? ''
  if (!('path' in address)) return REASONS[code]
  // Node says EACCES in both cases.
  if (code === 'EACCES' && !existsSync(dirname(address.path))) return NO_FOLDER
  return PATH_REASONS[code]
}

const REASONS: Readonly<Record<string, Reason>> = {
  EADDRINUSE: ['address in use', 'stop the process that owns it, or choose another port'],
  EACCES: ['permission denied', 'choose a port above 1023, or give the process CAP_NET_BIND_SERVICE'],
  EADDRNOTAVAIL: ['no such address on this machine', 'bind to 0.0.0.0 or to an address of this machine'],
}

const PATH_REASONS: Readonly<Record<string, Reason>> = {
  EADDRINUSE: [
    'address in use',
    'stop the process that listens there, or remove the file if it is no socket',
  ],
  EACCES: ['permission denied', 'let the user that the proxy runs as write to the folder'],
}

const NO_FOLDER: Reason = ['its folder does not exist', 'create the folder']
