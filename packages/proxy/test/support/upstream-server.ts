import { Agent, createServer, request, type Server } from 'node:http'

/** An HTTP server on a free port that answers with its name. */
export class UpstreamServer {
  readonly name: string
  port = 0
  requests = 0
  lastHeaders: Readonly<Record<string, string | string[] | undefined>> = {}
  readonly #server: Server

  constructor(name: string) {
    this.name = name
    this.#server = createServer((incoming, response) => {
      this.requests++
      this.lastHeaders = incoming.headers
      incoming.resume()
      response.end(`${name} ${incoming.method} ${incoming.url}`)
    })
    this.#server.keepAliveTimeout = 0
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    this.port = (this.#server.address() as { port: number }).port
    return this
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

/** Sends one request; rejects when the connection breaks. */
export function send(
  port: number,
  path: string,
  options: { method?: string; headers?: Record<string, string>; agent?: Agent; host?: string } = {},
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port, path, agent: false, ...options }, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        body += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }))
      response.on('error', reject)
    })
    outgoing.on('error', reject)
    outgoing.end()
  })
}

/** Requests one after another over a few connections until it is stopped; what went wrong is kept. */
export class Load {
  readonly failures: string[] = []
  readonly bodies = new Map<string, number>()
  #running = true
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 4 })
  readonly #loops: Promise<void>[]

  constructor(port: () => number, path: string, lanes = 4) {
    this.#loops = Array.from({ length: lanes }, async () => {
      while (this.#running) {
        try {
          const { status, body } = await send(port(), path, { agent: this.#agent })
          if (status === 200) this.bodies.set(body, (this.bodies.get(body) ?? 0) + 1)
          else this.failures.push(`${status} ${body}`)
        } catch (error) {
          this.failures.push(String(error))
        }
      }
    })
  }

  get total(): number {
    return [...this.bodies.values()].reduce((sum, count) => sum + count, 0)
  }

  async stop(): Promise<void> {
    this.#running = false
    await Promise.all(this.#loops)
    this.#agent.destroy()
  }
}
