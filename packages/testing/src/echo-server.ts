import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'

/** What an echo server answers with, as JSON. */
export interface Echo {
  /** Name of the server that answered. */
  readonly server: string
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/**
 * An HTTP server that answers every request with what it got. `?status=503` chooses the status, `?delay=50` waits so
 * many milliseconds, `?bytes=1000` adds a body of that size in `x`.
 */
export class EchoServer {
  readonly name: string
  readonly #server: Server
  #port = 0
  /** Requests answered so far. */
  requests = 0

  private constructor(name: string) {
    this.name = name
    this.#server = createServer(async (req, res) => {
      let body = ''
      for await (const chunk of req.setEncoding('utf8')) body += chunk
      this.requests++
      const url = new URL(req.url ?? '/', 'http://echo')
      const delay = Number(url.searchParams.get('delay') ?? 0)
      if (delay > 0) await new Promise((resolve) => setTimeout(resolve, delay))
      const echo: Echo = {
        server: name,
        method: req.method ?? '',
        path: req.url ?? '',
        headers: req.headers,
        body,
      }
      const filler = 'x'.repeat(Number(url.searchParams.get('bytes') ?? 0))
      const text = JSON.stringify(filler === '' ? echo : { ...echo, filler })
      res.writeHead(Number(url.searchParams.get('status') ?? 200), {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(text),
      })
      res.end(text)
    })
    // A server that closes idle connections by itself would look like a loss to a proxy under test.
    this.#server.keepAliveTimeout = 0
  }

  static async start(name: string, port = 0): Promise<EchoServer> {
    const echo = new EchoServer(name)
    echo.#server.listen(port, '127.0.0.1')
    await once(echo.#server, 'listening')
    const address = echo.#server.address()
    echo.#port = typeof address === 'object' && address !== null ? address.port : 0
    return echo
  }

  get port(): number {
    return this.#port
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }
}
