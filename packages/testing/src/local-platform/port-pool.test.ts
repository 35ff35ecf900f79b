import { createServer } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { PortPool } from './port-pool.ts'

const pools: PortPool[] = []
afterEach(async () => {
  for (const pool of pools.splice(0)) await pool.release()
})

function pool(random?: () => number): PortPool {
  const made = new PortPool(random)
  pools.push(made)
  return made
}

it('hands out ports that no outgoing connection gets, each once', async () => {
  const ports = pool()
  const taken = await Promise.all(Array.from({ length: 30 }, () => ports.take()))
  expect(new Set(taken).size).toBe(30)
  for (const port of taken) expect(port >= 20_000 && port <= 32_767).toBe(true)
})

it('goes on to the next port when one is in use, and to any port when it finds none', async () => {
  const first = await pool(() => 0.123).take()
  const picks = [0.123, 0.5]
  const second = await pool(() => picks.shift()!).take()
  const any = await pool(() => 0.123).take()
  expect(new Set([first, second, any]).size).toBe(3)
})

it('lets go of its ports', async () => {
  const ports = pool()
  const port = await ports.take()
  await ports.release()
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port, host: '127.0.0.1' }, resolve)
  })
  server.close()
})
