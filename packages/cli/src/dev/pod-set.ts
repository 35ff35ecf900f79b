import type { LocalPod } from '@batten/testing/local-platform'
import type { Child, ChildSpec } from './child.ts'

/** The processes of a pod. */
export interface PodSpecs {
  readonly sidecar: ChildSpec
  readonly application: ChildSpec
}

/** What a {@link PodSet} needs of the mesh around it. */
export interface PodSetHost {
  specsOf(pod: LocalPod): Promise<PodSpecs>
  /** Starts a process; `crashed` is called whenever it ends by itself. */
  spawn(spec: ChildSpec, crashed: () => void): Child
  /** Ends a process and forgets it. */
  stop(child: Child): Promise<void>
  /** Resolves when a pod takes requests; rejects when the signal aborts. */
  untilReady(pod: LocalPod, signal: AbortSignal): Promise<void>
  /** A pod takes requests: a new one, or one that a process of had ended. */
  cameUp?(pod: LocalPod): void
  /** Other pods run or leave, or other ones are ready: the mesh has to be told. */
  changed(): void
  /** Resolves when every proxy knows what {@link PodSetHost.changed} told. */
  served(): Promise<void>
  /** Resolves after the time that a pod nobody is sent to any more gets for what it has. */
  linger(): Promise<void>
}

interface RunningPod {
  readonly pod: LocalPod
  isReady: boolean
  sidecar: Child
  application: Child
  probe: AbortController
}

/** Key of a pod: namespaces may have pods of the same name. */
export function podKey({ namespace, name }: Pick<LocalPod, 'namespace' | 'name'>): string {
  return `${namespace}/${name}`
}

/** What a pod is called in messages and tables: its name, with the namespace unless that is `default`. */
export function podTitle({ namespace, name }: Pick<LocalPod, 'namespace' | 'name'>): string {
  return namespace === 'default' ? name : `${name}.${namespace}`
}

/**
 * The pods that run, changed towards the pods that are wanted as a Deployment would: a new pod gets requests when it is
 * ready; an old one goes when those that replace it are, so a change that does not start keeps the pods of before.
 */
export class PodSet {
  readonly #host: PodSetHost
  readonly #running = new Map<string, RunningPod>()
  /** Pods that nobody is sent to any more, with what resolves when their processes are gone. */
  readonly #leaving = new Map<string, { readonly pod: LocalPod; readonly gone: Promise<void> }>()
  #wanted = new Map<string, LocalPod>()
  #waiters: (() => void)[] = []
  #isClosed = false

  constructor(host: PodSetHost) {
    this.#host = host
  }

  /** Pods with processes, those included that are about to be replaced. */
  get pods(): readonly LocalPod[] {
    return [...this.#running.values()].map(({ pod }) => pod)
  }

  /** Pods that finish what they have. They need their configuration until their processes are gone. */
  get leaving(): readonly LocalPod[] {
    return [...this.#leaving.values()].map(({ pod }) => pod)
  }

  isReady(pod: LocalPod): boolean {
    return this.#running.get(podKey(pod))?.isReady ?? false
  }

  /** Pods that are wanted and do not take requests. */
  get late(): readonly LocalPod[] {
    return [...this.#wanted.values()].filter((pod) => !this.isReady(pod))
  }

  /** Every wanted pod is ready, and nothing else runs. */
  get isSettled(): boolean {
    if (this.#leaving.size > 0 || this.#running.size !== this.#wanted.size) return false
    return this.late.length === 0
  }

  /** Resolves when {@link isSettled}, or when the set is closed. */
  async settled(): Promise<void> {
    while (!this.isSettled && !this.#isClosed)
      await new Promise<void>((resolve) => this.#waiters.push(resolve))
  }

  /** Starts what is wanted and does not run; what is not wanted any more goes when its successors are ready. */
  async want(pods: readonly LocalPod[]): Promise<void> {
    this.#wanted = new Map(pods.map((pod) => [podKey(pod), pod]))
    for (const pod of pods) {
      // Two proxies of one name would be given the same ports.
      await this.#leaving.get(podKey(pod))?.gone
      const specs = await this.#host.specsOf(pod)
      if (this.#isClosed) return
      const running = this.#running.get(podKey(pod))
      if (running === undefined) this.#start(pod, specs)
      else await this.#replaceChanged(running, specs)
    }
    this.#host.changed()
    this.#retireReplaced()
  }

  /** Stops probing. The processes are the host's to end. */
  async close(): Promise<void> {
    this.#isClosed = true
    for (const { probe } of this.#running.values()) probe.abort()
    this.#wake()
    await Promise.all([...this.#leaving.values()].map(({ gone }) => gone))
  }

  #start(pod: LocalPod, specs: PodSpecs): void {
    const running: RunningPod = {
      pod,
      isReady: false,
      sidecar: this.#host.spawn(specs.sidecar, () => this.#crashed(running)),
      application: this.#host.spawn(specs.application, () => this.#crashed(running)),
      probe: new AbortController(),
    }
    this.#running.set(podKey(pod), running)
    this.#probe(running)
  }

  /** Another command for the same pod: its process is started again. */
  async #replaceChanged(running: RunningPod, specs: PodSpecs): Promise<void> {
    for (const part of ['sidecar', 'application'] as const) {
      if (JSON.stringify(running[part].spec) === JSON.stringify(specs[part])) continue
      running.isReady = false
      await this.#host.stop(running[part])
      if (this.#isClosed) return
      running[part] = this.#host.spawn(specs[part], () => this.#crashed(running))
      this.#probe(running)
    }
  }

  #crashed(running: RunningPod): void {
    if (this.#running.get(podKey(running.pod)) !== running || this.#isClosed) return
    running.isReady = false
    this.#host.changed()
    this.#probe(running)
  }

  #probe(running: RunningPod): void {
    running.probe.abort()
    const probe = new AbortController()
    running.probe = probe
    this.#host.untilReady(running.pod, probe.signal).then(
      () => {
        if (probe.signal.aborted) return
        running.isReady = true
        this.#host.changed()
        this.#host.cameUp?.(running.pod)
        this.#retireReplaced()
        this.#wake()
      },
      // Only when it was told to stop.
      () => {},
    )
  }

  /** Ends the pods that nobody wants, unless their Deployment waits for others to become ready. */
  #retireReplaced(): void {
    const isWaiting = (old: LocalPod) =>
      [...this.#wanted.values()].some(
        (pod) => pod.namespace === old.namespace && pod.deployment === old.deployment && !this.isReady(pod),
      )
    const gone = [...this.#running].filter(([key, { pod }]) => !this.#wanted.has(key) && !isWaiting(pod))
    if (gone.length === 0) return
    const { promise, resolve } = Promise.withResolvers<void>()
    for (const [key, { pod, probe }] of gone) {
      this.#running.delete(key)
      this.#leaving.set(key, { pod, gone: promise })
      probe.abort()
    }
    this.#retire(gone.map(([, running]) => running)).finally(() => {
      for (const [key] of gone) this.#leaving.delete(key)
      this.#host.changed()
      resolve()
      this.#wake()
    })
  }

  /**
   * Nobody is sent there any more before the sidecars drain; the applications go last. Until then the mesh knows the
   * pods, as a cluster does: a proxy whose pod is forgotten loses the listeners that others still send to.
   */
  async #retire(gone: readonly RunningPod[]): Promise<void> {
    this.#host.changed()
    await this.#host.served().catch(() => {})
    // Requests that were on their way to it may still need others: their sidecar goes on a little.
    await this.#host.linger()
    await Promise.all(
      gone.map(async ({ sidecar, application }) => {
        await this.#host.stop(sidecar)
        await this.#host.stop(application)
      }),
    )
  }

  #wake(): void {
    for (const waiter of this.#waiters.splice(0)) waiter()
  }
}
