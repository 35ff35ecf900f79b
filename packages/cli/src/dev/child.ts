import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { type Clock, systemClock, type Timer } from '@batten/core'
import { onLines } from './lines.ts'

export interface ChildSpec {
  /** As in the table and in messages: `sidecar reviews-v1`. */
  readonly name: string
  readonly command: readonly [string, ...string[]]
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
}

export interface ChildEvents {
  /** One line of its output. */
  onLine?(child: Child, line: string, stream: 'stdout' | 'stderr'): void
  /** A message over the IPC channel. */
  onMessage?(child: Child, message: unknown): void
  /** It runs; called again after each restart. */
  onStart?(child: Child, pid: number): void
  /** The process is gone, whatever the reason. */
  onEnd?(child: Child, pid: number): void
  /** It ended without being asked to; it starts again after `restartInMs`. */
  onCrash?(child: Child, reason: string, restartInMs: number): void
}

const MIN_BACKOFF_MS = 100
const MAX_BACKOFF_MS = 5000
/** A child that lived this long starts again at once when it dies. */
const STABLE_MS = 10_000

/**
 * One operating-system process that is kept running: a crash is reported and it starts again, with a growing pause.
 * It has an IPC channel, so that it notices when this process is gone, however that happened.
 *
 * As in a container, it is the first process of a group: it alone is asked to end, and what it has started goes when it
 * does. Signals of the terminal, which go to the group of this process, do not reach it.
 */
export class Child {
  readonly spec: ChildSpec
  readonly #events: ChildEvents
  readonly #clock: Clock
  #process: ChildProcess | undefined
  #stopping = false
  #backoffMs = MIN_BACKOFF_MS
  #startedAt = 0
  #restart: Timer | undefined
  #exited: Promise<void> = Promise.resolve()
  restarts = 0

  constructor(spec: ChildSpec, events: ChildEvents, clock: Clock = systemClock) {
    this.spec = spec
    this.#events = events
    this.#clock = clock
  }

  get pid(): number | undefined {
    return this.#process?.pid
  }

  start(): void {
    const [program, ...args] = this.spec.command
    const child = spawn(program === 'node' ? process.execPath : program, args, {
      cwd: this.spec.cwd,
      env: this.spec.env as NodeJS.ProcessEnv,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      detached: true,
    })
    this.#process = child
    const { pid } = child
    if (pid !== undefined) this.#events.onStart?.(this, pid)
    this.#startedAt = this.#clock.monotonicMs()
    child.on('message', (message) => this.#events.onMessage?.(this, message))
    for (const stream of ['stdout', 'stderr'] as const)
      onLines(child[stream]!, (line) => this.#events.onLine?.(this, line, stream))
    this.#exited = new Promise((resolve) => {
      const ended = (reason: string) => {
        if (this.#process !== child) return
        this.#process = undefined
        if (pid !== undefined) {
          killGroup(pid)
          this.#events.onEnd?.(this, pid)
        }
        resolve()
        if (!this.#stopping) this.#crashed(reason)
      }
      child.once('error', (error) => ended(startProblem(error, this.spec)))
      child.once('exit', (code, signal) => ended(signal === null ? `exit code ${code}` : `signal ${signal}`))
    })
  }

  send(message: object): void {
    if (this.#process?.connected) this.#process.send(message, () => {})
  }

  /** Ends it the hard way; it starts again, as after a crash. */
  kill(): void {
    if (this.pid !== undefined) killGroup(this.pid)
  }

  /** Asks it to end; kills it, and what it has started, after `graceMs`. Resolves when it is gone. */
  async stop(signal: NodeJS.Signals, graceMs: number): Promise<void> {
    this.#stopping = true
    this.#restart?.cancel()
    const child = this.#process
    if (child === undefined) return
    child.kill(signal)
    const kill = setTimeout(() => this.kill(), graceMs)
    await this.#exited
    clearTimeout(kill)
  }

  #crashed(reason: string): void {
    if (this.#clock.monotonicMs() - this.#startedAt > STABLE_MS) this.#backoffMs = MIN_BACKOFF_MS
    const delay = this.#backoffMs
    this.#backoffMs = Math.min(this.#backoffMs * 2, MAX_BACKOFF_MS)
    this.restarts++
    this.#events.onCrash?.(this, reason, delay)
    this.#restart = this.#clock.setTimeout(() => this.start(), delay)
  }
}

/** Ends a process and all that it has started, as far as that is there and has not left its group. */
function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL')
  } catch {
    // Nobody is left.
  }
}

/** Why a program did not even start. The system has one code for a program and for a folder that are not there. */
function startProblem(error: NodeJS.ErrnoException, { command, cwd }: ChildSpec): string {
  if (error.code === 'EACCES') return `${command[0]} is no program that may be run`
  if (error.code !== 'ENOENT') return error.message
  return existsSync(cwd)
    ? `there is no program ${JSON.stringify(command[0])} on the PATH`
    : `its folder ${cwd} does not exist`
}
