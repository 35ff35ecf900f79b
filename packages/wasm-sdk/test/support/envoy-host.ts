import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { bootstrap } from './bootstrap.ts'
import type { FilterSetup } from './filter-host.ts'
import { ProxiedHost } from './proxied-host.ts'

/** Stock Envoy. */
export class EnvoyHost extends ProxiedHost {
  readonly name = 'Envoy'
  readonly #binary: string
  #child: ChildProcess | undefined
  #folder = ''
  #admin = 0
  #ports = new Map<string, number>()
  #log = ''

  constructor(binary: string) {
    super()
    this.#binary = binary
  }

  async startProxy(filters: readonly FilterSetup[], upstreamPort: number): Promise<void> {
    this.#folder = await mkdtemp(join(tmpdir(), 'batten-envoy-'))
    await writeFile(join(this.#folder, 'envoy.json'), JSON.stringify(bootstrap(filters, upstreamPort)))
    const adminFile = join(this.#folder, 'admin')
    const child = spawn(
      this.#binary,
      [
        ...['-c', join(this.#folder, 'envoy.json'), '--admin-address-path', adminFile],
        ...['--use-dynamic-base-id', '--concurrency', '1', '-l', 'warning'],
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    )
    this.#child = child
    this.#log = ''
    child.stderr.on('data', (chunk) => (this.#log += chunk))
    await this.#waitUntilReady(child, adminFile)
    const listeners = (await (await this.#get('/listeners?format=json')).json()) as {
      listener_statuses: { name: string; local_address: { socket_address: { port_value: number } } }[]
    }
    this.#ports = new Map(
      listeners.listener_statuses.map((status) => [
        status.name,
        status.local_address.socket_address.port_value,
      ]),
    )
  }

  portOf(filter: string): number {
    return this.#ports.get(filter)!
  }

  async metric(name: string): Promise<number> {
    const text = await (await this.#get(`/stats?filter=^wasmcustom.${name}$`)).text()
    return Number(text.trim().split(': ')[1] ?? Number.NaN)
  }

  async stopProxy(): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (child !== undefined && child.exitCode === null) {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGKILL')
      await ended
    }
    if (this.#folder !== '') await rm(this.#folder, { recursive: true, force: true })
    this.#folder = ''
  }

  #get(path: string): Promise<Response> {
    return fetch(`http://127.0.0.1:${this.#admin}${path}`)
  }

  async #waitUntilReady(child: ChildProcess, adminFile: string): Promise<void> {
    for (let tries = 0; tries < 200; tries++) {
      if (child.exitCode !== null) throw new Error(`Envoy ended with code ${child.exitCode}:\n${this.#log}`)
      const address = await readFile(adminFile, 'utf8').catch(() => '')
      this.#admin = Number(address.slice(address.lastIndexOf(':') + 1))
      const ready = address !== '' && (await this.#get('/ready').catch(() => undefined))?.status === 200
      if (ready) return
      await sleep(50)
    }
    throw new Error(`Envoy was not ready in time:\n${this.#log}`)
  }
}
