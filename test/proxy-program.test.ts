import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EchoServer } from '@batten/testing'
import { afterAll, afterEach, expect, it } from 'vitest'

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
async function start(bootstrap: string, ...nodeFlags: string[]): Promise<Program> {
  const file = join(folder, 'bootstrap.yaml')
  writeFileSync(file, bootstrap)
  const child = spawn(process.execPath, [...nodeFlags, PROGRAM, '-c', file], {
    stdio: ['ignore', 'pipe', 'pipe'],
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

it('loads no built-in module before it needs it: each is memory in every sidecar', async () => {
  const preload = join(folder, 'list-modules.cjs')
  writeFileSync(
    preload,
    `process.on('SIGUSR2', () => console.log('modules', process.moduleLoadList.join(' '), 'end'))`,
  )
  const upstream = await EchoServer.start('upstream')
  cleanups.push(() => upstream.close())
  const { child, admin, output } = await start(bootstrap(upstream.port), '--require', preload)
  expect((await fetch(`${admin}/ready`)).status).toBe(200)
  child.kill('SIGUSR2')
  await expect.poll(output).toMatch(/modules .* end/)
  const loaded = Array.from(output().matchAll(/NativeModule (\S+)/g), ([, name]) => name)
  const heavy = ['child_process', 'cluster', 'fs/promises', 'http', 'http2', 'perf_hooks', 'v8', 'vm', 'zlib']
  expect(heavy.filter((name) => loaded.includes(name))).toEqual([])
  expect(loaded).toContain('net')
})

const BUNDLE = new URL('../packages/proxy/dist/bundle/', import.meta.url)
const programFiles = readdirSync(BUNDLE).filter((name) => name.endsWith('.cjs'))

it('bundles the proxy and each library that waits to be needed', () => {
  expect(programFiles.toSorted()).toEqual([
    'batten-proxy.cjs',
    'pino.cjs',
    're2js.cjs',
    'yaml.cjs',
  ])
})

it.each(programFiles)('%s is strict code, as the modules in it are', (name) => {
  const text = readFileSync(new URL(name, BUNDLE), 'utf8')
  expect(text.slice(0, text.indexOf('\n'))).toBe('"use strict";')
})

it.each(programFiles)('%s can be kept with one byte a character', (name) => {
  expect(readFileSync(new URL(name, BUNDLE), 'utf8')).not.toMatch(/[^\0-\xff]/)
})
