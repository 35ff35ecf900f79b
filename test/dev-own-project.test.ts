import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeEach, expect, it } from 'vitest'

const CLI = new URL('../packages/cli/bin/batten.js', import.meta.url).pathname
const PACKAGES = new URL('../node_modules/@batten', import.meta.url).pathname

/** Temporary files of the runs here, apart from those of anybody else; with what paths of users have in them. */
const TEMPORARY = mkdtempSync(join(tmpdir(), 'batten own prøject-'))
const ROOT = join(TEMPORARY, 'shop')
const RUNS = join(TEMPORARY, 'runs')

function write(file: string, text: string): void {
  mkdirSync(join(ROOT, file, '..'), { recursive: true })
  writeFileSync(join(ROOT, file), text)
}

/** A Deployment whose container names no port, as many do not, and its Service. */
function workload(name: string): string {
  return `
apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name} }
spec:
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec: { containers: [{ name: app, image: ${name} }] }
---
apiVersion: v1
kind: Service
metadata: { name: ${name} }
spec:
  selector: { app: ${name} }
  ports: [{ port: 80, targetPort: 8080 }]
`
}

const GATEWAY = `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: shop }
spec:
  selector: { istio: ingressgateway }
  servers: [{ port: { number: 80, name: http, protocol: HTTP }, hosts: ['*'] }]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: shop }
spec:
  hosts: ['*']
  gateways: [shop]
  http: [{ route: [{ destination: { host: web } }] }]
`

const CONFIG = `
import { defineConfig } from '@batten/cli/config'
import { stock } from './commands.ts'

export default defineConfig({
  gatewayPort: 28180,
  workloads: { web: { command: ['node', 'web.ts'] }, stock: { command: stock } },
})
`

beforeEach(() => {
  mkdirSync(RUNS, { recursive: true })
  write('package.json', '{ "type": "module" }')
  mkdirSync(join(ROOT, 'node_modules'), { recursive: true })
  symlinkSync(PACKAGES, join(ROOT, 'node_modules/@batten'))
  write('mesh/web.yaml', workload('web'))
  write('mesh/stock.yaml', workload('stock'))
  write('mesh/gateway.yaml', GATEWAY)
  write('batten.config.ts', CONFIG)
  write(
    'web.ts',
    `import { createServer } from 'node:http'
createServer(async (_, res) => {
  const answer = await fetch('http://stock/').then((r) => r.text(), (e) => String(e.cause))
  res.end('web, ' + answer)
}).listen(Number(process.env.PORT))`,
  )
  write(
    'stock.ts',
    `import { createServer } from 'node:http'
process.on('SIGTERM', () => {})
createServer((_, res) => res.end('stock ' + process.pid)).listen(Number(process.env.PORT))`,
  )
})
let dev: ChildProcess | undefined
afterEach(() => {
  if (dev?.exitCode === null && dev.signalCode === null) process.kill(-dev.pid!, 'SIGKILL')
  rmSync(ROOT, { recursive: true, force: true })
})
afterAll(() => rmSync(TEMPORARY, { recursive: true, force: true }))

let output = ''
function start(): void {
  output = ''
  const child = spawn(process.execPath, [CLI, 'dev', ROOT], {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    env: { ...process.env, TMPDIR: RUNS },
  })
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
  dev = child
}

async function until(pattern: RegExp): Promise<RegExpExecArray> {
  for (let waited = 0; ; waited += 50) {
    const match = pattern.exec(output)
    if (match !== null) return match
    if (waited > 60_000 || dev!.exitCode !== null) throw new Error(`${pattern} did not appear:\n${output}`)
    await sleep(50)
  }
}

async function answer(): Promise<string> {
  const [, url] = await until(/gateway +(http\S+)/)
  return (await fetch(url!)).text()
}

const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

it('starts without an application that does not come up, names it, and takes it in when its command is mended', async () => {
  write(
    'commands.ts',
    `export const stock: [string, ...string[]] = ['node', '-e', 'setInterval(() => {}, 1000)']`,
  )
  start()
  await until(
    /‼ stock: nothing accepts connections on 127\.0\.0\.1:\d+ \(its PORT\); the mesh starts without it/,
  )
  await until(/^ready in \S+ s, but not stock; /m)
  expect(await answer()).toBe('web, no healthy upstream')
  write('commands.ts', `export const stock: [string, ...string[]] = ['node', 'stock.ts']`)
  await until(/√ stock is ready; its admin page is http:/)
  expect(await answer()).toMatch(/^web, stock \d+$/)
  write(
    'mesh/stock.yaml',
    workload('stock').replace('metadata: { name: stock }', 'metadata: { name: stock, labels: { a: b } }'),
  )
  await until(/√ every proxy has Deployment stock/)
})

it.each([
  ['stopped', () => dev!.kill('SIGTERM')],
  ['killed with its whole group', () => process.kill(-dev!.pid!, 'SIGKILL')],
])('takes what applications have started with it when it is %s', async (_, end) => {
  // The shell goes on when its child does; the child does not end when it is asked to.
  write('commands.ts', `export const stock: [string, ...string[]] = ['sh', '-c', 'node stock.ts; true']`)
  start()
  await until(/^ready in \S+ s; /m)
  const pid = Number(/^web, stock (\d+)$/.exec(await answer())![1])
  expect(isAlive(pid)).toBe(true)
  end()
  for (let waited = 0; isAlive(pid) || readdirSync(RUNS).length > 0; waited += 50) {
    if (waited > 10_000) throw new Error(`${pid} is alive: ${isAlive(pid)}; files: ${readdirSync(RUNS)}`)
    await sleep(50)
  }
})
