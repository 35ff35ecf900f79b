import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { isIP } from 'node:net'
import { BattenError, errorMessage } from '@batten/core'
import type { ListenAddress } from '../listener/listener-config.ts'
import { type AdminContext, type AdminResponse, TEXT } from './handler.ts'
import { helpText } from './handlers/help.ts'
import { ADMIN_HANDLERS } from './handlers/index.ts'

/**
 * The admin pages of a proxy. Not on the request path, so it is an ordinary node:http server.
 *
 * @see https://www.envoyproxy.io/docs/envoy/latest/operations/admin
 */
export class AdminServer {
  readonly #context: AdminContext
  readonly #server: Server
  #address: ListenAddress | undefined

  constructor(context: AdminContext) {
    this.#context = context
    this.#server = createServer({ requestTimeout: 30_000, headersTimeout: 10_000, maxHeaderSize: 16_384 })
    this.#server.on('request', (request, response) => this.#serve(request, response))
    this.#server.on('clientError', (_error, socket) => socket.destroy())
  }

  /** Where it listens, with the port that was given to port 0. */
  get address(): ListenAddress | undefined {
    return this.#address
  }

  /** @throws BattenError `PROXY_ADMIN_BIND_FAILED` */
  async listen(address: ListenAddress): Promise<void> {
    const server = this.#server
    await new Promise<void>((resolve, reject) => {
      const fail = (error: Error) =>
        reject(
          new BattenError('PROXY_ADMIN_BIND_FAILED', {
            message: `cannot listen for admin pages: ${error.message}`,
            hint: 'change admin.address in the bootstrap, or stop what owns the port',
            cause: error,
          }),
        )
      server.once('error', fail)
      server.listen(address, () => {
        server.off('error', fail)
        resolve()
      })
    })
    const bound = server.address()
    this.#address =
      typeof bound === 'object' && bound !== null ? { host: bound.address, port: bound.port } : address
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve())
      this.#server.closeIdleConnections()
      // A page that is being sent gets a moment; a client that holds on to its connection does not.
      setTimeout(() => this.#server.closeAllConnections(), 100).unref()
    })
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    request.resume()
    const { status = 200, contentType = TEXT, body } = this.#answer(request)
    response.writeHead(status, {
      'content-type': contentType,
      'content-length': Buffer.byteLength(body),
      'cache-control': 'no-cache, max-age=0',
      'x-content-type-options': 'nosniff',
      server: 'batten',
    })
    response.end(request.method === 'HEAD' ? undefined : body)
  }

  #answer(request: IncomingMessage): AdminResponse {
    const [path = '', queryText = ''] = splitTarget(request.url ?? '/')
    if (!this.#isTrusted(request))
      return { status: 403, body: 'this page may not be used from other sites\n' }
    const handler = ADMIN_HANDLERS.find((candidate) => candidate.path === path)
    if (handler === undefined) return { status: 404, body: `invalid path. ${helpText(ADMIN_HANDLERS)}` }
    const { method } = request
    if (method !== 'GET' && method !== 'POST' && method !== 'HEAD')
      return { status: 405, body: `Method ${method} not allowed.` }
    if (handler.method === 'POST' && method !== 'POST')
      return { status: 405, body: `Method ${method} not allowed, POST required.` }
    try {
      return handler.handle({ query: new URLSearchParams(queryText) }, this.#context)
    } catch (thrown) {
      return { status: 500, body: `${errorMessage(thrown)}\n` }
    }
  }

  /**
   * Keeps web pages out: a browser says when a request comes from another site, and a name that an attacker resolves
   * to this machine is no address and not `localhost`.
   */
  #isTrusted(request: IncomingMessage): boolean {
    const site = request.headers['sec-fetch-site']
    if (site !== undefined && site !== 'same-origin' && site !== 'none') return false
    const address = this.#address
    if (address === undefined || 'path' in address || !isLoopback(address.host)) return true
    const host = (request.headers.host ?? '').replace(/:\d+$/, '').replace(/^\[|\]$/g, '')
    return host === '' || host === 'localhost' || host.endsWith('.localhost') || isIP(host) !== 0
  }
}

function splitTarget(target: string): [string, string] {
  const mark = target.indexOf('?')
  return mark < 0 ? [target, ''] : [target.slice(0, mark), target.slice(mark + 1)]
}

function isLoopback(host: string): boolean {
  return host === '::1' || host.startsWith('127.')
}
