import type { DebugHandler } from '../debug-handler.ts'

/** Version of the control plane. */
export const version: DebugHandler = {
  path: '/version',
  help: 'Version of the control plane',
  handle: (_, source) => ({ body: `${source.version}\n` }),
}
