/**
 * How long a change takes: from the moment a file is saved to the last proxy's ACK.
 *
 *   node --conditions=@batten/source benchmarks/push.bench.ts [--changes 100] [--proxies 200]
 *
 * Files are saved in both ways that editors have: in place, and by a rename. Every tenth change takes an object away or
 * brings it back: a file that becomes shorter may be half of a save, so that its change counts later.
 *
 * Two meshes, both read from files by a real control plane in this process:
 *
 * 1. Bookinfo: a gateway and six sidecars, each a process that runs the proxy's program as it is shipped (it has to be
 *    built: `npm run build`), over mutual TLS.
 * 2. Many: the same services, 200 sidecars; and what a reconnection of all of them costs. These are delta clients on
 *    gRPC streams in one other process: they decode what arrives, follow clusters with subscriptions, and acknowledge.
 *    They build no listeners: a real proxy adds the time that it takes to apply a change.
 */
import { type ChildProcess, fork, spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { fromYaml, toYaml } from '@batten/api/yaml'
import {
  type ControlPlane,
  type ControlPlaneOptions,
  createControlPlane,
  FileSource,
} from '@batten/control-plane'
import {
  bootstrapOf,
  CONTROL_PLANE_NAME,
  gatewayNode,
  PortPool,
  planMesh,
  platformObjects,
  sidecarNode,
} from '@batten/testing/local-platform'
import { runClients } from './push-clients.ts'
import { battenProxy } from './support/batten-proxy.ts'

interface Workload {
  readonly name: string
  readonly app: string
  readonly version: string
}

const WORKLOADS: readonly Workload[] = [
  { name: 'productpage-v1', app: 'productpage', version: 'v1' },
  { name: 'details-v1', app: 'details', version: 'v1' },
  { name: 'ratings-v1', app: 'ratings', version: 'v1' },
  { name: 'reviews-v1', app: 'reviews', version: 'v1' },
  { name: 'reviews-v2', app: 'reviews', version: 'v2' },
  { name: 'reviews-v3', app: 'reviews', version: 'v3' },
]

if (process.argv[2] === 'clients') runClients()
else await main()

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { changes: { type: 'string', default: '100' }, proxies: { type: 'string', default: '200' } },
  })
  const changes = Number(values.changes)
  console.log('time from saving a file to the last ACK, milliseconds\n')
  await bookinfo(changes)
  await many(Number(values.proxies), changes)
}

/** Counts what goes out while a mesh is measured. */
interface Counts {
  bytes: number
  pushes: number
  firstPushAt: number
}

async function bookinfo(changes: number): Promise<void> {
  const [command = '', ...words] = await battenProxy()
  const directory = temporaryMesh()
  const { mesh } = directory
  const pool = new PortPool()
  const files = readdirSync(mesh).map((name) => readFileSync(join(mesh, name), 'utf8'))
  const objects = files.flatMap((text) => fromYaml(text).objects.map(({ object }) => object))
  const plan = await planMesh(objects, () => true, 0, pool)
  writeFileSync(join(mesh, 'platform.yaml'), toYaml(platformObjects(plan, objects)))
  const counts: Counts = { bytes: 0, pushes: 0, firstPushAt: 0 }
  const state = join(directory.path, 'state')
  const controlPlane = await startControlPlane(mesh, counts, { stateDirectory: state, xdsPort: false })
  const tlsPort = Number(controlPlane.tlsAddress!.split(':').at(-1))
  const endpoint = { tlsPort, rootFile: join(state, 'root-cert.pem') }
  const nodes = [gatewayNode(plan), ...plan.pods.map(sidecarNode)]
  await pool.release()
  const children: ChildProcess[] = []
  try {
    const connected = await timed(async () => {
      for (const node of nodes) {
        const { namespace, serviceAccount } = node
        const bootstrap = join(directory.path, `${node.name}.json`)
        const token = join(directory.path, `${node.name}.token`)
        writeFileSync(bootstrap, JSON.stringify(bootstrapOf(node, endpoint)))
        writeFileSync(token, await controlPlane.issueToken(namespace, serviceAccount))
        const env = {
          ...process.env,
          CA_ADDR: `127.0.0.1:${tlsPort}`,
          CA_ROOT_CA: endpoint.rootFile,
          CA_SNI: CONTROL_PLANE_NAME,
          CA_TOKEN_FILE: token,
          POD_NAMESPACE: namespace,
          SERVICE_ACCOUNT: serviceAccount,
        }
        children.push(
          spawn(command, [...words, '--config', bootstrap, '--log-level', 'error'], {
            env,
            stdio: 'inherit',
          }),
        )
      }
      await served(controlPlane, nodes.length)
    })
    console.log(`bookinfo, ${nodes.length} proxies of Batten over mutual TLS`)
    console.log(`  start ${connected.toFixed(0)} ms, ${kilobytes(counts.bytes)} in all`)
    await measure(controlPlane, mesh, counts, changes)
    console.log()
  } finally {
    for (const child of children) child.kill()
    await controlPlane.close()
    directory.remove()
  }
}

async function many(count: number, changes: number): Promise<void> {
  const directory = temporaryMesh()
  const { mesh } = directory
  const workloads = Array.from({ length: count }, (_, i) => {
    const workload = WORKLOADS[i % WORKLOADS.length]!
    return { ...workload, name: `${workload.name}-${i}` }
  })
  writeFileSync(join(mesh, 'pods.yaml'), toYaml(pods(workloads)))
  const counts: Counts = { bytes: 0, pushes: 0, firstPushAt: 0 }
  const controlPlane = await startControlPlane(mesh, counts, { tlsPort: false })
  const clients = fork(new URL(import.meta.url), ['clients'], { execArgv: process.execArgv })
  try {
    await once(clients, 'started')
    const nodes = workloads.map(({ name, app }) => ({ type: 'sidecar', name, app }))
    const connected = await timed(async () => {
      clients.send({ do: 'connect', address: controlPlane.xdsAddress, nodes })
      await served(controlPlane, nodes.length)
    })
    console.log(`${count} sidecars`)
    console.log(`  connect ${connected.toFixed(0)} ms, ${kilobytes(counts.bytes)} in all`)
    await measure(controlPlane, mesh, counts, changes)
    clients.send({ do: 'disconnect' })
    while (controlPlane.nodes.length > 0) await sleep(1)
    counts.bytes = 0
    const reconnected = await timed(async () => {
      clients.send({ do: 'reconnect' })
      await served(controlPlane, nodes.length)
    })
    console.log(`  connect again ${reconnected.toFixed(0)} ms, ${kilobytes(counts.bytes)} in all`)
    console.log(`  control plane: ${(process.memoryUsage().rss / 1e6).toFixed(0)} MB resident`)
  } finally {
    clients.kill()
    await controlPlane.close()
    directory.remove()
  }
}

async function measure(
  controlPlane: ControlPlane,
  mesh: string,
  counts: Counts,
  changes: number,
): Promise<void> {
  save(mesh, 0)
  await sleep(300)
  await controlPlane.waitUntilServed()
  const totals: number[] = []
  const beforePush: number[] = []
  counts.bytes = 0
  counts.pushes = 0
  for (let i = 1; i <= changes; i++) {
    counts.firstPushAt = 0
    const { revision } = controlPlane.snapshot
    const start = performance.now()
    save(mesh, i)
    while (controlPlane.snapshot.revision === revision) await sleep(1)
    await controlPlane.waitUntilServed()
    totals.push(performance.now() - start)
    beforePush.push(counts.firstPushAt - start)
    await sleep(20 + (i % 7) * 10)
  }
  print('file saved -> first push', beforePush)
  print(
    'first push -> last ACK',
    totals.map((total, i) => total - beforePush[i]!),
  )
  print('file saved -> last ACK', totals)
  const perChange = `${(counts.pushes / changes).toFixed(1)} responses, ${kilobytes(counts.bytes / changes)}`
  console.log(`  ${perChange} a change for all proxies together`)
}

function startControlPlane(
  mesh: string,
  counts: Counts,
  options: Partial<ControlPlaneOptions>,
): Promise<ControlPlane> {
  return createControlPlane({
    sources: [new FileSource({ paths: [mesh] })],
    debugPort: false,
    onPush: (event) => {
      counts.bytes += event.bytes
      counts.pushes += 1
      counts.firstPushAt ||= performance.now()
    },
    ...options,
  })
}

function temporaryMesh() {
  const path = mkdtempSync(join(tmpdir(), 'batten-push-'))
  const mesh = join(path, 'mesh')
  cpSync(new URL('../examples/bookinfo/mesh', import.meta.url), mesh, { recursive: true })
  // The example's own filter is not built here, and a push is not about it.
  rmSync(join(mesh, 'served-by.yaml'), { force: true })
  return { path, mesh, remove: () => rmSync(path, { recursive: true, force: true }) }
}

/** Saves a VirtualService: its text in place of the old one, or a new file in place of the old file. */
function save(mesh: string, i: number): void {
  const file = join(mesh, 'split.yaml')
  const text = toYaml(i % 20 < 10 ? [route(i)] : [route(i), timeout()])
  const isInPlace = i % 2 === 0
  writeFileSync(isInPlace ? file : `${file}.tmp`, text)
  if (!isInPlace) renameSync(`${file}.tmp`, file)
}

function route(i: number) {
  const weight = i % 100
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name: 'ratings-split' },
    spec: {
      hosts: ['ratings'],
      http: [
        {
          headers: { request: { set: { 'x-change': `${i}` } } },
          route: [
            { destination: { host: 'ratings' }, weight },
            { destination: { host: 'details' }, weight: 100 - weight },
          ],
        },
      ],
    },
  }
}

function timeout() {
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name: 'details-timeout' },
    spec: { hosts: ['details'], http: [{ timeout: '5s', route: [{ destination: { host: 'details' } }] }] },
  }
}

function pods(workloads: readonly Workload[]) {
  return workloads.map(({ name, app, version }, i) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', labels: { app, version, 'security.istio.io/tlsMode': 'istio' } },
    spec: { serviceAccountName: `bookinfo-${app}`, containers: [{ name: 'app' }] },
    status: {
      podIP: `10.0.${Math.floor(i / 250)}.${(i % 250) + 1}`,
      phase: 'Running',
      conditions: [{ type: 'Ready', status: 'True' }],
    },
  }))
}

async function served(controlPlane: ControlPlane, count: number): Promise<void> {
  while (controlPlane.nodes.length !== count) await sleep(1)
  await controlPlane.waitUntilServed()
}

async function timed(action: () => Promise<void>): Promise<number> {
  const start = performance.now()
  await action()
  return performance.now() - start
}

function once(child: ChildProcess, message: string): Promise<void> {
  return new Promise((resolve) => {
    const listen = (got: unknown) => {
      if (got !== message) return
      child.off('message', listen)
      resolve()
    }
    child.on('message', listen)
  })
}

function print(title: string, values: readonly number[]): void {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (ratio: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * ratio))]!.toFixed(1)
  const numbers = `min ${at(0)}  p50 ${at(0.5)}  p90 ${at(0.9)}  p99 ${at(0.99)}  max ${sorted.at(-1)!.toFixed(1)}`
  console.log(`  ${title.padEnd(26)}${numbers}`)
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(1)} kB`
}
