import { type ChildProcess, fork } from 'node:child_process'

/** How often a reaper that is gone is replaced; the mesh runs without one as well. */
const MAX_STARTS = 10

/** Ends what is left when this process is killed, alone or with its whole group; see `reaper.ts`. */
export class ReaperProcess {
  readonly #folder: string
  readonly #watched = new Set<number>()
  #process: ChildProcess
  #starts = 0
  #isClosed = false

  /** @param folder - removed in the end */
  constructor(folder: string) {
    this.#folder = folder
    this.#process = this.#start()
  }

  get pid(): number | undefined {
    return this.#process.pid
  }

  watch(pid: number): void {
    this.#watched.add(pid)
    this.#send({ watch: pid })
  }

  forget(pid: number): void {
    this.#watched.delete(pid)
    this.#send({ forget: pid })
  }

  /** Lets it go: nothing is left to end. */
  close(): void {
    this.#isClosed = true
    if (this.#process.connected) this.#process.disconnect()
  }

  #start(): ChildProcess {
    this.#starts++
    const file = new URL(import.meta.url.endsWith('.ts') ? './reaper.ts' : './reaper.js', import.meta.url)
    const reaper = fork(file, [this.#folder], { stdio: 'ignore', execArgv: [], detached: true })
    // Without a listener this would end the mesh.
    reaper.on('error', () => {})
    reaper.once('exit', () => {
      if (this.#isClosed || this.#starts >= MAX_STARTS) return
      this.#process = this.#start()
      for (const pid of this.#watched) this.#send({ watch: pid })
    })
    return reaper
  }

  #send(message: object): void {
    if (this.#process.connected) this.#process.send(message, () => {})
  }
}
