import { type Clock, systemClock } from './clock.ts'
import { BattenError, errorMessage } from './errors.ts'
import { type Logger, silentLogger } from './log.ts'

/** A part of a process that is started and stopped. */
export interface Component {
  readonly name: string
  /** Names of components that have to run before this one starts, and that stop after it. */
  readonly dependsOn?: readonly string[]
  /** The signal aborts when starting is given up. */
  start?(signal: AbortSignal): Promise<void> | void
  /** The signal aborts when the time to stop is over. */
  stop?(signal: AbortSignal): Promise<void> | void
}

export interface LifecycleOptions {
  readonly clock?: Clock
  readonly log?: Logger
  /** Time for each component to stop. Default: 5000 ms. */
  readonly stopTimeoutMs?: number
}

/**
 * Starts components in the order of their dependencies (independent ones at the same time) and stops them in the
 * opposite order. If one fails to start, those that run are stopped again and the error is thrown.
 *
 * @example
 * const lifecycle = new Lifecycle()
 * lifecycle.add({ name: 'admin', start: () => admin.listen(), stop: () => admin.close() })
 * lifecycle.add({ name: 'xds', dependsOn: ['admin'], start: (signal) => xds.connect(signal), stop: () => xds.close() })
 * await lifecycle.start()
 */
export class Lifecycle {
  readonly #components = new Map<string, Component>()
  readonly #running = new Set<string>()
  readonly #clock: Clock
  readonly #log: Logger
  readonly #stopTimeoutMs: number
  readonly #abort = new AbortController()
  #started: Promise<void> | undefined
  #stopped: Promise<void> | undefined

  constructor(options: LifecycleOptions = {}) {
    this.#clock = options.clock ?? systemClock
    this.#log = options.log ?? silentLogger
    this.#stopTimeoutMs = options.stopTimeoutMs ?? 5000
  }

  /** @throws BattenError `LIFECYCLE_INVALID` for a second component of that name, or once started */
  add(component: Component): void {
    if (this.#started !== undefined) throw invalid(`"${component.name}" is added after the start`)
    if (this.#components.has(component.name)) throw invalid(`there are two components "${component.name}"`)
    this.#components.set(component.name, component)
  }

  /** Names of components that run. */
  get running(): readonly string[] {
    return [...this.#running]
  }

  /**
   * Resolves when everything runs.
   *
   * @throws BattenError `LIFECYCLE_INVALID` for a dependency that is unknown or goes in a circle; else what the
   * component threw
   */
  start(): Promise<void> {
    return (this.#started ??= this.#start())
  }

  /** Stops what runs, dependents first. Never rejects: failures and time-outs are logged. Aborts a start. */
  stop(): Promise<void> {
    return (this.#stopped ??= this.#stop())
  }

  async #start(): Promise<void> {
    this.#check()
    const starts = new Map<string, Promise<void>>()
    const startOne = (name: string): Promise<void> => {
      let promise = starts.get(name)
      if (promise === undefined) {
        promise = this.#startOne(this.#components.get(name)!, startOne)
        starts.set(name, promise)
      }
      return promise
    }
    const results = await Promise.allSettled([...this.#components.keys()].map(startOne))
    // The first failure is the cause; the others are its dependents, or were aborted because of it.
    const failed = results.find((result) => result.status === 'rejected')
    if (failed === undefined) return
    await this.stop()
    throw this.#abort.signal.reason ?? failed.reason
  }

  async #startOne(component: Component, startOne: (name: string) => Promise<void>): Promise<void> {
    await Promise.all((component.dependsOn ?? []).map(startOne))
    this.#abort.signal.throwIfAborted()
    try {
      await component.start?.(this.#abort.signal)
    } catch (thrown) {
      this.#abort.abort(thrown)
      throw thrown
    }
    this.#running.add(component.name)
    this.#log.debug('started', { component: component.name })
  }

  async #stop(): Promise<void> {
    this.#abort.abort(invalid('stopped while starting'))
    const stops = new Map<string, Promise<void>>()
    const stopOne = (name: string): Promise<void> => {
      let promise = stops.get(name)
      if (promise === undefined) {
        const dependents = [...this.#components.values()].filter((other) => other.dependsOn?.includes(name))
        promise = Promise.all(dependents.map((other) => stopOne(other.name))).then(() => this.#stopOne(name))
        stops.set(name, promise)
      }
      return promise
    }
    await Promise.all([...this.#components.keys()].map(stopOne))
  }

  async #stopOne(name: string): Promise<void> {
    if (!this.#running.delete(name)) return
    const timeout = new AbortController()
    const late = new Promise<'late'>((resolve) => {
      timeout.signal.addEventListener('abort', () => resolve('late'), { once: true })
    })
    const timer = this.#clock.setTimeout(() => timeout.abort(), this.#stopTimeoutMs)
    try {
      const result = await Promise.race([this.#components.get(name)!.stop?.(timeout.signal), late])
      if (result === 'late')
        this.#log.warn('component did not stop in time', { component: name, ms: this.#stopTimeoutMs })
    } catch (thrown) {
      this.#log.error('component failed to stop', { component: name, error: errorMessage(thrown) })
    } finally {
      timer.cancel()
    }
  }

  /** Every dependency exists, and there is no circle. */
  #check(): void {
    const done = new Set<string>()
    const visit = (name: string, path: readonly string[]): void => {
      if (done.has(name)) return
      if (path.includes(name)) throw invalid(`dependencies go in a circle: ${[...path, name].join(' -> ')}`)
      for (const dependency of this.#components.get(name)!.dependsOn ?? []) {
        if (!this.#components.has(dependency))
          throw invalid(`"${name}" depends on "${dependency}", which does not exist`)
        visit(dependency, [...path, name])
      }
      done.add(name)
    }
    for (const name of this.#components.keys()) visit(name, [])
  }
}

function invalid(message: string): BattenError {
  return new BattenError('LIFECYCLE_INVALID', { message })
}
