import type { Clock, Logger, Timer } from '@batten/core'
import type { ServerState } from '../admin/handler.ts'
import type { DynamicConfig } from '../xds/dynamic-config.ts'
import { closedGates, type Gate, whenAllOpen } from '../xds/warming.ts'
import type { XdsClient } from '../xds/xds-client.ts'

/** How often the log says what is waited for. */
const REPORT_MS = 5000

/** Whether a proxy may get traffic, and if not, why. */
export class Readiness {
  readonly #config: DynamicConfig
  readonly #ads: () => XdsClient | undefined
  readonly #clock: Clock
  readonly #log: Logger
  /** Gates beside those of the configuration: static listeners. */
  readonly #others: Gate[] = []
  #healthy = true
  #draining = false
  #report: Timer | undefined
  #cancel = () => {}
  readonly #live = Promise.withResolvers<void>()

  constructor(config: DynamicConfig, ads: () => XdsClient | undefined, clock: Clock, log: Logger) {
    this.#config = config
    this.#ads = ads
    this.#clock = clock
    this.#log = log
  }

  /** Resolves when the proxy is live for the first time. */
  get live(): Promise<void> {
    return this.#live.promise
  }

  /** Something else that must be there before the proxy is live. */
  add(gate: Gate): void {
    this.#others.push(gate)
  }

  /** Starts to wait, and to tell the log about it. */
  start(): void {
    const { clusters, listeners } = this.#config
    this.#report = this.#clock.setInterval(() => {
      this.#log.warn('not ready', { waitingFor: this.waitingFor() })
    }, REPORT_MS)
    this.#cancel = whenAllOpen([clusters.ready, listeners.ready, ...this.#others], () => {
      this.#report?.cancel()
      this.#log.info('all dependencies initialized; the proxy is live')
      this.#live.resolve()
    })
  }

  get state(): ServerState {
    const { clusters, listeners } = this.#config
    if (!clusters.ready.isOpen) return 'PRE_INITIALIZING'
    if (closedGates([listeners.ready, ...this.#others]).length > 0) return 'INITIALIZING'
    return this.#healthy && !this.#draining ? 'LIVE' : 'DRAINING'
  }

  set healthy(healthy: boolean) {
    this.#healthy = healthy
  }

  set draining(draining: boolean) {
    this.#draining = draining
  }

  waitingFor(): string[] {
    const reasons: string[] = []
    const ads = this.#ads()
    const state = ads?.state
    if (ads !== undefined && state !== undefined && state.kind !== 'connected') {
      const server = `the management server ${JSON.stringify(ads.cluster)}`
      if (state.kind === 'backing-off') reasons.push(`${server}, which cannot be reached: ${state.error}`)
      else reasons.push(state.kind === 'waiting' ? `${state.for}, to connect to ${server}` : server)
    }
    reasons.push(...this.#config.waitingFor())
    for (const gate of closedGates(this.#others))
      if (!reasons.some((reason) => reason.startsWith(gate.label))) reasons.push(gate.label)
    return reasons
  }

  close(): void {
    this.#report?.cancel()
    this.#cancel()
  }
}
