import type { AdminHandler } from '../handler.ts'

/**
 * The first line is what Envoy prints. While the proxy is not ready, more lines say what it waits for.
 */
export const ready: AdminHandler = {
  path: '/ready',
  method: 'GET',
  help: 'print server state, return 200 if LIVE, otherwise return 503',
  handle(_request, context) {
    const state = context.state()
    if (state === 'LIVE' || state === 'DRAINING')
      return { status: state === 'LIVE' ? 200 : 503, body: `${state}\n` }
    const lines = context.waitingFor().map((reason) => `waiting for ${reason}\n`)
    return { status: 503, body: `${state}\n${lines.join('')}` }
  },
}
