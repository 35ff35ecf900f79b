import type { DebugHandler } from '../debug-handler.ts'

/** For readiness probes: 200 as soon as proxies are served. */
export const ready: DebugHandler = {
  path: '/ready',
  help: '200 when proxies are served, 503 before that',
  handle: (_, source) =>
    source.isReady()
      ? { body: 'ready\n' }
      : { status: 503, body: 'not ready: the configuration is not read completely yet\n' },
}
