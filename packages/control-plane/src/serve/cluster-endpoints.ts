import { codec } from '@batten/xds'
import type { Resource } from '../model/resource.ts'

const clusters = codec('envoy.config.cluster.v3.Cluster')
const names = new WeakMap<Resource, string>()

/** The endpoint assignment that a cluster waits for before it is used; empty when it takes none. Read once a cluster. */
export function endpointsNameOf(cluster: Resource): string {
  let name = names.get(cluster)
  if (name === undefined) {
    name = readName(cluster)
    names.set(cluster, name)
  }
  return name
}

function readName(cluster: Resource): string {
  const message = clusters.decode(cluster.value)
  if (message.type !== 'EDS') return ''
  return message.edsClusterConfig?.serviceName || message.name || ''
}
