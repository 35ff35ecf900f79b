import { type Clock, silentLogger, systemClock } from '@batten/core'
import {
  compileWasmModule,
  createWasmPlugin,
  type Dispatch,
  type Fields,
  runFilter,
  WasmHost,
  type WasmPlugin,
} from '@batten/proxy/wasm'
import {
  authorize,
  type Exchange,
  type FilterHost,
  type FilterSetup,
  type SentRequest,
  UPSTREAM_BODY,
  UPSTREAM_HEADERS,
} from './filter-host.ts'
import { MapStats } from './stats.ts'

/** Our host, without a proxy around it. */
export class BattenHost implements FilterHost {
  readonly name = 'Batten'
  readonly #stats = new MapStats()
  readonly #host: WasmHost
  #plugins = new Map<string, WasmPlugin>()

  constructor(clock: Clock = systemClock) {
    this.#host = new WasmHost({ clock, log: silentLogger, stats: this.#stats, random: Math.random })
  }

  async start(filters: readonly FilterSetup[]): Promise<void> {
    const old = [...this.#plugins.values()]
    this.#plugins = new Map()
    for (const { name, wasm, configuration, rootId } of filters) {
      const plugin = createWasmPlugin({
        host: this.#host,
        module: compileWasmModule(wasm),
        name,
        rootId: rootId ?? '',
        configuration: Buffer.from(configuration ?? ''),
        dispatch,
      })
      this.#plugins.set(name, plugin)
    }
    await Promise.all(old.map((plugin) => plugin.close()))
  }

  async send(filter: string, request: SentRequest): Promise<Exchange> {
    const run = await runFilter(this.#plugins.get(filter)!, {
      request: {
        method: request.method ?? 'GET',
        path: request.path ?? '/',
        headers: Object.entries(request.headers ?? {}),
        body: request.body ?? '',
      },
      response: { headers: Object.entries(UPSTREAM_HEADERS), body: UPSTREAM_BODY },
    })
    if (run.resetDetails !== undefined) throw new Error(`the stream was reset: ${run.resetDetails}`)
    const sent = run.upstream
    const headers = record(sent?.headers ?? [])
    return {
      status: run.response?.status ?? 0,
      headers: record(run.response?.headers ?? []),
      body: run.response?.body ?? '',
      upstream:
        sent === undefined
          ? undefined
          : { method: headers[':method']!, path: headers[':path']!, headers, body: sent.body },
    }
  }

  async metric(name: string): Promise<number> {
    return this.#stats.value(`wasmcustom.${name}`)
  }

  async close(): Promise<void> {
    await this.start([])
  }
}

const dispatch: Dispatch = (request, done) => {
  if (request.cluster === 'dead') {
    const body =
      'upstream connect error or disconnect/reset before headers. reset reason: remote connection failure'
    done({ status: 503, headers: [], body: Buffer.from(body) })
    return { cancel() {} }
  }
  if (request.cluster !== 'authz') {
    done({ failure: 'unknown-cluster' })
    return { cancel() {} }
  }
  const body = Buffer.from(request.body).toString()
  const isSlow = body === 'path=/slow'
  const timer = setTimeout(
    () => {
      if (isSlow) return done({ failure: 'timeout' })
      const answer = authorize(body)
      done({ status: answer.status, headers: Object.entries(answer.headers), body: Buffer.from(answer.body) })
    },
    isSlow ? request.timeoutMs : 0,
  )
  return { cancel: () => clearTimeout(timer) }
}

function record(fields: Fields): Record<string, string> {
  const result: Record<string, string> = {}
  for (const [name, value] of fields) {
    result[name] = result[name] === undefined ? value : `${result[name]}, ${value}`
  }
  return result
}
