import type { ClusterConfig } from './cluster-config.ts'
import type { Host } from './host.ts'

/** A cluster at run time: its config, its hosts and its balancer. */
export interface Cluster {
  readonly name: string
  readonly config: ClusterConfig
  readonly hosts: readonly Host[]
}
