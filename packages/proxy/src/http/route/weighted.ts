import type { HeaderMap } from '../header-map.ts'
import type { RouteAction, WeightedCluster } from './route-config.ts'

/** The cluster of a request: its name, empty when a `cluster_header` is missing, and the weighted entry it came from. */
export interface ClusterChoice {
  readonly name: string
  readonly entry: WeightedCluster | undefined
}

/** Chooses the cluster of a request. `random` is uniform in [0, 1). */
export function chooseCluster(action: RouteAction, headers: HeaderMap, random: () => number): ClusterChoice {
  const { cluster } = action
  switch (cluster.kind) {
    case 'name':
      return { name: cluster.name, entry: undefined }
    case 'header':
      return { name: headers.get(cluster.header) ?? '', entry: undefined }
    case 'weighted': {
      let point = random() * cluster.totalWeight
      for (const entry of cluster.entries) {
        if (point < entry.weight) return choice(entry, headers)
        point -= entry.weight
      }
      const last = cluster.entries.findLast((entry) => entry.weight > 0)
      return last === undefined ? { name: '', entry: last } : choice(last, headers)
    }
  }
}

function choice(entry: WeightedCluster, headers: HeaderMap): ClusterChoice {
  return { name: entry.header === undefined ? entry.name : (headers.get(entry.header) ?? ''), entry }
}
