import { isIP, type Socket } from 'node:net'
import { BattenError, type Clock, errorMessage } from '@batten/core'
import type { RequestHeaderTable } from '../http/header-table.ts'
import { type ListenSocket, openListenSocket } from '../listener/listen-socket.ts'
import type { ListenAddress } from '../listener/listener-config.ts'
import { PlainTransport } from '../network/plain-transport.ts'
import { ADMIN_BUFFER_LIMIT_BYTES, AdminConnection, type AdminConnectionOwner } from './connection.ts'
import type { AdminContext, AdminResponse } from './handler.ts'
import { helpText } from './handlers/help.ts'
import { ADMIN_HANDLERS } from './handlers/index.ts'

/** More are closed as soon as they come: a client that leaks connections must not eat the proxy's descriptors. */
const MAX_CONNECTIONS = 256
/** A page that is being sent when the server closes gets so long; a client that holds on to its connection does not. */
const CLOSE_MS = 100

/**
 * The admin pages of a proxy, on the codec that its listeners have loaded anyway: `node:http` costs memory in every
 * sidecar (docs/adr/0010).
 *
 * @see https://www.envoyproxy.io/docs/envoy/latest/operations/admin
 */
export class AdminServer implements AdminConnectionOwner {
  readonly clock: Clock
  readonly #context: AdminContext
  readonly #connections = new Set<AdminConnection>()
  #socket: ListenSocket | undefined
  #closing: Promise<void> | undefined
  #onEmpty: (() => void) | undefined

  constructor(context: AdminContext) {
    this.#context = context
    this.clock = context.clock
  }

  /** Where it listens, with the port that was given to port 0. */
  get address(): ListenAddress | undefined {
    return this.#socket?.address
  }

  /** @throws BattenError `PROXY_ADMIN_BIND_FAILED` */
  async listen(address: ListenAddress): Promise<void> {
    let socket: ListenSocket
    try {
      socket = await openListenSocket(address, 0, (accepted) => this.#accept(accepted))
    } catch (thrown) {
      throw new BattenError('PROXY_ADMIN_BIND_FAILED', {
        message: `admin pages: ${errorMessage(thrown)}`,
        hint: 'change admin.address in the bootstrap, or stop what owns the port',
        cause: thrown,
      })
    }
    this.#socket = socket
    if (this.#closing !== undefined) socket.close()
  }

  /** Stops accepting and closes every connection, at the latest after 100 ms. */
  close(): Promise<void> {
    this.#closing ??= this.#closeAll()
    return this.#closing
  }

  async #closeAll(): Promise<void> {
    this.#socket?.close()
    for (const connection of this.#connections) connection.finish()
    if (this.#connections.size === 0) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#onEmpty = resolve
    const timer = this.clock.setTimeout(() => {
      for (const connection of this.#connections) connection.destroy()
    }, CLOSE_MS)
    await promise
    timer.cancel()
  }

  #accept(socket: Socket): void {
    if (this.#closing !== undefined || this.#connections.size >= MAX_CONNECTIONS) {
      socket.destroy()
      return
    }
    const transport = PlainTransport.accept(socket, { bufferLimitBytes: ADMIN_BUFFER_LIMIT_BYTES })
    if (transport !== undefined) this.#connections.add(new AdminConnection(transport, this))
  }

  /** @internal */
  onConnectionClosed(connection: AdminConnection): void {
    this.#connections.delete(connection)
    if (this.#connections.size === 0) this.#onEmpty?.()
  }

  /**
   * Differs from Envoy: admin pages that only show something take GET, HEAD and POST, and nothing else; HEAD has no body.
   *
   * @internal
   */
  answer(request: RequestHeaderTable): AdminResponse {
    const [path, queryText] = splitTarget(request.path)
    if (!this.#isTrusted(request))
      return { status: 403, body: 'this page may not be used from other sites\n' }
    const handler = ADMIN_HANDLERS.find((candidate) => candidate.path === path)
    if (handler === undefined) return { status: 404, body: `invalid path. ${helpText(ADMIN_HANDLERS)}` }
    const { method } = request
    if (handler.method === 'POST' && method !== 'POST')
      return { status: 405, body: `Method ${method} not allowed, POST required.` }
    if (method !== 'GET' && method !== 'POST' && method !== 'HEAD')
      return { status: 405, body: `Method ${method} not allowed.` }
    try {
      return handler.handle({ query: queryOf(queryText) }, this.#context)
    } catch (thrown) {
      return { status: 500, body: `${errorMessage(thrown)}\n` }
    }
  }

  /**
   * Keeps web pages out: a browser says when a request comes from another site, and a name that an attacker resolves
   * to this machine is no address and not `localhost`.
   */
  #isTrusted(request: RequestHeaderTable): boolean {
    const sites = request.getAll('sec-fetch-site')
    const site = sites.join(', ')
    if (sites.length > 0 && site !== 'same-origin' && site !== 'none') return false
    const { address } = this
    if (address === undefined || 'path' in address || !isLoopback(address.host)) return true
    const host = request.authority
      .replace(/:\d+$/, '')
      .replace(/^\[|\]$|\.$/g, '')
      .toLowerCase()
    return host === '' || host === 'localhost' || host.endsWith('.localhost') || isIP(host) !== 0
  }
}

function splitTarget(target: string): [string, string] {
  const mark = target.indexOf('?')
  return mark < 0 ? [target, ''] : [target.slice(0, mark), target.slice(mark + 1)]
}

/** As Envoy: a plus is a plus, as in the regular expressions of filters, and no blank. */
function queryOf(text: string): URLSearchParams {
  return new URLSearchParams(text.replaceAll('+', '%2B'))
}

function isLoopback(host: string): boolean {
  return host === '::1' || host.startsWith('127.')
}
