import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { BattenError, errorMessage, type Logger, silentLogger } from '@batten/core'
import { controlPlaneError } from '../errors.ts'
import { formatAddress } from '../serve/grpc-server.ts'
import type { DebugReply, DebugSource } from './debug-handler.ts'
import { DEBUG_HANDLERS } from './handlers/index.ts'
import { htmlOf } from './html.ts'

export interface DebugServerOptions {
  readonly source: DebugSource
  /** Default: `127.0.0.1`. The pages show the whole configuration: think before listening elsewhere. */
  readonly host?: string
  /** 0 is any free port. */
  readonly port: number
  readonly log?: Logger
}

/** The pages for operators: state of proxies and configuration, metrics, readiness. Read only, secrets left out. */
export class DebugServer {
  readonly #source: DebugSource
  readonly #host: string
  readonly #port: number
  readonly #log: Logger
  readonly #server: Server
  #boundPort = 0

  constructor(options: DebugServerOptions) {
    this.#source = options.source
    this.#host = options.host ?? '127.0.0.1'
    this.#port = options.port
    this.#log = options.log ?? silentLogger
    this.#server = createServer({ maxHeaderSize: 16 * 1024, requestTimeout: 10_000 }, (request, response) =>
      this.#answer(request, response),
    )
  }

  /** `host:port` that was really bound. */
  get address(): string {
    return formatAddress(this.#host, this.#boundPort)
  }

  /** @throws BattenError `SERVER_BIND_FAILED` */
  async listen(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (error) =>
        reject(
          controlPlaneError('SERVER_BIND_FAILED', {
            message: `the debug server cannot listen on ${formatAddress(this.#host, this.#port)}: ${error.message}`,
            hint: 'another process may own the port; choose another one, or 0 for any that is free',
            cause: error,
          }),
        ),
      )
      this.#server.listen(this.#port, this.#host, resolve)
    })
    this.#boundPort = (this.#server.address() as AddressInfo).port
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const reply = this.#reply(request)
    const isHtml = reply.links !== undefined && /\btext\/html\b/.test(request.headers.accept ?? '')
    const text = isHtml ? htmlOf(reply) : textOf(reply)
    const type = typeof reply.body === 'string' ? 'text/plain; charset=utf-8' : 'application/json'
    response.writeHead(reply.status ?? 200, {
      'content-type': isHtml ? 'text/html; charset=utf-8' : (reply.contentType ?? type),
      ...(isHtml && { 'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'" }),
      'content-length': Buffer.byteLength(text),
      'cache-control': 'no-cache, max-age=0',
      'x-content-type-options': 'nosniff',
    })
    response.end(request.method === 'HEAD' ? undefined : text)
  }

  #reply(request: IncomingMessage): DebugReply {
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return { status: 405, body: 'only GET is possible: nothing can be changed here\n' }
    if (!this.#isHostAllowed(request.headers.host ?? ''))
      return { status: 403, body: 'this page is only for requests to this machine by its own name\n' }
    const url = URL.canParse(request.url ?? '', 'http://x') ? new URL(request.url!, 'http://x') : undefined
    if (url === undefined) return { status: 400, body: 'the request has no usable path\n' }
    const path = /^\/(debug\/?)?$/.test(url.pathname) ? '/debug/list' : url.pathname
    const handler = DEBUG_HANDLERS.find((candidate) => candidate.path === path)
    if (handler === undefined) return { status: 404, body: 'no such page; see /debug/list\n' }
    try {
      return handler.handle(url.searchParams, this.#source)
    } catch (error) {
      this.#log.error('a debug page failed', { path, error })
      return { status: 500, body: `${BattenError.from(error).message || errorMessage(error)}\n` }
    }
  }

  /** A web page must not read the mesh's configuration by a name of its own that leads to loopback (DNS rebinding). */
  #isHostAllowed(host: string): boolean {
    if (!isLoopback(this.#host)) return true
    const name = host.replace(/:\d+$/, '')
    return name === '' || name === 'localhost' || isLoopback(name.replace(/^\[|\]$/g, ''))
  }
}

function textOf({ body }: DebugReply): string {
  return typeof body === 'string' ? body : `${JSON.stringify(body, null, 2)}\n`
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)
}
