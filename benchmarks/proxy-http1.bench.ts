/**
 * CPU per request of Batten's proxy beside nginx and, where it is installed, Envoy: HTTP/1.1, keep-alive, one core each
 * for the proxy under test and for everything else. Rounds are interleaved, so that a slow minute of the machine hits
 * everybody; ratios are of each round, printed as median (min-max); memory is the most that was
 * seen after any of them.
 *
 *     node --conditions=@batten/source benchmarks/proxy-http1.bench.ts [--pair] [--bytes 1024] [--connections 64]
 *          [--rounds 5] [--seconds 3] [--only batten,nginx,envoy] [--json]
 *
 * `--pair`: two sidecars with mutual TLS between them; CPU of both together, memory of the larger one.
 *
 * Needs Linux (`/proc`), nginx, wrk, and our proxy built (`npm run build`). Envoy: `BATTEN_ENVOY`, or `envoy` on the PATH.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { findEnvoy, freePort } from '@batten/testing'
import { battenProxy } from './support/batten-proxy.ts'
import {
  clientSidecarBootstrap,
  type ProxyPorts,
  plainBootstrap,
  serverSidecarBootstrap,
  type TlsFiles,
} from './support/envoy-bootstrap.ts'
import { type LoadResult, runLoad } from './support/load.ts'
import {
  clientSidecarConfig,
  originConfig,
  proxyConfig,
  serverSidecarConfig,
} from './support/nginx-config.ts'
import { findCommand, type PinnedProcess, startPinned, waitForPort } from './support/pinned-process.ts'
import { cpuMsOf, residentMbOf } from './support/process-cpu.ts'
import { writeBenchmarkCertificates } from './support/tls-files.ts'

const PROXY_CORE = 0
const LOAD_CORE = 1

const { values: flags } = parseArgs({
  options: {
    pair: { type: 'boolean', default: false },
    bytes: { type: 'string', default: '1024' },
    connections: { type: 'string', default: '64' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    only: { type: 'string', default: 'batten,nginx,envoy' },
    json: { type: 'boolean', default: false },
  },
})
const bodyBytes = Number(flags.bytes)

interface Subject {
  readonly name: string
  readonly url: string
  readonly processes: readonly PinnedProcess[]
}

interface Round {
  readonly cpuMsPerThousand: number
  readonly load: LoadResult
  /** Of the larger one, where two stand in a row. */
  readonly residentMb: number
  /** Without pages of files, which processes of one program share. */
  readonly privateMb: number
}

/** How a proxy of one kind is started with a role. */
type Start = (
  role: 'plain' | 'client' | 'server',
  ports: ProxyPorts,
  directory: string,
) => Promise<PinnedProcess>

function starters(tls: TlsFiles): Record<string, Start | undefined> {
  const nginx = findCommand('nginx')
  const envoy = findEnvoy()
  const bootstraps = { plain: plainBootstrap, client: clientSidecarBootstrap, server: serverSidecarBootstrap }
  const bootstrap = async (role: keyof typeof bootstraps, ports: ProxyPorts, directory: string) => {
    const file = join(directory, 'bootstrap.json')
    await writeFile(file, JSON.stringify(bootstraps[role](ports, tls)))
    return file
  }
  return {
    async batten(role, ports, directory) {
      const [command, ...args] = await battenProxy()
      const file = await bootstrap(role, ports, directory)
      return startPinned(PROXY_CORE, command!, [...args, '-c', file, '-l', 'warn'])
    },
    nginx:
      nginx === undefined
        ? undefined
        : async (role, ports, directory) => {
            const make = { plain: proxyConfig, client: clientSidecarConfig, server: serverSidecarConfig }[
              role
            ]
            return startNginx(nginx, PROXY_CORE, directory, make(ports, directory, tls))
          },
    envoy:
      envoy === undefined
        ? undefined
        : async (role, ports, directory) =>
            startPinned(PROXY_CORE, envoy, [
              ...['-c', await bootstrap(role, ports, directory), '--concurrency', '1'],
              ...['--use-dynamic-base-id', '-l', 'error'],
            ]),
  }
}

async function startNginx(
  nginx: string,
  core: number,
  directory: string,
  config: string,
): Promise<PinnedProcess> {
  const file = join(directory, 'nginx.conf')
  await writeFile(file, config)
  return startPinned(core, nginx, ['-p', directory, '-c', file])
}

async function startSubject(name: string, start: Start, root: string, origin: number): Promise<Subject> {
  const directory = async (role: string) => {
    const path = join(root, `${name}-${role}`)
    await mkdir(path)
    return path
  }
  const processes: PinnedProcess[] = []
  const listen = await freePort()
  if (flags.pair) {
    const between = await freePort()
    processes.push(await start('server', { listen: between, upstream: origin }, await directory('server')))
    await waitForPort(between)
    processes.push(await start('client', { listen, upstream: between }, await directory('client')))
  } else processes.push(await start('plain', { listen, upstream: origin }, await directory('plain')))
  await waitForPort(listen)
  return { name, url: `http://127.0.0.1:${listen}/`, processes }
}

/** One request whose status and body are looked at in full. */
function checkBody(url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const sent = request(url, (response) => {
      let bytes = 0
      response.on('data', (chunk: Buffer) => (bytes += chunk.length))
      response.on('end', () => {
        if (response.statusCode === 200 && bytes === bodyBytes) resolve()
        else reject(new Error(`${url} answered ${response.statusCode} with ${bytes} bytes`))
      })
    })
    sent.setTimeout(5000, () => sent.destroy(new Error(`${url} does not answer`)))
    sent.once('error', reject)
    sent.end()
  })
}

async function measure(subject: Subject, seconds: number): Promise<Round> {
  const cpu = () => subject.processes.reduce((sum, { pid }) => sum + cpuMsOf(pid), 0)
  const before = cpu()
  const connections = Number(flags.connections)
  const load = await runLoad({ url: subject.url, connections, seconds, core: LOAD_CORE })
  const used = cpu() - before
  if (load.badStatuses > 0 || load.socketErrors > 0)
    throw new Error(`${subject.name}: ${load.badStatuses} bad statuses, ${load.socketErrors} socket errors`)
  if (load.bytes / load.requests < bodyBytes)
    throw new Error(`${subject.name}: only ${(load.bytes / load.requests).toFixed(0)} bytes a response`)
  const memory = subject.processes.map(({ pid }) => residentMbOf(pid)).sort((a, b) => b.total - a.total)
  const largest = memory[0]!
  return {
    cpuMsPerThousand: (used * 1000) / load.requests,
    load,
    residentMb: largest.total,
    privateMb: largest.own,
  }
}

/** Requests before it counts, by number: on a busy machine a few seconds are not enough for a compiler that works aside. */
const WARM_UP_REQUESTS = 60_000

async function warmUp(subject: Subject): Promise<void> {
  let requests = 0
  for (let i = 0; i < 10 && requests < WARM_UP_REQUESTS; i++)
    requests += (await measure(subject, 2)).load.requests
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)]!
}

function spread(values: readonly number[], digits: number): string {
  const [low, high] = [Math.min(...values), Math.max(...values)]
  return `${median(values).toFixed(digits)} (${low.toFixed(digits)}-${high.toFixed(digits)})`
}

function report(rounds: ReadonlyMap<string, readonly Round[]>): void {
  const what = flags.pair ? 'two sidecars, mutual TLS between' : 'one proxy'
  console.log(`HTTP/1.1, ${what}, ${flags.bytes} bytes, ${flags.connections} connections, access log off`)
  console.log(
    'CPU ms for 1000 requests, requests/s, latency us p50/p99, the most resident memory (private); median (min-max)\n',
  )
  for (const [name, list] of rounds) {
    const cpu = spread(
      list.map((round) => round.cpuMsPerThousand),
      1,
    )
    const rate = median(list.map(({ load }) => load.requests / load.seconds)).toFixed(0)
    const latency = `${median(list.map(({ load }) => load.p50))}/${median(list.map(({ load }) => load.p99))}`
    const most = (of: (round: Round) => number) => Math.max(...list.map(of)).toFixed(1)
    const memory = `${most((round) => round.residentMb)} MB (${most((round) => round.privateMb)})`
    console.log(
      `${name.padEnd(8)} ${cpu.padEnd(20)} ${rate.padStart(7)}/s  ${latency.padStart(12)}  ${memory}`,
    )
  }
  const batten = rounds.get('batten')
  if (batten === undefined) return
  console.log('')
  for (const [name, list] of rounds) {
    if (name === 'batten') continue
    const ratios = list.map((round, i) => batten[i]!.cpuMsPerThousand / round.cpuMsPerThousand)
    console.log(`batten / ${name}: ${spread(ratios, 2)}`)
  }
}

const root = await mkdtemp(join(tmpdir(), 'batten-bench-'))
const running: PinnedProcess[] = []
try {
  const nginx = findCommand('nginx')
  if (nginx === undefined) throw new Error('nginx is not installed: apt-get install nginx-light')
  const originPort = await freePort()
  const originDirectory = join(root, 'origin')
  await mkdir(originDirectory)
  await writeFile(join(originDirectory, 'body'), 'x'.repeat(bodyBytes))
  const originText = originConfig(originPort, originDirectory)
  running.push(await startNginx(nginx, LOAD_CORE, originDirectory, originText))
  await waitForPort(originPort)
  const tls = await writeBenchmarkCertificates(root)
  const subjects: Subject[] = []
  for (const [name, start] of Object.entries(starters(tls))) {
    if (!flags.only.split(',').includes(name)) continue
    if (start === undefined) {
      console.log(`${name} is not installed: left out`)
      continue
    }
    const subject = await startSubject(name, start, root, originPort)
    running.push(...subject.processes)
    subjects.push(subject)
    await checkBody(subject.url)
  }
  const rounds = new Map<string, Round[]>(subjects.map(({ name }) => [name, []]))
  for (const subject of subjects) await warmUp(subject)
  for (let i = 0; i < Number(flags.rounds); i++)
    for (const subject of subjects)
      rounds.get(subject.name)!.push(await measure(subject, Number(flags.seconds)))
  if (flags.json) console.log(JSON.stringify(Object.fromEntries(rounds)))
  else report(rounds)
} finally {
  await Promise.all(running.map((child) => child.stop()))
  await rm(root, { recursive: true, force: true })
}
