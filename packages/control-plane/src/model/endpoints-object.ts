import type { EndpointSlice, KubernetesObject } from '@batten/api'

/**
 * A Kubernetes Endpoints object, the elder form of EndpointSlices. A cluster mirrors those of Services without a
 * selector into slices; files may hold them as they are. No schema has checked it.
 */
export interface EndpointsObject extends KubernetesObject {
  readonly subsets?: unknown
}

type SliceEndpoint = NonNullable<EndpointSlice['endpoints']>[number]
type SlicePort = NonNullable<EndpointSlice['ports']>[number]

/** The slices that a cluster would mirror an Endpoints object into, one for each subset. What is malformed is left out. */
export function slicesFromEndpoints({ metadata, subsets }: EndpointsObject): EndpointSlice[] {
  return recordsOf(subsets).map((subset) => ({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: metadata ?? {},
    addressType: 'IPv4',
    ports: recordsOf(subset['ports']).flatMap(portOf),
    endpoints: [
      ...recordsOf(subset['addresses']).flatMap((address) => endpointOf(address, true)),
      ...recordsOf(subset['notReadyAddresses']).flatMap((address) => endpointOf(address, false)),
    ],
  }))
}

function portOf({ name, port }: Readonly<Record<string, unknown>>): SlicePort[] {
  if (typeof port !== 'number') return []
  return [{ name: typeof name === 'string' ? name : '', port }]
}

function endpointOf({ ip, targetRef }: Readonly<Record<string, unknown>>, ready: boolean): SliceEndpoint[] {
  if (typeof ip !== 'string') return []
  const [pod] = recordsOf([targetRef]).filter(({ kind }) => kind === 'Pod')
  const name = pod?.['name']
  const namespace = pod?.['namespace']
  return [
    {
      addresses: [ip],
      conditions: { ready },
      ...(typeof name !== 'string'
        ? {}
        : { targetRef: { kind: 'Pod', name, ...(typeof namespace === 'string' ? { namespace } : {}) } }),
    },
  ]
}

function recordsOf(value: unknown): Readonly<Record<string, unknown>>[] {
  if (!Array.isArray(value)) return []
  return value.filter((item): item is Record<string, unknown> => typeof item === 'object' && item !== null)
}
