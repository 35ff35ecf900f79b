import type { Analyzer } from '../../analyzer.ts'
import type { AnalysisContext } from '../../context.ts'
import { isSystemNamespace } from '../../index/mesh-membership.ts'
import { isProtocolDeclared } from '../../index/protocol.ts'
import { definedStrings } from '../../index/service-index.ts'
import type { Workload } from '../../index/workload-index.ts'
import type { FieldPath, Resource, SpecOf } from '../../resource.ts'

/** Ports of services must lead to ports of containers, and have protocols that are known. */
export const targetPorts: Analyzer = {
  name: 'service.TargetPortAnalyzer',
  description: 'Checks the target ports and application protocols of services',
  codes: ['BAT0501', 'BAT0502', 'BAT0503'],
  analyze(context) {
    for (const service of context.all('/Service')) {
      if (isSystemNamespace(service.namespace) || service.isBuiltIn) continue
      const selector = definedStrings(service.spec.selector)
      const workloads =
        Object.keys(selector).length === 0 ? [] : context.workloads.select(selector, service.namespace)
      for (const [i, port] of (service.spec.ports ?? []).entries()) {
        const path = ['spec', 'ports', i]
        const { appProtocol, targetPort, port: number } = port
        if (appProtocol !== undefined && !isProtocolDeclared({ appProtocol, protocol: port.protocol })) {
          context.report(service, 'BAT0503', [appProtocol], [...path, 'appProtocol'])
        }
        const target = targetPort === undefined || targetPort === 0 ? number : targetPort
        if (target === undefined || workloads.length === 0) continue
        checkTarget(
          service,
          target,
          workloads,
          [...path, targetPort === undefined ? 'port' : 'targetPort'],
          context,
        )
      }
    }
  },
}

function checkTarget(
  service: Resource<SpecOf<'/Service'>>,
  target: number | string,
  workloads: readonly Workload[],
  path: FieldPath,
  context: AnalysisContext,
): void {
  const ports = workloads.map(portsOf)
  if (typeof target === 'string' && !/^\d+$/.test(target)) {
    if (ports.some((list) => list.some(({ name }) => name === target))) return
    context.report(service, 'BAT0501', [namesOf(workloads), target], path)
    return
  }
  // Containers need not list their ports: only those that list some, and none of the Service, are taken at their word.
  const numbers = new Set(targetsOf(service).map(Number))
  const isListed = ports.some(
    (list) => list.length === 0 || list.some(({ containerPort = 0 }) => numbers.has(containerPort)),
  )
  if (!isListed) context.report(service, 'BAT0502', [namesOf(workloads), String(target)], path)
}

/** Where the ports of a Service lead to. */
function targetsOf({ spec }: Resource<SpecOf<'/Service'>>): (number | string)[] {
  return (spec.ports ?? []).map(({ port = 0, targetPort = 0 }) => (targetPort === 0 ? port : targetPort))
}

function portsOf({ spec }: Workload): { name?: string | undefined; containerPort?: number | undefined }[] {
  return [...(spec.containers ?? []), ...(spec.initContainers ?? [])].flatMap(({ ports = [] }) => [...ports])
}

function namesOf(workloads: readonly Workload[]): string {
  const names = workloads.slice(0, 3).map(({ name }) => name)
  return `${names.join(', ')}${workloads.length > 3 ? ` and ${workloads.length - 3} more` : ''}`
}
