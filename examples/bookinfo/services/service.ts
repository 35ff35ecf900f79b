import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type ServerResponse,
} from 'node:http'

/** Headers that a service hands on, so that a request keeps its identity, its trace and its user on the way down. */
const PROPAGATED = [
  'x-request-id',
  'traceparent',
  'tracestate',
  'b3',
  'x-b3-traceid',
  'x-b3-spanid',
  'x-b3-parentspanid',
  'x-b3-sampled',
  'x-b3-flags',
  'cookie',
  'authorization',
  'user-agent',
  'end-user',
]

/** What a route gets and answers. */
export interface Call {
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  /** Form fields of a POST. */
  readonly form: URLSearchParams
}
export interface Answer {
  readonly status?: number
  readonly headers?: Record<string, string | string[]>
  readonly body?: string
}
export type Handler = (call: Call) => Answer | Promise<Answer>

export function json(value: unknown, status = 200): Answer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) }
}

/**
 * Runs a service on `PORT` (9080 in a container) until SIGTERM: stops accepting, finishes what it has, exits.
 * `handlers` are tried by exact path, then by the longest path prefix that ends in `/`.
 */
export function serve(name: string, handlers: Record<string, Handler>): void {
  const prefixes = Object.keys(handlers)
    .filter((path) => path.endsWith('/') && path !== '/')
    .sort((a, b) => b.length - a.length)
  const server = createServer(async (req, res) => {
    try {
      const url = new URL(req.url ?? '/', 'http://service')
      const handler =
        handlers[url.pathname] ?? handlers[prefixes.find((p) => url.pathname.startsWith(p)) ?? '']
      const form = new URLSearchParams(req.method === 'POST' ? await readBody(req) : '')
      const call = { path: url.pathname, query: url.searchParams, headers: req.headers, form }
      send(res, handler === undefined ? json({ error: 'not found' }, 404) : await handler(call))
    } catch (error) {
      send(res, json({ error: error instanceof Error ? error.message : String(error) }, 500))
    }
  })
  server.keepAliveTimeout = 0
  server.listen(Number(process.env.PORT ?? 9080), process.env.HOST ?? '0.0.0.0', () => {
    const address = server.address()
    console.log(`${name} listens on ${typeof address === 'object' ? address?.port : address}`)
  })
  process.once('SIGTERM', () => {
    server.close(() => process.exit(0))
    server.closeIdleConnections()
  })
}

function send(res: ServerResponse, answer: Answer): void {
  const body = answer.body ?? ''
  res.writeHead(answer.status ?? 200, { 'content-length': Buffer.byteLength(body), ...answer.headers })
  res.end(body)
}

const MAX_BODY_BYTES = 16 * 1024

async function readBody(req: IncomingMessage): Promise<string> {
  let body = ''
  for await (const chunk of req) {
    body += chunk
    if (body.length > MAX_BODY_BYTES) throw new Error('form too large')
  }
  return body
}

/** What came back from another service. */
export interface Fetched<T> {
  readonly status: number
  /** Undefined when the status is not 200. */
  readonly value: T | undefined
}

/**
 * Calls another service by its name, as in a cluster: `http://reviews:9080/reviews/0`. With `HTTP_PROXY` set the
 * request goes to that proxy in absolute form; otherwise Kubernetes' `REVIEWS_SERVICE_HOST` and `_PORT` say where
 * the service is, and DNS when they are not set either.
 */
export function fetchJson<T>(url: string, from: IncomingHttpHeaders, timeoutMs: number): Promise<Fetched<T>> {
  const target = new URL(url)
  const headers: Record<string, string | string[]> = { host: target.host }
  for (const name of PROPAGATED) {
    const value = from[name]
    if (value !== undefined) headers[name] = value
  }
  return new Promise((resolve) => {
    const failed = (status: number) => resolve({ status, value: undefined })
    const req = request({ ...nextHop(target), headers, timeout: timeoutMs }, (res) => {
      let text = ''
      res.setEncoding('utf8')
      res.on('data', (chunk) => (text += chunk))
      res.on('error', () => failed(503))
      res.on('end', () => {
        if (res.statusCode !== 200) return failed(res.statusCode ?? 503)
        try {
          resolve({ status: 200, value: JSON.parse(text) as T })
        } catch {
          failed(502)
        }
      })
    })
    req.on('timeout', () => req.destroy())
    req.on('error', () => failed(503))
    req.end()
  })
}

function nextHop(target: URL): { host: string; port: number; path: string } {
  const path = target.pathname + target.search
  const proxy = process.env.HTTP_PROXY ?? process.env.http_proxy
  if (proxy !== undefined && proxy !== '') {
    const { hostname, port } = new URL(proxy)
    return { host: hostname, port: Number(port), path: target.href }
  }
  const name = target.hostname.toUpperCase().replaceAll('-', '_')
  const host = process.env[`${name}_SERVICE_HOST`]
  const port = process.env[`${name}_SERVICE_PORT`]
  return host === undefined || port === undefined
    ? { host: target.hostname, port: Number(target.port || 80), path }
    : { host, port: Number(port), path }
}
