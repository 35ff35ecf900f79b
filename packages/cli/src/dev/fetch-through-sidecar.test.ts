import { execFile } from 'node:child_process'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import { afterEach, describe, expect, it } from 'vitest'

const PRELOADED = new URL('./fetch-through-sidecar.ts', import.meta.url).href

/** Stands for the sidecar: says what it was asked. */
const seen: string[] = []
const sidecar = createServer((request: IncomingMessage, response) => {
  seen.push(`${request.method} ${request.url} host: ${request.headers.host}`)
  response.end('from the mesh')
})
sidecar.on('connect', (request: IncomingMessage, socket) => {
  seen.push(`CONNECT ${request.url}`)
  socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n')
})
afterEach(() => {
  sidecar.closeAllConnections()
  sidecar.close()
})

describe('an application that calls another one with fetch', () => {
  it('sends it to its sidecar by name, and https past it', async () => {
    await new Promise<void>((resolve) => sidecar.listen(0, '127.0.0.1', resolve))
    const { port } = sidecar.address() as AddressInfo
    const proxy = `http://127.0.0.1:${port}`
    const code = `
      const say = async (url, init) => console.log(await fetch(url, init).then((r) => r.text(), (e) => e.cause.code))
      await say('http://cart/items?q=1')
      await say('http://stock:8080/', { method: 'POST', body: 'one' })
      await say('https://127.0.0.2:${port}/')`
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', code], {
      env: {
        ...process.env,
        HTTP_PROXY: proxy,
        http_proxy: proxy,
        NO_PROXY: 'localhost,127.0.0.1',
        NODE_USE_ENV_PROXY: '1',
        NODE_OPTIONS: `--import=${PRELOADED}`,
      },
    })
    expect(stdout).toBe('from the mesh\nfrom the mesh\nECONNREFUSED\n')
    expect(seen).toEqual(['GET http://cart/items?q=1 host: cart', 'POST http://stock:8080/ host: stock:8080'])
  })
})
