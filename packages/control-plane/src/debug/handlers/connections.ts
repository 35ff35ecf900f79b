import { shortTypeName } from '@batten/xds'
import type { DebugHandler } from '../debug-handler.ts'

/** Who is connected, how it proved who it is, and what it asks for. */
export const connections: DebugHandler = {
  path: '/debug/connections',
  help: 'Connected proxies with their addresses, identities and subscriptions',
  handle: (_, { server, authority }) => ({
    body: {
      totalClients: server.connections.size,
      clients: [...server.connections.values()].map(({ id, peer, connectedAt, identity, stream }) => ({
        connectionId: id,
        address: peer,
        connectedAt: new Date(connectedAt).toISOString(),
        identity:
          identity === undefined
            ? undefined
            : `spiffe://${authority.trustDomain}/ns/${identity.namespace}/sa/${identity.serviceAccount} (${identity.proof})`,
        labels: stream.node?.labels,
        watches: Object.fromEntries(
          stream
            .describe()
            .map(({ typeUrl, isWildcard, names }) => [
              shortTypeName(typeUrl),
              isWildcard ? ['*', ...names] : names,
            ]),
        ),
      })),
    },
  }),
}
