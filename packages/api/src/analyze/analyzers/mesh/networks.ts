import type { Analyzer } from '../../analyzer.ts'
import { fieldsAt, listAt, textAt } from '../../loose.ts'

/** Registries that every control plane has. */
const REGISTRIES = ['External', 'Kubernetes', 'Mock']

/** Label of secrets that give access to further clusters; their keys are the names of the clusters. */
const REMOTE_SECRET_LABEL = 'istio/multiCluster'

/**
 * Mesh networks take endpoints of clusters that are known.
 *
 * @see https://istio.io/latest/docs/reference/config/analysis/ist0126/
 */
export const meshNetworks: Analyzer = {
  name: 'meshnetworks.MeshNetworksAnalyzer',
  aliases: ['multicluster.MeshNetworksAnalyzer'],
  description: 'Check the validity of MeshNetworks in the cluster',
  codes: ['IST0126'],
  analyze(context) {
    const networks = context.meshNetworks
    if (networks === undefined) return
    const known = new Set([...REGISTRIES, context.clusterName, ...context.remoteClusters.keys()])
    for (const { labels, fields } of context.all('/Secret')) {
      if (labels[REMOTE_SECRET_LABEL] !== 'true') continue
      for (const part of ['data', 'stringData'])
        for (const cluster of Object.keys(fieldsAt(fields, part))) known.add(cluster)
    }
    for (const [network, value] of Object.entries(fieldsAt(networks.fields, 'networks'))) {
      for (const [i, endpoint] of listAt(value, 'endpoints').entries()) {
        const registry = textAt(endpoint, 'fromRegistry')
        if (registry === undefined || known.has(registry)) continue
        const path = ['networks', network, 'endpoints', i, 'fromRegistry']
        context.report(networks, 'IST0126', [registry, network], path)
      }
    }
  },
}
