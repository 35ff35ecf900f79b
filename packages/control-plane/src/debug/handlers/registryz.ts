import type { DebugHandler } from '../debug-handler.ts'

/** Services as the mesh knows them, from Kubernetes Services and ServiceEntries. */
export const registryz: DebugHandler = {
  path: '/debug/registryz',
  help: 'Services with ports, addresses, and how their endpoints are found',
  handle: (_, { model }) => ({ body: [...model.snapshot.services.values()] }),
}
