import { createServer, type Server } from 'node:net'
import { BattenError } from '@batten/core'

/**
 * Hands out loopback ports. They are held open until {@link PortPool.release} so that one run never hands out a port
 * twice; between release and use another process could take one, which the process that binds it then reports.
 */
export class PortPool {
  readonly #held: Server[] = []

  /** A port that was free a moment ago. */
  async take(): Promise<number> {
    const server = await listen(0)
    this.#held.push(server)
    return portOf(server)
  }

  /** The first free port from `wanted` on, at most 100 further. */
  async takeFrom(wanted: number, host = '127.0.0.1'): Promise<number> {
    for (let port = wanted; port < Math.min(wanted + 100, 65_536); port++) {
      const server = await listen(port, host).catch(() => undefined)
      if (server === undefined) continue
      this.#held.push(server)
      return port
    }
    throw new BattenError('TEST_NO_FREE_PORT', {
      message: `no free port between ${wanted} and ${wanted + 99}`,
      hint: 'choose another one with --gateway-port',
    })
  }

  /** Lets go of every port that was handed out, for the processes that use them. */
  async release(): Promise<void> {
    await Promise.all(this.#held.splice(0).map((server) => new Promise((done) => server.close(done))))
  }
}

function listen(port: number, host = '127.0.0.1'): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen({ port, host, exclusive: true }, () => resolve(server))
  })
}

function portOf(server: Server): number {
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}
