import { Worker } from 'node:worker_threads'
import type { CompileRequest, CompileResult } from './compile-filter.ts'
import type { CompileReply, CrashReport } from './compile-worker.ts'

/** A compile that takes longer has hung: the optimizer follows constants through endless recursion, for one. */
const COMPILE_LIMIT_MS = 120_000

/** How long a thread without work stays warm: a warm compile takes a fifth of a cold one. */
const IDLE_MS = 60_000

/** Kept of what the compiler prints when it crashes. */
const MAX_CRASH_TEXT = 4000

interface Waiting {
  readonly resolve: (result: CompileResult) => void
  readonly reject: (error: Error) => void
}

/** The compiler in a thread of its own, started by the first compile and ended when it has been idle for a minute. */
export class CompilerThread {
  #worker: Worker | undefined
  #nextId = 1
  #idle: NodeJS.Timeout | undefined
  readonly #waiting = new Map<number, Waiting>()

  compile(request: CompileRequest): Promise<CompileResult> {
    clearTimeout(this.#idle)
    const worker = (this.#worker ??= this.#start())
    const id = this.#nextId++
    const limit = setTimeout(() => this.#giveUp(worker), COMPILE_LIMIT_MS)
    return new Promise<CompileResult>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      worker.ref()
      worker.postMessage({ id, request })
    }).finally(() => clearTimeout(limit))
  }

  /** Ends the thread; compiles under way are rejected. */
  async close(): Promise<void> {
    clearTimeout(this.#idle)
    const worker = this.#worker
    this.#worker = undefined
    if (worker !== undefined) await worker.terminate()
  }

  #start(): Worker {
    // The same file is `.ts` in a checkout and `.js` in the published package.
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
    const worker = new Worker(new URL(`./compile-worker.${extension}`, import.meta.url), {
      // Flags such as --inspect or a test runner's loaders are not for this thread.
      execArgv: [],
    })
    let said = ''
    worker.on('message', (message: CompileReply | CrashReport) => {
      if ('crash' in message) said = (said + message.crash).slice(0, MAX_CRASH_TEXT)
      else this.#settle(worker, message)
    })
    worker.on('error', (error) =>
      this.#fail(worker, error instanceof Error ? error : new Error(String(error))),
    )
    worker.on('exit', (code) =>
      this.#fail(worker, new Error(`it ended with exit code ${code}\n${said}`.trim())),
    )
    return worker
  }

  #giveUp(worker: Worker): void {
    const seconds = COMPILE_LIMIT_MS / 1000
    this.#fail(
      worker,
      new Error(`the compiler did not end within ${seconds} seconds; try it without optimizing`),
    )
    void worker.terminate()
  }

  #settle(worker: Worker, { id, result }: CompileReply): void {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (this.#waiting.size === 0) {
      worker.unref()
      this.#idle = setTimeout(() => void this.close(), IDLE_MS).unref()
    }
    waiting?.resolve(result)
  }

  #fail(worker: Worker, error: Error): void {
    if (this.#worker === worker) this.#worker = undefined
    const waiting = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const { reject } of waiting) reject(error)
  }
}
