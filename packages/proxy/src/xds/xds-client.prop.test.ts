import { silentLogger, systemClock } from '@batten/core'
import { codec, TYPE_URLS } from '@batten/xds'
import fc from 'fast-check'
import { afterEach, describe, it } from 'vitest'
import { XdsServer } from '../../test/support/xds-server.ts'
import { TestStats } from '../../test/test-stats.ts'
import { compileCluster } from '../config/compile-cluster.ts'
import { FieldPath } from '../config/field-path.ts'
import { createSecretStore } from '../tls/secret-store.ts'
import { SecureContextPool } from '../tls/secure-contexts.ts'
import { socketTransports } from '../upstream/transport-factory.ts'
import { DeltaProtocol } from './delta-protocol.ts'
import { grpcTargetOf } from './grpc-target.ts'
import type { ResourceHandler } from './resource-handler.ts'
import { SotwProtocol } from './sotw-protocol.ts'
import { XdsClient } from './xds-client.ts'

const { CDS, EDS } = TYPE_URLS
const clusters = codec('envoy.config.cluster.v3.Cluster')
const assignments = codec('envoy.config.endpoint.v3.ClusterLoadAssignment')

/** What a server may do. Names are few, so that updates, removals and renewed wishes meet. */
type Step =
  | { readonly kind: 'set'; readonly name: number; readonly value: number; readonly bad: boolean }
  | { readonly kind: 'remove'; readonly name: number }
  | { readonly kind: 'endpoints'; readonly name: number; readonly value: number; readonly bad: boolean }
  | { readonly kind: 'disconnect' }
  | { readonly kind: 'restart' }
  | { readonly kind: 'garbage' }
  | { readonly kind: 'settle' }

const name = fc.integer({ min: 0, max: 3 })
const value = fc.integer({ min: 1, max: 1000 })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('set' as const), name, value, bad: fc.boolean() }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('endpoints' as const), name, value, bad: fc.boolean() }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('remove' as const), name }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'disconnect' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'restart' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'garbage' as const }) },
  { weight: 3, arbitrary: fc.constant({ kind: 'settle' as const }) },
)

/** A node that wants every cluster, and endpoints for each cluster that it has. Values of 0 are bad. */
class Node {
  readonly clusters = new Map<string, number>()
  readonly endpoints = new Map<string, number>()
  client!: XdsClient

  readonly handlers: readonly ResourceHandler[] = [
    {
      typeUrl: CDS,
      shortName: 'cds',
      nameOf: (bytes) => clusters.decode(bytes).name ?? '',
      apply: (arrived, removed) => {
        const rejected = []
        for (const { name, value } of arrived) {
          const timeout = clusters.decode(value).connectTimeout?.seconds ?? 0
          if (timeout === 0) {
            rejected.push({ name, message: `${name} is bad` })
            continue
          }
          if (!this.clusters.has(name)) this.client.want(EDS, name)
          this.clusters.set(name, timeout)
        }
        for (const name of removed) {
          if (!this.clusters.delete(name)) continue
          this.client.drop(EDS, name)
          this.endpoints.delete(name)
        }
        return rejected
      },
    },
    {
      typeUrl: EDS,
      shortName: 'eds',
      nameOf: (bytes) => assignments.decode(bytes).clusterName ?? '',
      apply: (arrived) => {
        const rejected = []
        for (const { name, value } of arrived) {
          const factor = assignments.decode(value).policy?.overprovisioningFactor?.value ?? 0
          if (factor === 0) rejected.push({ name, message: `${name} is bad` })
          else if (this.clusters.has(name)) this.endpoints.set(name, factor)
        }
        return rejected
      },
    },
  ]
}

/** The last good version of what is served. A bad version leaves the good one before it in place. */
class Model {
  readonly clusters = new Map<string, number>()
  readonly endpoints = new Map<string, number>()
}

let close: (() => void) | undefined

afterEach(() => close?.())

describe('an xDS client', () => {
  it.each([
    ['delta', DeltaProtocol],
    ['state-of-the-world', SotwProtocol],
  ] as const)(
    'ends with the last good version of everything that is served, whatever a %s server does',
    async (_kind, Protocol) => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
          const server = await new XdsServer().start()
          const node = new Node()
          const client = createClient(node, server.port, Protocol)
          close = () => {
            client.close()
            server.stop()
          }
          client.start()
          const model = new Model()
          try {
            for (const entry of steps) await act(entry, server, model, node, client)
            // Bad versions that were never replaced stay refused; the rest must agree.
            await settle(server, model, node, client)
          } finally {
            close()
            close = undefined
          }
        }),
        { numRuns: 40, endOnFailure: true },
      )
    },
    120_000,
  )
})

function createClient(
  node: Node,
  port: number,
  Protocol: typeof DeltaProtocol | typeof SotwProtocol,
): XdsClient {
  const { config } = compileCluster(
    {
      name: 'xds',
      loadAssignment: {
        endpoints: [
          {
            lbEndpoints: [
              { endpoint: { address: { socketAddress: { address: '127.0.0.1', portValue: port } } } },
            ],
          },
        ],
      },
    },
    FieldPath.of('cluster'),
  )
  const client = new XdsClient({
    target: grpcTargetOf(config, undefined, {
      transports: socketTransports(new SecureContextPool(createSecretStore()), systemClock),
      stats: new TestStats(),
    }),
    protocol: new Protocol({ id: 'n' }, node.handlers, [CDS]),
    clock: systemClock,
    random: Math.random,
    log: silentLogger,
    callMetadata: async () => [],
    backOffBaseMs: 4,
    backOffMaxMs: 40,
  })
  node.client = client
  return client
}

async function act(
  entry: Step,
  server: XdsServer,
  model: Model,
  node: Node,
  client: XdsClient,
): Promise<void> {
  switch (entry.kind) {
    case 'set': {
      const key = `c${entry.name}`
      // A server that replaced a bad version by an equal one would send nothing; so would we expect nothing.
      if (entry.bad) {
        await settle(server, model, node, client)
        server.set(CDS, key, { name: key, alt_stat_name: `bad ${entry.value}` })
        break
      }
      server.set(CDS, key, { name: key, connect_timeout: `${entry.value}s` })
      model.clusters.set(key, entry.value)
      break
    }
    case 'endpoints': {
      const key = `c${entry.name}`
      if (entry.bad) {
        await settle(server, model, node, client)
        server.set(EDS, key, { cluster_name: key, named_endpoints: { [entry.value]: {} } })
        // Whoever asks for the endpoints later finds only the bad version.
        if (!model.clusters.has(key)) model.endpoints.delete(key)
        break
      }
      server.set(EDS, key, { cluster_name: key, policy: { overprovisioning_factor: entry.value } })
      model.endpoints.set(key, entry.value)
      break
    }
    case 'remove': {
      await settle(server, model, node, client)
      const key = `c${entry.name}`
      server.remove(CDS, key)
      model.clusters.delete(key)
      break
    }
    case 'disconnect':
      server.disconnectAll()
      break
    case 'restart':
      server.stop()
      await server.start()
      break
    case 'garbage':
      server.sendRaw({ typeUrl: 'type.googleapis.com/nobody.asked', nonce: 'x' })
      break
    case 'settle':
      await settle(server, model, node, client)
  }
}

/** Waits until the node has what the model says; endpoints count for clusters that are there. */
async function settle(server: XdsServer, model: Model, node: Node, client: XdsClient): Promise<void> {
  await server
    .until(() => {
      if (JSON.stringify([...node.clusters].sort()) !== JSON.stringify([...model.clusters].sort()))
        return false
      for (const key of model.clusters.keys())
        if (model.endpoints.has(key) && node.endpoints.get(key) !== model.endpoints.get(key)) return false
      return true
    }, 4000)
    .catch(() => {
      throw new Error(
        `the node has ${JSON.stringify([[...node.clusters], [...node.endpoints]])}, served is ${JSON.stringify(
          [[...model.clusters], [...model.endpoints]],
        )}; ${JSON.stringify(client.state)}`,
      )
    })
}
