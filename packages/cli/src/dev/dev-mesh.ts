import { createRequire } from 'node:module'
import { setTimeout as sleep } from 'node:timers/promises'
import { createDevelopmentTokens, type DevelopmentTokens } from '@batten/control-plane'
import { BattenError, type Clock, errorMessage, systemClock } from '@batten/core'
import {
  gatewayNode,
  type LocalNode,
  type LocalPlan,
  type LocalPod,
  MAX_REPLICAS,
  PortPool,
  planMesh,
  platformObjects,
  sidecarNode,
} from '@batten/testing/local-platform'
import { commandFor } from '../config/define-config.ts'
import { loadProject, type Project } from '../config/load-config.ts'
import { applicationCommand } from './application-command.ts'
import { Child, type ChildSpec } from './child.ts'
import { type ControlPlanePorts, controlPlaneCommand } from './control-plane-command.ts'
import type { DevAddress, DevEvents, DevOptions, NoticeSeverity } from './dev-options.ts'
import { FilterBuilder } from './filter-builder.ts'
import { type DevFinding, findingKey } from './findings.ts'
import { type LivenessTarget, LivenessWatch } from './liveness.ts'
import { appPortsOf, lackOf, untilReady } from './pod-readiness.ts'
import { PodSet, type PodSpecs, podKey, podTitle } from './pod-set.ts'
import { ProjectModel } from './project-model.ts'
import { proxyCommand, proxyName, requireEnvoy } from './proxy-command.ts'
import { ReaperProcess } from './reaper-process.ts'
import { RunDirectory } from './run-directory.ts'
import { SyncQuestions } from './sync-questions.ts'
import { missingListeners, probeHttp, waitForHttp } from './wait.ts'
import { FileWatch } from './watch.ts'

export type { DevAddress, DevEvents, DevOptions, NoticeSeverity } from './dev-options.ts'

/** Proxies and workloads first, then the control plane: together below the 5 s that stopping may take. */
const STOP_GRACE_MS = 3000
const CONTROL_PLANE_GRACE_MS = 1000
/** A sidecar whose workload is gone finishes what it has: five seconds of draining, and what is under way. */
const DRAIN_GRACE_MS = 10_000
const READY_TIMEOUT_MS = 60_000
const SYNC_TIMEOUT_MS = 20_000
/** When somebody who waits for applications wants to know which ones, and when the mesh starts without them. */
const SLOW_APPLICATION_MS = 4000
const APPLICATION_TIMEOUT_MS = 15_000
/** How often the gateway is given other ports because somebody else was faster. */
const GATEWAY_ATTEMPTS = 3

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

/** How long a pod that goes waits for the proxies to know. */
const RETIRE_SYNC_MS = 10_000
/** How long it goes on for requests that it already has. */
const LINGER_MS = 1000
/** How long a proxy may take to say whether it is ready, before that counts as no answer. */
const PROBE_TIMEOUT_MS = 5000

function isProxy(child: Child): boolean {
  return child.spec.name === 'gateway' || child.spec.name.startsWith('sidecar ')
}

function shortList(names: readonly string[]): string {
  const more = names.length > 3 ? ` and ${names.length - 3} more` : ''
  return `${names.slice(0, 3).join(', ')}${more}`
}

/** A running mesh: the processes and the files that feed them. */
export class DevMesh {
  #project: Project
  readonly #model: ProjectModel
  readonly #pods: PodSet
  readonly #options: DevOptions
  readonly #events: DevEvents
  readonly #clock: Clock
  readonly #run = new RunDirectory()
  readonly #reaper = new ReaperProcess(this.#run.path)
  readonly #ports = new PortPool()
  readonly #children = new Map<string, Child>()
  /** Processes of pods that are being replaced. */
  readonly #ending = new Set<Child>()
  readonly #abort = new AbortController()
  readonly #sync: SyncQuestions
  readonly #filters: FilterBuilder
  readonly #configFiles = new FileWatch(this.#abort.signal, () => void this.#reload())
  #findings = new Map<string, DevFinding>()
  #plan: LocalPlan | undefined
  #controlPlane: ControlPlanePorts | undefined
  #tokens: DevelopmentTokens | undefined
  #applying: Promise<void> = Promise.resolve()
  #platform = ''
  #isStarted = false
  /** Titles of pods that were ready at some time. */
  readonly #wereReady = new Set<string>()
  /** Objects that changed since somebody was told that every proxy has them, or no one any more. */
  readonly #untold = new Map<string, 'has' | 'lacks'>()
  #isTelling = false
  readonly #toldNotRun = new Set<string>()

  constructor(options: DevOptions, project: Project) {
    this.#options = options
    this.#events = options.events ?? {}
    this.#clock = options.clock ?? systemClock
    this.#project = project
    options.signal?.addEventListener('abort', () => this.#abort.abort(), { once: true })
    this.#sync = new SyncQuestions(
      (message) => this.#children.get('control plane')?.send(message),
      this.#clock,
      this.#abort.signal,
    )
    this.#model = new ProjectModel(project.configPaths)
    this.#pods = new PodSet({
      specsOf: (pod) => this.#specsOf(pod),
      spawn: (spec, crashed) => this.#spawn(spec, crashed),
      stop: (child) => this.#stop(child),
      untilReady: (pod, signal) => untilReady(pod, signal),
      cameUp: (pod) => void this.#cameUp(pod),
      changed: () => this.#podsChanged(),
      served: () => this.#sync.askUntil(this.#clock.monotonicMs() + RETIRE_SYNC_MS).then(() => {}),
      linger: () => sleep(LINGER_MS, undefined, { signal: this.#abort.signal }).catch(() => {}),
    })
    this.#filters = new FilterBuilder(project.filters, (message, severity) => this.#notice(message, severity))
  }

  get project(): Project {
    return this.#project
  }

  get plan(): LocalPlan {
    return this.#plan!
  }

  /** Port of the first HTTP server of the gateway; 0 without a Gateway. */
  get gatewayPort(): number {
    return [...this.plan.gateway.ports.values()][0] ?? 0
  }

  /** Pods whose application does not take requests, by the names of the table. */
  get late(): readonly string[] {
    return this.#pods.late.map(podTitle)
  }

  get runDirectory(): string {
    return this.#run.path
  }

  /** Process ids by child name. */
  get processes(): ReadonlyMap<string, number | undefined> {
    return new Map([...this.#children].map(([name, child]) => [name, child.pid]))
  }

  async start(): Promise<void> {
    if ((this.#options.proxy ?? 'batten') !== 'batten') requireEnvoy()
    await this.#filters.buildAll()
    this.#abort.signal.throwIfAborted()
    this.#controlPlane = {
      xds: await this.#ports.take(),
      tls: await this.#ports.take(),
      debug: await this.#ports.take(),
    }
    await this.#model.start((saved, removed) => {
      this.#changed()
      for (const name of saved) this.#untold.set(name, 'has')
      for (const name of removed) this.#untold.set(name, 'lacks')
      void this.#tellServed()
    })
    await this.#replan()
    await this.#ports.release()
    this.#spawn(controlPlaneCommand(CLI, this.project, this.#run, this.#controlPlane))
    await this.#until('control plane', (signal) =>
      waitForHttp(`http://127.0.0.1:${this.#controlPlane!.debug}/ready`, signal),
    )
    this.#spawn(await this.#proxySpec(gatewayNode(this.plan), 0))
    await this.#pods.want(this.plan.pods)
    await this.#until('proxies', (signal) => this.#proxiesReady(signal))
    await this.#gatewayListens()
    await this.#applicationsReady()
    await this.#sync.ask(SYNC_TIMEOUT_MS)
    this.#abort.signal.throwIfAborted()
    this.#isStarted = true
    this.#configFiles.add(this.project.sources)
    this.#filters.watch(this.#abort.signal)
    new LivenessWatch().start(
      () => this.#proxies(),
      (url) => probeHttp(url, PROBE_TIMEOUT_MS),
      ({ name }) =>
        this.#notice(`${name} does not answer any more; a filter that loops would do that`, 'error'),
      this.#clock,
      this.#abort.signal,
    )
  }

  #proxies(): LivenessTarget[] {
    const nodes = [gatewayNode(this.plan), ...this.#pods.pods.map(sidecarNode)]
    return nodes.flatMap((node) => {
      const name = proxyName(node)
      const child = this.#children.get(name)
      const url = `http://127.0.0.1:${node.adminPort}/ready`
      return child === undefined ? [] : [{ name, url, kill: () => child.kill() }]
    })
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
        what: `${podTitle(pod)} admin`,
        url: admin(pod.adminPort),
        note: appPortsOf(pod),
      })),
      { what: 'control plane', url: `${admin(this.#controlPlane!.debug)}/debug/list` },
    ]
  }

  /** Stops every process, newest first, and removes the run's files. Takes at most 5 s. */
  async close(): Promise<void> {
    this.#abort.abort()
    const ended = [this.#model.close(), this.#pods.close(), this.#filters.close()]
    const { 'control plane': controlPlane, ...others } = Object.fromEntries(this.#children)
    // Nobody is left to drain for, so proxies end at once; the control plane goes last, so that nobody misses it.
    await Promise.all(
      [...Object.values(others), ...this.#ending].map((child) =>
        child.stop(isProxy(child) ? 'SIGINT' : 'SIGTERM', STOP_GRACE_MS),
      ),
    )
    await controlPlane?.stop('SIGTERM', CONTROL_PLANE_GRACE_MS)
    await this.#applying.catch(() => {})
    await Promise.all(ended)
    await this.#ports.release()
    this.#run.remove()
    this.#reaper.close()
  }

  /** Ends what {@link DevMesh.close} is waiting for, at once. */
  kill(): void {
    for (const child of [...this.#children.values(), ...this.#ending]) child.kill()
  }

  /** What the end of a mesh that is being closed waits for; the control plane waits itself. */
  get ending(): readonly string[] {
    const running = [...this.#children.values(), ...this.#ending].filter(({ pid }) => pid !== undefined)
    const names = running.map(({ spec }) => spec.name)
    return names.length > 1 ? names.filter((name) => name !== 'control plane') : names
  }

  /** Plans again from the files as they are now. */
  async #replan(): Promise<void> {
    const wanted = this.#options.gatewayPort ?? this.project.config.gatewayPort ?? 8080
    const before = this.#plan
    const runs = (name: string) => commandFor(this.project.config, name) !== undefined
    const known = before && { ...before, pods: this.#pods.pods }
    this.#plan = await planMesh(this.#model.objects, runs, wanted, this.#ports, known)
    this.#tellPlan(before, wanted)
    this.#writePlatform()
  }

  /** Says what a plan does otherwise than its files ask. */
  #tellPlan(before: LocalPlan | undefined, wanted: number): void {
    const { gateway, notRun, limited } = this.plan
    const [first] = gateway.ports
    if (before?.gateway.ports.size !== gateway.ports.size && first !== undefined)
      if (wanted !== 0 && first[1] !== wanted)
        this.#notice(`port ${wanted} is taken; the gateway listens on ${first[1]}`, 'warning')
    if (this.#model.objects.length === 0 && before === undefined)
      this.#notice(`there is no configuration in ${this.project.configPaths.join(', ')} yet`, 'warning')
    else if (first === undefined && (before === undefined || before.gateway.ports.size > 0))
      this.#notice('there is no Gateway: nothing listens for requests from outside of the mesh', 'warning')
    for (const name of notRun)
      if (!before?.notRun.includes(name))
        this.#notice(`Deployment ${name} is not run: batten.config.ts has no command for it`, 'warning')
    for (const name of this.#model.otherWorkloads)
      if (!this.#toldNotRun.has(name)) {
        this.#toldNotRun.add(name)
        this.#notice(`${name} is not run: batten dev runs Deployments`, 'warning')
      }
    for (const name of limited)
      if (!before?.limited.includes(name))
        this.#notice(
          `Deployment ${name} is run with ${MAX_REPLICAS} replicas, the most on one machine`,
          'warning',
        )
  }

  /** Writes what a cluster would add to the project's objects: for pods that run, are about to start, or leave. */
  #writePlatform(): void {
    if (this.#plan === undefined || this.#abort.signal.aborted) return
    const known = [...this.#plan.pods, ...this.#pods.pods, ...this.#pods.leaving]
    const pods = new Map(known.map((pod) => [podKey(pod), pod]))
    const documents = platformObjects(
      { ...this.#plan, pods: [...pods.values()] },
      this.#model.objects,
      (pod) => this.#pods.isReady(pod),
    ).map((object) => JSON.stringify(object, null, 2))
    const text = documents.join('\n---\n')
    if (text !== this.#platform) this.#run.write('platform/objects.yaml', text)
    this.#platform = text
  }

  #podsChanged(): void {
    try {
      this.#writePlatform()
    } catch (error) {
      this.#notice(`the mesh is not told which pods are ready: ${errorMessage(error)}`, 'error')
    }
  }

  async #specsOf(pod: LocalPod): Promise<PodSpecs> {
    const index = this.plan.pods.findIndex((other) => podKey(other) === podKey(pod))
    return {
      sidecar: await this.#proxySpec(sidecarNode(pod), index + 1),
      application: applicationCommand(
        pod,
        commandFor(this.project.config, pod.deployment)!,
        this.project.root,
      ),
    }
  }

  async #proxySpec(node: LocalNode, index: number): Promise<ChildSpec> {
    const control = {
      tlsPort: this.#controlPlane!.tls,
      rootFile: this.#run.resolve('control-plane', 'root-cert.pem'),
    }
    const kind = this.#options.proxy ?? 'batten'
    const proxy = kind === 'mixed' ? (index % 2 === 0 ? 'batten' : 'envoy') : kind
    return proxyCommand(CLI, proxy, node, control, await this.#tokenFile(node), this.#run)
  }

  /** The service account token of a node, as the kubelet would mount it. */
  async #tokenFile(node: LocalNode): Promise<string> {
    this.#tokens ??= createDevelopmentTokens({
      directory: this.#run.resolve('control-plane', 'token-key.pem').replace(/\/[^/]+$/, ''),
    })
    const { namespace, serviceAccount } = node
    return this.#run.write(
      `nodes/${podTitle(node)}/token`,
      await this.#tokens.issue({ namespace, serviceAccount }),
    )
  }

  #spawn(spec: ChildSpec, crashed?: () => void): Child {
    const child = new Child(
      spec,
      {
        onLine: (from, line, stream) => this.#events.output?.(from.spec.name, line, stream),
        onStart: (_, pid) => this.#reaper.watch(pid),
        onEnd: (_, pid) => this.#reaper.forget(pid),
        onMessage: (_, message) => this.#message(message),
        onCrash: (from, reason, ms) => {
          this.#notice(`${from.spec.name} ended (${reason}); it starts again in ${ms} ms`, 'error')
          ;(crashed ?? (() => void this.#tellReady(from)))()
        },
      },
      this.#clock,
    )
    this.#children.set(spec.name, child)
    child.start()
    return child
  }

  /** Says when the gateway or the control plane is back. */
  async #tellReady({ spec: { name } }: Child): Promise<void> {
    const port = name === 'gateway' ? this.plan.gateway.adminPort : this.#controlPlane!.debug
    try {
      await waitForHttp(`http://127.0.0.1:${port}/ready`, this.#abort.signal)
      this.#notice(`${name} is ready again`, 'success')
    } catch {
      // Everything ends.
    }
  }

  /** Ends one process of a mesh that goes on. */
  async #stop(child: Child): Promise<void> {
    if (this.#children.get(child.spec.name) === child) this.#children.delete(child.spec.name)
    this.#ending.add(child)
    await child.stop('SIGTERM', DRAIN_GRACE_MS)
    this.#ending.delete(child)
  }

  /**
   * Resolves when every proxy has what the project's files say now, started and stopped workloads included. Rejects
   * after 20 s.
   */
  async synced(): Promise<void> {
    const deadline = this.#clock.monotonicMs() + SYNC_TIMEOUT_MS
    await this.#model.refresh()
    this.#changed()
    await this.#applying
    await this.#settledBefore(deadline)
    if (!(await this.#sync.askUntil(deadline)))
      throw new BattenError('CLI_NOT_SYNCED', {
        message: 'the proxies did not take over the configuration',
      })
  }

  /** Says that what was saved is in force. A proxy that refuses it is a finding, and there is nothing more to say. */
  async #tellServed(): Promise<void> {
    if (this.#isTelling || this.#untold.size === 0) return
    this.#isTelling = true
    const findings = this.#findings
    await this.#applying
    const isServed = await this.#sync.askUntil(this.#clock.monotonicMs() + SYNC_TIMEOUT_MS)
    const untold = [...this.#untold]
    this.#untold.clear()
    this.#isTelling = false
    const isBad = [...this.#findings].some(
      ([key, { severity }]) => severity === 'error' && !findings.has(key),
    )
    if (isBad || this.#abort.signal.aborted || !this.#isStarted) return
    const names = (state: string) => shortList(untold.filter((one) => one[1] === state).map(([name]) => name))
    const [saved, removed] = [names('has'), names('lacks')]
    const told = [saved && `every proxy has ${saved}`, removed && `no proxy has ${removed} any more`]
    if (isServed) this.#notice(told.filter(Boolean).join('; '), 'success')
    else this.#notice('not every proxy has what was saved; see /debug/syncz of the control plane', 'warning')
  }

  /** Resolves when every pod that is wanted is ready, or at the deadline. */
  async #settledBefore(deadline: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = this.#clock.setTimeout(resolve, Math.max(0, deadline - this.#clock.monotonicMs()))
    await Promise.race([this.#pods.settled(), promise])
    timer.cancel()
  }

  #message(message: unknown): void {
    if (typeof message !== 'object' || message === null) return
    if ('synced' in message) this.#sync.answered(message.synced)
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
        await this.#pods.want(this.plan.pods)
      } catch (error) {
        this.#notice(`the change was not applied: ${errorMessage(error)}`, 'error')
      }
    })
  }

  /** Takes over which command runs which Deployment; what else the file says needs another start. */
  async #reload(): Promise<void> {
    let project: Project
    try {
      project = await loadProject(this.#project.root)
      if (project.file !== this.#project.file)
        throw new Error(
          `${this.#project.file} is ${project.file === undefined ? 'gone' : 'another file now'}`,
        )
    } catch (error) {
      this.#notice(`${errorMessage(error)}; the mesh goes on with what it said before`, 'error')
      return
    }
    this.#configFiles.add(project.sources)
    const rest = ({ configPaths, filters, config: { gatewayPort } }: Project) =>
      JSON.stringify([configPaths, filters, gatewayPort])
    if (rest(project) !== rest(this.#project))
      this.#notice(
        'start batten dev again for other folders, filters or ports of batten.config.ts',
        'warning',
      )
    this.#project = {
      ...this.#project,
      config: { ...this.#project.config, workloads: project.config.workloads ?? {} },
    }
    this.#changed()
  }

  async #proxiesReady(signal: AbortSignal): Promise<void> {
    const { gateway, pods } = this.plan
    const ports = [gateway.adminPort, ...pods.map(({ adminPort }) => adminPort)]
    await Promise.all(ports.map((port) => waitForHttp(`http://127.0.0.1:${port}/ready`, signal)))
  }

  /** Somebody may take a port between the moment when it was found free and the one when the gateway wants it. */
  async #gatewayListens(): Promise<void> {
    for (let attempt = 0; attempt < GATEWAY_ATTEMPTS; attempt++) {
      await this.#sync.ask(SYNC_TIMEOUT_MS)
      const { adminPort, ports } = this.plan.gateway
      const taken = await missingListeners(adminPort, [...ports.values()], this.#abort.signal)
      if (taken.length === 0 || this.#abort.signal.aborted) return
      const kept = new Map([...ports].filter(([, port]) => !taken.includes(port)))
      this.#plan = { ...this.plan, gateway: { adminPort, ports: kept } }
      await this.#replan()
      await this.#ports.release()
    }
  }

  /** Waits for the applications, and says which ones it waits for; the mesh starts without those that do not come up. */
  async #applicationsReady(): Promise<void> {
    const start = this.#clock.monotonicMs()
    await this.#settledBefore(start + SLOW_APPLICATION_MS)
    for (const pod of this.#pods.late) this.#notice(`waiting for ${await lackOf(pod)}`, 'info')
    await this.#settledBefore(start + APPLICATION_TIMEOUT_MS)
    if (this.#abort.signal.aborted) return
    for (const pod of this.#pods.late)
      this.#notice(`${await lackOf(pod)}; the mesh starts without it`, 'warning')
  }

  /** A pod takes requests that was not there, or not well, when the mesh had started: said when every proxy knows. */
  async #cameUp(pod: LocalPod): Promise<void> {
    const title = podTitle(pod)
    const wasThere = this.#wereReady.has(title)
    this.#wereReady.add(title)
    if (!this.#isStarted || !(await this.#sync.askUntil(this.#clock.monotonicMs() + SYNC_TIMEOUT_MS))) return
    if (!this.#pods.isReady(pod)) return
    this.#notice(
      `${title} is ready${wasThere ? ' again' : `; its admin page is http://127.0.0.1:${pod.adminPort}`}`,
      'success',
    )
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

  #notice(message: string, severity: NoticeSeverity): void {
    this.#events.notice?.(message, severity)
  }
}
