import type { Analyzer } from '../../analyzer.ts'
import { resourceOf } from '../../resource.ts'

/** The oldest Kubernetes that current releases of Istio run on. */
const MINIMUM = [1, 31] as const

/**
 * The cluster must be new enough for the control plane. Runs when the version is known.
 *
 * @see https://istio.io/latest/docs/releases/supported-releases/
 */
export const kubernetesVersion: Analyzer = {
  name: 'kubernetes.VersionAnalyzer',
  description: 'Checks that the version of Kubernetes is supported',
  codes: ['IST0142'],
  analyze(context) {
    const version = context.kubernetesVersion
    const match = /^v?(\d+)\.(\d+)/.exec(version ?? '')
    if (version === undefined || match === null) return
    const [, major, minor] = match
    if (Number(major) !== MINIMUM[0] ? Number(major) > MINIMUM[0] : Number(minor) >= MINIMUM[1]) return
    const cluster = resourceOf(
      { apiVersion: 'v1', kind: 'Cluster', metadata: { name: context.clusterName, namespace: '' } },
      undefined,
      {},
    )
    if (cluster !== undefined) context.report(cluster, 'IST0142', [version, MINIMUM.join('.')])
  },
}
