import { type ChildProcess, fork } from 'node:child_process'
import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import { createDevelopmentTokens, type DevelopmentTokens } from '@batten/control-plane'
import { BattenError, type Clock, errorMessage, systemClock } from '@batten/core'
import {
  gatewayNode,
  type LocalNode,
  type LocalPlan,
  type LocalPod,
  PortPool,
  planMesh,
  platformObjects,
  sidecarNode,
} from '@batten/testing/local-platform'
import { commandFor } from '../config/define-config.ts'
import { loadProject, type Project } from '../config/load-config.ts'
import { Child, type ChildSpec } from './child.ts'
import { type ControlPlanePorts, controlPlaneCommand } from './control-plane-command.ts'
import { FilterBuilder } from './filter-builder.ts'
import { type DevFinding, findingKey } from './findings.ts'
import { readProjectObjects } from './project-objects.ts'
import { type ProxyKind, proxyCommand } from './proxy-command.ts'
import { RunDirectory } from './run-directory.ts'
import { waitForHttp, waitForPort } from './wait.ts'
import { watchFolders } from './watch.ts'

export interface DevOptions {
  /** The project's folder. */
  readonly folder: string
  /** Default: `gatewayPort` of the project, else 8080; the next free one when it is taken. */
  readonly gatewayPort?: number | undefined
  /** Which proxy runs beside the workloads: ours, stock Envoy, or both in turn. Default `batten`. */
  readonly proxy?: ProxyKind | 'mixed' | undefined
  readonly events?: DevEvents
  readonly clock?: Clock
}

/** What a front end hears of a running mesh. */
export interface DevEvents {
  /** A line of a child's output. */
  output?(child: string, line: string, stream: 'stdout' | 'stderr'): void
  /** The findings that are new since the last call, and how many there are in all. */
  findings?(added: readonly DevFinding[], all: readonly DevFinding[]): void
  /** Anything else worth a line: a restart, a rebuilt filter, a Deployment that nobody runs. */
  notice?(message: string, severity: 'info' | 'warning' | 'error'): void
}

/** One line of the table of addresses. */
export interface DevAddress {
  readonly what: string
  readonly url: string
  readonly note?: string
}

const STOP_GRACE_MS = 4000
/** A sidecar whose workload is gone finishes what it has: five seconds of draining, and what is under way. */
const DRAIN_GRACE_MS = 10_000
const READY_TIMEOUT_MS = 60_000
const SYNC_TIMEOUT_MS = 20_000

/** The command line of this package, for children. */
const CLI = createRequire(import.meta.url).resolve('../../bin/batten.js')

/**
 * Starts a mesh on this machine and resolves when every part is ready.
 *
 * @example
 * const mesh = await startDev({ folder: 'examples/bookinfo' })
 * await fetch(`http://127.0.0.1:${mesh.gatewayPort}/productpage`)
 * await mesh.close()
 */
export async function startDev(options: DevOptions): Promise<DevMesh> {
  const mesh = new DevMesh(options, await loadProject(options.folder))
  try {
    await mesh.start()
  } catch (error) {
    await mesh.close()
    throw error
  }
  return mesh
}

function isProxy(child: Child): boolean {
  return child.spec.name === 'gateway' || child.spec.name.startsWith('sidecar ')
}

/** Ends what is left when this process is killed; see `reaper.ts`. */
function startReaper(folder: string): ChildProcess {
  const file = new URL(import.meta.url.endsWith('.ts') ? './reaper.ts' : './reaper.js', import.meta.url)
  return fork(file, [folder], { stdio: 'ignore', execArgv: [] })
}

/** A running mesh: the processes and the files that feed them. */
export class DevMesh {
  readonly project: Project
  readonly #options: DevOptions
  readonly #events: DevEvents
  readonly #clock: Clock
  readonly #run = new RunDirectory()
  readonly #reaper = startReaper(this.#run.path)
  readonly #ports = new PortPool()
  readonly #children = new Map<string, Child>()
  readonly #abort = new AbortController()
  readonly #filters: FilterBuilder
  #findings = new Map<string, DevFinding>()
  #plan: LocalPlan | undefined
  #controlPlane: ControlPlanePorts | undefined
  #tokens: DevelopmentTokens | undefined
  readonly #waiting = new Map<number, (answered: boolean) => void>()
  #questions = 0
  #applying: Promise<void> = Promise.resolve()

  constructor(options: DevOptions, project: Project) {
    this.#options = options
    this.#events = options.events ?? {}
    this.#clock = options.clock ?? systemClock
    this.project = project
    this.#filters = new FilterBuilder(project.filters, (message, severity) => this.#notice(message, severity))
  }

  get plan(): LocalPlan {
    return this.#plan!
  }

  /** Port of the first HTTP server of the gateway; 0 without a Gateway. */
  get gatewayPort(): number {
    return [...this.plan.gateway.ports.values()][0] ?? 0
  }

  get runDirectory(): string {
    return this.#run.path
  }

  /** Process ids by child name. */
  get processes(): ReadonlyMap<string, number | undefined> {
    return new Map([...this.#children].map(([name, child]) => [name, child.pid]))
  }

  async start(): Promise<void> {
    await this.#filters.buildAll()
    this.#controlPlane = {
      xds: await this.#ports.take(),
      tls: await this.#ports.take(),
      debug: await this.#ports.take(),
    }
    await this.#replan()
    await this.#ports.release()
    this.#spawn(controlPlaneCommand(CLI, this.project, this.#run, this.#controlPlane))
    await this.#until('control plane', (signal) =>
      waitForHttp(`http://127.0.0.1:${this.#controlPlane!.debug}/ready`, signal),
    )
    await this.#reconcile()
    await this.#until('proxies and workloads', (signal) => this.#allReady(signal))
    watchFolders(
      [...this.project.configPaths, ...(this.project.file ? [this.project.file] : [])],
      this.#abort.signal,
      () => this.#changed(),
    )
    this.#filters.watch(this.#abort.signal)
  }

  /** The table of addresses: gateway first. */
  addresses(): DevAddress[] {
    const { gateway, pods } = this.plan
    const admin = (port: number) => `http://127.0.0.1:${port}`
    return [
      ...[...gateway.ports].map(([server, port]) => ({
        what: 'gateway',
        url: `http://127.0.0.1:${port}${this.project.config.landingPath ?? '/'}`,
        ...(server === port ? {} : { note: `Gateway port ${server}` }),
      })),
      { what: 'gateway admin', url: admin(gateway.adminPort) },
      ...pods.map((pod) => ({
        what: `${pod.name} admin`,
        url: admin(pod.adminPort),
        note: `app on ${pod.ports.map((p) => p.appPort).join(', ')}`,
      })),
      { what: 'control plane', url: `${admin(this.#controlPlane!.debug)}/debug/list` },
    ]
  }

  /** Stops every process, newest first, and removes the run's files. Takes at most 5 s. */
  async close(): Promise<void> {
    this.#abort.abort()
    await this.#applying.catch(() => {})
    const { 'control plane': controlPlane, ...others } = Object.fromEntries(this.#children)
    // Nobody is left to drain for, so proxies end at once; the control plane goes last, so that nobody misses it.
    await Promise.all(
      Object.values(others).map((child) => child.stop(isProxy(child) ? 'SIGINT' : 'SIGTERM', STOP_GRACE_MS)),
    )
    await controlPlane?.stop('SIGTERM', STOP_GRACE_MS)
    await this.#filters.close()
    await this.#ports.release()
    this.#run.remove()
    this.#reaper.disconnect()
  }

  /** Plans again from the files as they are now, and writes what a cluster would add to them. */
  async #replan(): Promise<void> {
    const objects = readProjectObjects(this.project.configPaths)
    const wanted = this.#options.gatewayPort ?? this.project.config.gatewayPort ?? 8080
    const before = this.#plan
    this.#plan = await planMesh(
      objects,
      (name) => commandFor(this.project.config, name) !== undefined,
      wanted,
      this.#ports,
      before,
    )
    for (const [server, port] of this.#plan.gateway.ports)
      if (before === undefined && server === [...this.#plan.gateway.ports.keys()][0] && port !== wanted)
        this.#notice(`port ${wanted} is taken; the gateway listens on ${port}`, 'warning')
    for (const name of this.#plan.notRun)
      if (!before?.notRun.includes(name))
        this.#notice(`Deployment ${name} is not run: batten.config.ts has no command for it`, 'warning')
    const documents = platformObjects(this.#plan, objects).map((object) => JSON.stringify(object, null, 2))
    this.#run.write('platform/objects.yaml', documents.join('\n---\n'))
  }

  /** Starts what is planned and not running; stops what runs and is not planned. */
  async #reconcile(): Promise<void> {
    const wanted = await this.#specs()
    const names = new Set(wanted.map((spec) => spec.name))
    const gone = [...this.#children].filter(([name]) => name !== 'control plane' && !names.has(name))
    await Promise.all(
      gone.map(async ([name, child]) => {
        this.#children.delete(name)
        await child.stop('SIGTERM', DRAIN_GRACE_MS)
      }),
    )
    for (const spec of wanted) if (!this.#children.has(spec.name)) this.#spawn(spec)
  }

  async #specs(): Promise<ChildSpec[]> {
    const control = {
      tlsPort: this.#controlPlane!.tls,
      rootFile: this.#run.resolve('control-plane', 'root-cert.pem'),
    }
    const kind = this.#options.proxy ?? 'batten'
    const nodes = [gatewayNode(this.plan), ...this.plan.pods.map(sidecarNode)]
    const specs: ChildSpec[] = []
    for (const [i, node] of nodes.entries()) {
      const proxy = kind === 'mixed' ? (i % 2 === 0 ? 'batten' : 'envoy') : kind
      specs.push(proxyCommand(CLI, proxy, node, control, await this.#tokenFile(node), this.#run))
    }
    return [...specs, ...this.plan.pods.map((pod) => this.#application(pod))]
  }

  /** The service account token of a node, as the kubelet would mount it. */
  async #tokenFile(node: LocalNode): Promise<string> {
    this.#tokens ??= createDevelopmentTokens({
      directory: this.#run.resolve('control-plane', 'token-key.pem').replace(/\/[^/]+$/, ''),
    })
    const { namespace, serviceAccount } = node
    return this.#run.write(
      `nodes/${node.name}/token`,
      await this.#tokens.issue({ namespace, serviceAccount }),
    )
  }

  #application(pod: LocalPod): ChildSpec {
    const [first] = pod.ports
    const { command, cwd = '.', env } = commandFor(this.project.config, pod.deployment)!
    return {
      name: pod.name,
      command,
      cwd: resolve(this.project.root, cwd),
      env: {
        ...process.env,
        ...pod.env,
        HOST: '127.0.0.1',
        HOSTNAME: pod.name,
        ...(first && { PORT: String(first.appPort) }),
        // The program's own environment variable for a proxy; Node's http module honours it with the second one.
        HTTP_PROXY: `http://127.0.0.1:${pod.httpProxyPort}`,
        http_proxy: `http://127.0.0.1:${pod.httpProxyPort}`,
        NO_PROXY: 'localhost,127.0.0.1',
        NODE_USE_ENV_PROXY: '1',
        ...env,
      },
    }
  }

  #spawn(spec: ChildSpec): void {
    const child = new Child(
      spec,
      {
        onLine: (from, line, stream) => this.#events.output?.(from.spec.name, line, stream),
        onStart: (_, pid) => this.#reaper.send({ watch: pid }),
        onEnd: (_, pid) => this.#reaper.send({ forget: pid }),
        onMessage: (_, message) => this.#message(message),
        onCrash: (from, reason, ms) =>
          this.#notice(`${from.spec.name} ended (${reason}); it starts again in ${ms} ms`, 'error'),
      },
      this.#clock,
    )
    this.#children.set(spec.name, child)
    child.start()
  }

  /**
   * Resolves when every proxy has what the project's files say now, started and stopped workloads included. Rejects
   * after 20 s.
   */
  async synced(): Promise<void> {
    this.#changed()
    await this.#applying
    const deadline = this.#clock.monotonicMs() + SYNC_TIMEOUT_MS
    // A control plane that is just starting does not hear the first question.
    while (!(await this.#askControlPlane(1000)))
      if (this.#clock.monotonicMs() > deadline)
        throw new BattenError('CLI_NOT_SYNCED', {
          message: 'the proxies did not take over the configuration',
        })
  }

  #askControlPlane(timeoutMs: number): Promise<boolean> {
    const id = ++this.#questions
    const { promise, resolve } = Promise.withResolvers<boolean>()
    this.#waiting.set(id, resolve)
    const timer = this.#clock.setTimeout(() => resolve(false), timeoutMs)
    this.#children.get('control plane')?.send({ sync: id })
    return promise.finally(() => {
      timer.cancel()
      this.#waiting.delete(id)
    })
  }

  #message(message: unknown): void {
    if (typeof message !== 'object' || message === null) return
    if ('synced' in message) this.#waiting.get(message.synced as number)?.(true)
    if (!('findings' in message)) return
    const all = message.findings as readonly DevFinding[]
    const now = new Map(all.map((finding) => [findingKey(finding), finding]))
    const added = [...now].filter(([key]) => !this.#findings.has(key)).map(([, finding]) => finding)
    this.#findings = now
    this.#events.findings?.(added, all)
  }

  #changed(): void {
    this.#applying = this.#applying.then(async () => {
      if (this.#abort.signal.aborted) return
      try {
        await this.#replan()
        await this.#ports.release()
        await this.#reconcile()
      } catch (error) {
        this.#notice(`the change was not applied: ${errorMessage(error)}`, 'error')
      }
    })
  }

  async #allReady(signal: AbortSignal): Promise<void> {
    const { gateway, pods } = this.plan
    const admins = [gateway.adminPort, ...pods.map((pod) => pod.adminPort)]
    const apps = pods.flatMap((pod) => pod.ports.map((port) => port.appPort))
    await Promise.all([
      ...admins.map((port) => waitForHttp(`http://127.0.0.1:${port}/ready`, signal)),
      ...apps.map((port) => waitForPort(port, signal)),
    ])
  }

  async #until(what: string, wait: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const timeout = AbortSignal.timeout(READY_TIMEOUT_MS)
    try {
      await wait(AbortSignal.any([timeout, this.#abort.signal]))
    } catch (error) {
      throw new BattenError('CLI_NOT_READY', {
        message: `the ${what} did not become ready within ${READY_TIMEOUT_MS / 1000} s: ${errorMessage(error)}`,
        hint: 'run again with --verbose to see the output of every process',
      })
    }
  }

  #notice(message: string, severity: 'info' | 'warning' | 'error'): void {
    this.#events.notice?.(message, severity)
  }
}
