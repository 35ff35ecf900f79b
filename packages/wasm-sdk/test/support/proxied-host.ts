import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  authorize,
  type Exchange,
  type FilterHost,
  type FilterSetup,
  type SentRequest,
  UPSTREAM_BODY,
  UPSTREAM_HEADERS,
} from './filter-host.ts'

/** A proxy with one listener a filter, before an upstream that says what came. */
export abstract class ProxiedHost implements FilterHost {
  abstract readonly name: string
  readonly #upstream: Server
  readonly #seen = new Map<string, Exchange['upstream']>()
  #nextId = 1

  constructor() {
    this.#upstream = createServer(async (request, response) => {
      const body = await readBody(request)
      if (request.url === '/check') {
        if (body === 'path=/slow') await sleep(2000)
        const answer = authorize(body)
        response.writeHead(answer.status, answer.headers).end(answer.body)
        return
      }
      const headers = request.headers as Record<string, string>
      const id = headers['x-exchange'] ?? ''
      this.#seen.set(id, { method: request.method ?? '', path: request.url ?? '', headers, body })
      response.writeHead(200, UPSTREAM_HEADERS).end(UPSTREAM_BODY)
    })
  }

  /** Starts the proxy; one that runs is replaced. */
  abstract startProxy(filters: readonly FilterSetup[], upstreamPort: number): Promise<void>
  abstract stopProxy(): Promise<void>
  abstract portOf(filter: string): number
  abstract metric(name: string): Promise<number>

  async start(filters: readonly FilterSetup[]): Promise<void> {
    await this.stopProxy()
    if (!this.#upstream.listening) {
      await new Promise<void>((resolve) => this.#upstream.listen(0, '127.0.0.1', resolve))
    }
    await this.startProxy(filters, (this.#upstream.address() as AddressInfo).port)
  }

  async send(filter: string, request: SentRequest): Promise<Exchange> {
    const id = String(this.#nextId++)
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const sent = httpRequest(
        {
          host: '127.0.0.1',
          port: this.portOf(filter),
          method: request.method ?? 'GET',
          path: request.path ?? '/',
          headers: { ...request.headers, 'x-exchange': id, host: 'example.com' },
          agent: false,
        },
        resolve,
      )
      sent.on('error', reject)
      sent.end(request.body)
    })
    const body = await readBody(response)
    const headers: Record<string, string> = {}
    for (const [name, value] of Object.entries(response.headers)) headers[name] = String(value)
    return { status: response.statusCode ?? 0, headers, body, upstream: this.#seen.get(id) }
  }

  async close(): Promise<void> {
    await this.stopProxy()
    this.#upstream.closeAllConnections()
    await new Promise((resolve) => this.#upstream.close(resolve))
  }
}

async function readBody(message: IncomingMessage): Promise<string> {
  let body = ''
  for await (const chunk of message.setEncoding('utf8')) body += chunk
  return body
}
