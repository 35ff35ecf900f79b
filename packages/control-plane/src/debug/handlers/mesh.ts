import type { DebugHandler } from '../debug-handler.ts'

/** Mesh-wide settings in force. */
export const mesh: DebugHandler = {
  path: '/debug/mesh',
  help: 'Mesh-wide settings in force',
  handle: (_, { model }) => ({ body: model.snapshot.mesh }),
}
