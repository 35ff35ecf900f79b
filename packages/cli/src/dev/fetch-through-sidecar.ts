/**
 * Loaded first by the applications that run on Node (`--import`): makes the global `fetch` use the sidecar.
 *
 * With `NODE_USE_ENV_PROXY`, Node's `fetch` asks the proxy of `HTTP_PROXY` for a tunnel, for `http:` as for `https:`.
 * A sidecar routes requests, so it has to see them: `http:` goes to it in absolute form, as `node:http`, curl and most
 * other clients send it, and `https:` goes where it would without a sidecar. A program that sets a dispatcher of its own
 * keeps it. Older Nodes, where the variable has no meaning, are left as they are.
 */
const NAME = Symbol.for('undici.globalDispatcher.1')

/** The part of undici's dispatcher that is used here; Node exports neither the class nor its types. */
interface Dispatcher {
  readonly constructor: new (options: object) => Dispatcher
  dispatch(options: { readonly origin?: unknown }, handler: unknown): boolean
  compose(interceptor: (next: Dispatcher['dispatch']) => Dispatcher['dispatch']): Dispatcher
}

const scope = globalThis as { [NAME]?: Dispatcher }
const ofEnvironment = scope[NAME]

if (ofEnvironment?.constructor.name === 'EnvHttpProxyAgent') {
  const ProxyAgent = ofEnvironment.constructor
  const direct = new ProxyAgent({
    httpProxy: '',
    httpsProxy: process.env.https_proxy ?? process.env.HTTPS_PROXY ?? '',
  })
  const sidecar = new ProxyAgent({ proxyTunnel: false })
  scope[NAME] = sidecar.compose(
    (next) => (options, handler) =>
      String(options.origin).startsWith('https:')
        ? direct.dispatch(options, handler)
        : next(options, handler),
  )
}
