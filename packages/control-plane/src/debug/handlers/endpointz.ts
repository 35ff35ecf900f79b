import type { DebugHandler } from '../debug-handler.ts'

/** Endpoints of each service. */
export const endpointz: DebugHandler = {
  path: '/debug/endpointz',
  help: 'Endpoints of each service; ?host= shows one',
  handle: (query, { model }) => {
    const host = query.get('host')
    const { services, endpoints } = model.snapshot
    return {
      body: [...services.values()]
        .filter((service) => host === null || service.hostname === host)
        .map((service) => ({
          service: service.hostname,
          namespace: service.namespace,
          endpoints: endpoints.get(service.key) ?? [],
        })),
    }
  },
}
