import type { Analyzer } from '../../analyzer.ts'
import type { AnalysisContext } from '../../context.ts'
import { append } from '../../index/label-index.ts'
import { hasSidecar } from '../../index/mesh-membership.ts'
import { templateWorkload } from '../../index/workload-index.ts'
import type { Resource } from '../../resource.ts'

/** Label of what the control plane makes for a Gateway, with the controller that made it. */
const MANAGED_BY = 'gateway.istio.io/managed'

/**
 * Services that select the same pods must agree about their ports: the sidecar has one listener for each.
 *
 * @see https://istio.io/latest/docs/reference/config/analysis/ist0116/
 * @see https://istio.io/latest/docs/reference/config/analysis/ist0137/
 */
export const deploymentServices: Analyzer = {
  name: 'deployment.MultiServiceAnalyzer',
  aliases: ['deployment.ServiceAssociationAnalyzer'],
  description: 'Checks association between services and pods',
  codes: ['IST0116', 'IST0137'],
  analyze(context) {
    for (const deployment of context.all('apps/Deployment')) {
      // Waypoints have no sidecar.
      if (deployment.labels[MANAGED_BY] !== 'istio.io-mesh-controller') check(deployment, context)
    }
  },
}

interface Claim {
  readonly service: string
  readonly port: number
  readonly protocol: string
  readonly target: string
}

function check(deployment: Resource, context: AnalysisContext): void {
  const workload = templateWorkload(deployment)
  // As istioctl sees it, a revision alone does not put a Deployment into the mesh, and neither does a native sidecar.
  const ownContainers = { ...workload.spec, initContainers: [] }
  if (!hasSidecar({ ...workload, spec: ownContainers, isTemplate: false }, context)) return
  const claims = context
    .servicesSelecting(workload.labels, workload.namespace)
    .flatMap(({ fullName, spec }) =>
      (spec.ports ?? []).map(
        ({ port = 0, protocol = 'TCP', targetPort = 0 }): Claim => ({
          service: fullName,
          port,
          protocol: protocol || 'TCP',
          target: ['0', ''].includes(String(targetPort)) ? String(port) : String(targetPort),
        }),
      ),
    )
  for (const group of grouped(claims, ({ port }) => String(port)).values()) {
    if (new Set(group.map(({ protocol }) => protocol)).size < 2) continue
    const services = group.map(({ service }) => service).sort()
    context.report(deployment, 'IST0116', [deployment.name, group[0]!.port, services])
  }
  for (const [target, group] of grouped(claims, (claim) => claim.target)) {
    const byPort = new Map(group.map(({ port, service }) => [port, service]))
    if (byPort.size < 2) continue
    const ports = [...byPort.keys()].sort((a, b) => a - b)
    context.report(deployment, 'IST0137', [deployment.name, [...byPort.values()].sort(), target, ports])
  }
}

function grouped(claims: readonly Claim[], by: (claim: Claim) => string): Map<string, Claim[]> {
  const out = new Map<string, Claim[]>()
  for (const claim of claims) append(out, by(claim), claim)
  return out
}
