import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { Agent } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { endpoints, httpListener, routesTo } from '../test/support/mesh-resources.ts'
import { send, UpstreamServer } from '../test/support/upstream-server.ts'

const folder = mkdtempSync(join(tmpdir(), 'batten-main-'))
const upstream = new UpstreamServer('a')
const children: ChildProcess[] = []

beforeAll(() => upstream.start())

afterAll(async () => {
  rmSync(folder, { recursive: true })
  await upstream.close()
})

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

/** A proxy in a process of its own. */
class ProxyProcess {
  readonly child: ChildProcess
  stderr = ''
  readonly exit: Promise<number | NodeJS.Signals | null>

  constructor(options: object, environment: Record<string, string> = {}) {
    this.child = spawn(
      process.execPath,
      [
        '--conditions=@batten/source',
        join(import.meta.dirname, '../test/support/run-proxy.ts'),
        JSON.stringify(options),
      ],
      { stdio: ['pipe', 'ignore', 'pipe'], env: { ...process.env, ...environment } },
    )
    children.push(this.child)
    this.child.stderr!.on('data', (bytes: Buffer) => {
      this.stderr += bytes.toString()
    })
    this.exit = new Promise((resolve) => this.child.once('exit', (code, signal) => resolve(code ?? signal)))
  }

  /** The admin port, once it is live. */
  async live(): Promise<number> {
    await expect.poll(() => this.stderr, { timeout: 15_000 }).toContain('"state":"LIVE"')
    return JSON.parse(this.stderr.split('\n').find((line) => line.includes('"admin"'))!).admin.port
  }
}

const ADMIN = { address: { socket_address: { address: '127.0.0.1', port_value: 0 } } }

function bootstrapFile(manager: object = {}): string {
  const path = join(folder, `bootstrap-${children.length}.json`)
  const listener = httpListener('l', '', {
    rds: undefined,
    route_config: routesTo('r', { '/': 'a' }),
    ...manager,
  })
  const bootstrap = {
    admin: ADMIN,
    static_resources: {
      listeners: [listener],
      clusters: [{ name: 'a', load_assignment: endpoints('a', [upstream.port]) }],
    },
  }
  writeFileSync(path, JSON.stringify(bootstrap))
  return path
}

async function listenerPort(admin: number): Promise<number> {
  const { body } = await send(admin, '/listeners?format=json')
  return JSON.parse(body).listener_statuses[0].local_address.socket_address.port_value
}

describe('a proxy process', () => {
  it('serves until SIGTERM, still takes connections while it drains, then ends with 0', async () => {
    const proxy = new ProxyProcess({ configPath: bootstrapFile(), terminationDrainS: 1 })
    const admin = await proxy.live()
    const port = await listenerPort(admin)
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    expect((await send(port, '/', { agent })).headers['connection']).not.toBe('close')
    proxy.child.kill('SIGTERM')
    await expect.poll(async () => (await send(admin, '/ready')).body).toBe('DRAINING\n')
    const { status, headers } = await send(port, '/')
    expect([status, headers['connection']]).toEqual([200, 'close'])
    agent.destroy()
    expect(await proxy.exit).toBe(0)
    await expect(send(port, '/')).rejects.toThrow(/ECONNREFUSED/)
  }, 20_000)

  it('ends at once on SIGINT', async () => {
    const proxy = new ProxyProcess({ configPath: bootstrapFile(), terminationDrainS: 60 })
    await proxy.live()
    proxy.child.kill('SIGINT')
    expect(await proxy.exit).toBe(0)
  }, 20_000)

  it('ends at once on a second signal', async () => {
    const proxy = new ProxyProcess({ configPath: bootstrapFile(), terminationDrainS: 60 })
    const admin = await proxy.live()
    proxy.child.kill('SIGTERM')
    await expect.poll(async () => (await send(admin, '/ready')).body).toBe('DRAINING\n')
    proxy.child.kill('SIGINT')
    expect(await proxy.exit).toBe(0)
  }, 20_000)

  it('ends on /quitquitquit', async () => {
    const proxy = new ProxyProcess({ configPath: bootstrapFile() })
    const admin = await proxy.live()
    expect((await send(admin, '/quitquitquit', { method: 'POST' })).body).toBe('OK\n')
    expect(await proxy.exit).toBe(0)
  }, 20_000)

  it('ends when the process that started it is gone, if it was told to watch it', async () => {
    const proxy = new ProxyProcess({ configPath: bootstrapFile(), parentWatch: true })
    await proxy.live()
    proxy.child.stdin!.end()
    expect(await proxy.exit).toBe(0)
    expect(proxy.stderr).toContain('the process that started this one is gone')
  }, 20_000)

  it('writes access logs, and opens them again on SIGUSR1', async () => {
    const log = join(folder, 'access.log')
    const file = {
      name: 'envoy.access_loggers.file',
      typed_config: {
        '@type': 'type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog',
        path: log,
        log_format: {
          text_format_source: { inline_string: '%REQ(:METHOD)% %REQ(:PATH)% %RESPONSE_CODE%\n' },
        },
      },
    }
    const proxy = new ProxyProcess({ configPath: bootstrapFile({ access_log: [file] }) })
    const port = await listenerPort(await proxy.live())
    await send(port, '/one')
    await expect.poll(() => readFileSync(log, 'utf8')).toBe('GET /one 200\n')
    renameSync(log, `${log}.1`)
    proxy.child.kill('SIGUSR1')
    await expect
      .poll(async () => {
        await send(port, '/two')
        try {
          return readFileSync(log, 'utf8').split('\n')[0]
        } catch {
          return ''
        }
      })
      .toBe('GET /two 200')
    proxy.child.kill('SIGINT')
    expect(await proxy.exit).toBe(0)
  }, 20_000)

  it('says on one line what is wrong with its bootstrap, and ends with 1', async () => {
    const path = join(folder, 'wrong.yaml')
    writeFileSync(path, 'static_resources:\n  listeners:\n  - name: l\n    udp_listener_config: {}\n')
    const proxy = new ProxyProcess({ configPath: path })
    expect(await proxy.exit).toBe(1)
    expect(proxy.stderr).toBe(
      `not supported yet   [PROXY_UNSUPPORTED_FIELD]\n  at: ${path}: static_resources.listeners[0].udp_listener_config\n`,
    )
  }, 20_000)
})
