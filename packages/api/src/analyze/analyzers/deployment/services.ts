import type { Analyzer } from '../../analyzer.ts'
import type { AnalysisContext } from '../../context.ts'
import { append } from '../../index/label-index.ts'
import { hasSidecar } from '../../index/mesh-membership.ts'
import { templateWorkload } from '../../index/workload-index.ts'
import type { Resource } from '../../resource.ts'

/**
 * Services that select the same pods must agree about ports.
 *
 * @see https://istio.io/latest/docs/reference/config/analysis/ist0116/
 * @see https://istio.io/latest/docs/reference/config/analysis/ist0137/
 */
export const deploymentServices: Analyzer = {
  name: 'deployment.MultiServiceAnalyzer',
  description: 'Checks association between services and pods',
  codes: ['IST0116', 'IST0137'],
  analyze(context) {
    for (const deployment of context.all('apps/Deployment')) check(deployment, context)
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
  if (!hasSidecar(workload, context)) return
  const claims = context.servicesSelecting(workload.labels, workload.namespace).flatMap(({ name, spec }) =>
    (spec.ports ?? []).map(
      ({ port = 0, protocol = 'TCP', targetPort }): Claim => ({
        service: name,
        port,
        protocol,
        target: String(targetPort === undefined || targetPort === 0 ? port : targetPort),
      }),
    ),
  )
  for (const [, group] of grouped(claims, ({ port }) => String(port))) {
    if (distinct(group, ({ protocol }) => protocol).length < 2) continue
    const services = distinct(group, ({ service }) => service)
    context.report(deployment, 'IST0116', [deployment.name, group[0]!.port, services])
  }
  for (const [target, group] of grouped(claims, (claim) => claim.target)) {
    const ports = distinct(group, ({ port }) => port).sort((a, b) => a - b)
    if (ports.length < 2) continue
    const services = distinct(group, ({ service }) => service)
    context.report(deployment, 'IST0137', [deployment.name, services, target, ports])
  }
}

function grouped(claims: readonly Claim[], by: (claim: Claim) => string): Map<string, Claim[]> {
  const out = new Map<string, Claim[]>()
  for (const claim of claims) append(out, by(claim), claim)
  return out
}

function distinct<T>(claims: readonly Claim[], of: (claim: Claim) => T): T[] {
  return [...new Set(claims.map(of))]
}
