import { shortTypeName } from '@batten/xds'
import type { DebugHandler } from '../debug-handler.ts'

/** The newest revision, who has it, what is rejected, and the last pushes. */
export const pushStatus: DebugHandler = {
  path: '/debug/push_status',
  help: 'Newest revision, how far each proxy is, standing rejections, and the last 500 pushes and answers',
  handle: (_, { model, server, pushLog }) => {
    const streams = [...server.connections.values()].map(({ stream }) => stream)
    return {
      body: {
        revision: model.snapshot.revision,
        isServed: server.isServed,
        proxies: streams.map((stream) => ({
          proxy: stream.node?.id,
          settledRevision: stream.settledRevision,
        })),
        rejected: streams.flatMap((stream) =>
          stream.describe().flatMap(({ typeUrl, rejected }) =>
            [...rejected].map(([name, { error }]) => ({
              proxy: stream.node?.id,
              type: shortTypeName(typeUrl),
              name,
              error,
            })),
          ),
        ),
        log: pushLog.entries.map(({ at, ...entry }) => ({ time: new Date(at).toISOString(), ...entry })),
      },
    }
  },
}
