import { Agent, type IncomingHttpHeaders, request } from 'node:http'

export interface SteadyLoadOptions {
  readonly url: string
  /** Requests a second, sent on schedule whether or not earlier ones were answered. */
  readonly rate: number
  readonly headers?: Readonly<Record<string, string>>
  /** Connections at most. Default 32. */
  readonly connections?: number
  /** What counts as success. Default: status 200. */
  readonly accept?: (status: number, body: string, headers: IncomingHttpHeaders) => boolean
}

export interface LoadReport {
  readonly sent: number
  readonly succeeded: number
  /** Every request that failed: what happened and when, milliseconds after the start. */
  readonly failures: readonly { readonly atMs: number; readonly reason: string }[]
}

/**
 * Open-loop load: a request every `1000 / rate` milliseconds over kept-alive connections until stopped. Nothing is
 * retried, so a reset or a refused connection shows up as a failure.
 *
 * @example
 * const load = new SteadyLoad({ url, rate: 500 })
 * await changeConfiguration()
 * expect((await load.stop()).failures).toEqual([])
 */
export class SteadyLoad {
  readonly #options: SteadyLoadOptions
  readonly #agent: Agent
  readonly #timer: NodeJS.Timeout
  readonly #started = performance.now()
  readonly #failures: { atMs: number; reason: string }[] = []
  readonly #open = new Set<Promise<void>>()
  #last = this.#started
  #owed = 0
  #sent = 0
  #succeeded = 0

  constructor(options: SteadyLoadOptions) {
    this.#options = options
    this.#agent = new Agent({ keepAlive: true, maxSockets: options.connections ?? 32 })
    this.#timer = setInterval(() => this.#catchUp(), 5)
  }

  get sent(): number {
    return this.#sent
  }

  /** Stops sending, waits for what is under way, and reports. */
  async stop(): Promise<LoadReport> {
    clearInterval(this.#timer)
    await Promise.all(this.#open)
    this.#agent.destroy()
    return { sent: this.#sent, succeeded: this.#succeeded, failures: this.#failures }
  }

  #catchUp(): void {
    const now = performance.now()
    this.#owed += ((now - this.#last) * this.#options.rate) / 1000
    this.#last = now
    // A machine that stood still must not answer with a burst that no steady client would send.
    this.#owed = Math.min(this.#owed, this.#options.rate / 10)
    for (; this.#owed >= 1; this.#owed--) {
      const done: Promise<void> = this.#one().finally(() => this.#open.delete(done))
      this.#open.add(done)
    }
  }

  #one(): Promise<void> {
    this.#sent++
    const atMs = Math.round(performance.now() - this.#started)
    return new Promise((resolve) => {
      const fail = (reason: string) => {
        this.#failures.push({ atMs, reason })
        resolve()
      }
      const req = request(
        this.#options.url,
        { agent: this.#agent, headers: this.#options.headers, timeout: 10_000 },
        (res) => {
          let body = ''
          res.setEncoding('utf8')
          res.on('data', (chunk: string) => (body += chunk))
          res.on('error', (error) => fail(`response: ${error.message}`))
          res.on('end', () => {
            const status = res.statusCode ?? 0
            const accepted = this.#options.accept?.(status, body, res.headers) ?? status === 200
            if (!accepted) return fail(`status ${status}: ${body.slice(0, 200)}`)
            this.#succeeded++
            resolve()
          })
        },
      )
      req.on('timeout', () => req.destroy(new Error('no answer within 10 s')))
      req.on('error', (error) => fail(error.message))
      req.end()
    })
  }
}
