import { createServer, type Server } from 'node:net'
import { BattenError } from '@batten/core'

/**
 * Below the ports that systems give to outgoing connections (Linux from 32768 on, others from 49152): under load one of
 * those would be gone before the process that it was chosen for binds it.
 */
const LOWEST_PORT = 20_000
const HIGHEST_PORT = 32_767
const ATTEMPTS = 50

/**
 * Hands out loopback ports. They are held open until {@link PortPool.release} so that one run never hands out a port
 * twice; between release and use another process could take one, which the process that binds it then reports.
 */
export class PortPool {
  readonly #held: Server[] = []
  readonly #random: () => number

  /** @param random - uniform in [0, 1) */
  constructor(random: () => number = Math.random) {
    this.#random = random
  }

  /** A port that was free a moment ago, and that no outgoing connection gets. */
  async take(): Promise<number> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const port = LOWEST_PORT + Math.floor(this.#random() * (HIGHEST_PORT - LOWEST_PORT + 1))
      if (await this.#hold(port)) return port
    }
    // Nearly all of them are in use: what the system has is better than nothing.
    const server = await listen(0)
    this.#held.push(server)
    return portOf(server)
  }

  /** The first free port from `wanted` on, at most 100 further. */
  async takeFrom(wanted: number, host = '127.0.0.1'): Promise<number> {
    for (let port = wanted; port < Math.min(wanted + 100, 65_536); port++) {
      if (await this.#hold(port, host)) return port
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

  async #hold(port: number, host?: string): Promise<boolean> {
    const server = await listen(port, host).catch(() => undefined)
    if (server !== undefined) this.#held.push(server)
    return server !== undefined
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
