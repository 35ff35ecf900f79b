import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { openListenSocket } from './listen-socket.ts'
import type { ListenAddress } from './listener-config.ts'

const folder = mkdtempSync(join(tmpdir(), 'batten-listen-'))
const file = join(folder, 'file')
writeFileSync(file, '')

afterAll(() => rmSync(folder, { recursive: true }))

const isRefused = (host: string, port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(port, host)
    socket.on('connect', () => resolve(false)).on('error', () => resolve(true))
    socket.on('connect', () => socket.destroy())
  })

it.each<[ListenAddress, string, boolean]>([
  [{ host: '127.0.0.1', port: 0 }, '127.0.0.1', false],
  [{ host: '0.0.0.0', port: 0 }, '127.0.0.1', false],
  [{ host: '::1', port: 0 }, '::1', false],
  [{ host: '::', port: 0 }, '::1', false],
  [{ host: '::', port: 0 }, '127.0.0.1', true],
  [{ host: '::', port: 0, ipv4Compat: true }, '127.0.0.1', false],
])('listens on %j: a connection to %s is refused: %s', async (address, host, refused) => {
  const socket = await openListenSocket(address, 0, (accepted) => accepted.destroy())
  expect('port' in socket.address && socket.address.port).toBeGreaterThan(0)
  expect(await isRefused(host, (socket.address as { port: number }).port)).toBe(refused)
  socket.close()
})

it.each<[string, ListenAddress, string, string]>([
  [
    'no address of the machine',
    { host: '203.0.113.9', port: 80 },
    'cannot listen on 203.0.113.9:80: no such address on this machine',
    'bind to 0.0.0.0 or to an address of this machine',
  ],
  [
    'a path in a folder that is not there',
    { path: join(folder, 'missing/socket') },
    `cannot listen on ${folder}/missing/socket: its folder does not exist`,
    'create the folder',
  ],
  [
    'a file that is no socket',
    { path: file },
    `cannot listen on ${file}: address in use`,
    'stop the process that listens there, or remove the file if it is no socket',
  ],
])('says why it cannot listen: %s', async (_, address, message, hint) => {
  const opened = openListenSocket(address, 0, () => {})
  await expect(opened).rejects.toMatchObject({ code: 'PROXY_BIND_FAILED', message, hint })
})

it('says that a port is in use', async () => {
  const first = await openListenSocket({ host: '127.0.0.1', port: 0 }, 0, () => {})
  await expect(openListenSocket(first.address, 0, () => {})).rejects.toMatchObject({
    code: 'PROXY_BIND_FAILED',
    message: `cannot listen on ${first.text}: address in use`,
    hint: 'stop the process that owns it, or choose another port',
  })
  first.close()
})
