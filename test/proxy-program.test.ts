import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EchoServer } from '@batten/testing'
import { afterAll, afterEach, expect, it } from 'vitest'
import { TestAuthority } from '../packages/proxy/test/certificates.ts'
import { CaServer } from '../packages/proxy/test/support/ca-server.ts'
import { adsBootstrap, XdsServer } from '../packages/proxy/test/support/xds-server.ts'

/** The program as it is shipped: bundled, with libraries and built-in modules that wait to be needed. */
const PROGRAM = new URL('../packages/proxy/bin/batten-proxy.cjs', import.meta.url).pathname

const folder = mkdtempSync(join(tmpdir(), 'batten-program-'))
const cleanups: (() => unknown)[] = []
afterAll(() => rmSync(folder, { recursive: true, force: true }))
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

interface Program {
  readonly child: ChildProcess
  readonly admin: string
  /** What it has written so far. */
  output(): string
}

/** Starts the program, which says on which port its admin pages are. */
async function start(
  bootstrap: string,
  nodeFlags: readonly string[] = [],
  environment: Readonly<Record<string, string>> = {},
): Promise<Program> {
  const file = join(folder, 'bootstrap.yaml')
  writeFileSync(file, bootstrap)
  const child = spawn(process.execPath, [...nodeFlags, PROGRAM, '-c', file], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
  })
  cleanups.push(() => child.kill('SIGKILL'))
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
  const port = () => /"admin":\{[^}]*"port":(\d+)/.exec(output)?.[1]
  await expect.poll(() => port() ?? child.exitCode, { timeout: 20_000 }).not.toBeNull()
  if (port() === undefined) throw new Error(output)
  return { child, admin: `http://127.0.0.1:${port()}`, output: () => output }
}

const bootstrap = (upstreamPort: number) => `
admin: { address: { socket_address: { address: 127.0.0.1, port_value: 0 } } }
static_resources:
  clusters:
  - name: by_name
    type: STRICT_DNS
    dns_lookup_family: V4_ONLY
    load_assignment:
      cluster_name: by_name
      endpoints:
      - lb_endpoints:
        - endpoint: { address: { socket_address: { address: localhost, port_value: ${upstreamPort} } } }
  listeners:
  - name: web
    address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
    filter_chains:
    - filters:
      - name: http
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: web
          route_config:
            virtual_hosts:
            - name: all
              domains: ["*"]
              routes:
              - match: { safe_regex: { regex: "/(a|ab)*(c|cd)*" } }
                route: { cluster: by_name }
          http_filters:
          - name: router
            typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }
`

it('reads YAML, resolves names, matches as RE2 does and shows its pages', async () => {
  const upstream = await EchoServer.start('upstream')
  cleanups.push(() => upstream.close())
  const { admin, child } = await start(bootstrap(upstream.port))
  const page = async (path: string) => (await fetch(admin + path)).text()
  const listener = /web::127\.0\.0\.1:(\d+)/.exec(await page('/listeners'))![1]
  const statusOf = async (path: string) => (await fetch(`http://127.0.0.1:${listener}${path}`)).status
  expect([await statusOf('/aabacdc'), await statusOf('/abx')]).toEqual([200, 404])
  expect(JSON.parse(await page('/memory'))).toHaveProperty('heap_size')
  for (const path of ['/', '/certs', '/clusters', '/config_dump', '/server_info', '/stats/prometheus'])
    expect((await fetch(admin + path)).status, path).toBe(200)
  child.kill('SIGINT')
  await expect.poll(() => child.exitCode).toBe(0)
})

/** Says on SIGUSR2 which built-in modules the program has loaded. */
function listModules(): string[] {
  const preload = join(folder, 'list-modules.cjs')
  writeFileSync(
    preload,
    `process.on('SIGUSR2', () => console.log('modules', process.moduleLoadList.join(' '), 'end'))`,
  )
  return ['--require', preload]
}

async function loadedModules({ child, output }: Program): Promise<string[]> {
  child.kill('SIGUSR2')
  await expect.poll(output).toMatch(/modules .* end/)
  return Array.from(output().matchAll(/NativeModule (\S+)/g), ([, name]) => name!)
}

/** Each is memory in every sidecar. */
const HEAVY = ['child_process', 'cluster', 'fs/promises', 'http', 'http2', 'perf_hooks', 'v8', 'vm', 'zlib']

it('loads no built-in module before it needs it', async () => {
  const upstream = await EchoServer.start('upstream')
  cleanups.push(() => upstream.close())
  const program = await start(bootstrap(upstream.port), listModules())
  expect((await fetch(`${program.admin}/ready`)).status).toBe(200)
  const loaded = await loadedModules(program)
  expect(HEAVY.filter((name) => loaded.includes(name))).toEqual([])
  expect(loaded).toContain('net')
})

it('needs none of them for a management server and an identity either', async () => {
  const spiffeId = 'spiffe://cluster.local/ns/default/sa/default'
  const authority = await new CaServer(new TestAuthority(), spiffeId).start()
  const management = await new XdsServer().start()
  cleanups.push(
    () => authority.stop(),
    () => management.stop(),
  )
  const token = join(folder, 'token')
  writeFileSync(token, 'a.token')
  const program = await start(JSON.stringify(adsBootstrap(management.port)), listModules(), {
    CA_ADDR: `127.0.0.1:${authority.port}`,
    CA_PLAINTEXT: 'true',
    CA_TOKEN_FILE: token,
  })
  await expect.poll(async () => (await fetch(`${program.admin}/ready`)).status).toBe(200)
  await expect.poll(async () => (await fetch(`${program.admin}/certs`)).text()).toContain(spiffeId)
  expect(authority.tokens).toEqual(['Bearer a.token'])
  const loaded = await loadedModules(program)
  expect(HEAVY.filter((name) => loaded.includes(name))).toEqual([])
})

const BUNDLE = new URL('../packages/proxy/dist/bundle/', import.meta.url)
const programFiles = readdirSync(BUNDLE).filter((name) => name.endsWith('.cjs'))

it('bundles the proxy and each library that waits to be needed', () => {
  expect(programFiles.toSorted()).toEqual(['batten-proxy.cjs', 'pino.cjs', 're2js.cjs', 'yaml.cjs'])
})

it.each(programFiles)('%s is strict code, as the modules in it are', (name) => {
  const text = readFileSync(new URL(name, BUNDLE), 'utf8')
  expect(text.slice(0, text.indexOf('\n'))).toBe('"use strict";')
})

it.each(programFiles)('%s can be kept with one byte a character', (name) => {
  expect(readFileSync(new URL(name, BUNDLE), 'utf8')).not.toMatch(/[^\0-\xff]/)
})
