import type { Analyzer } from '../../analyzer.ts'
import type { AnalysisContext } from '../../context.ts'
import { selectorText } from '../../index/label-index.ts'
import { definedStrings } from '../../index/service-index.ts'
import type { Workload } from '../../index/workload-index.ts'
import type { Resource, SpecOf } from '../../resource.ts'

/** An Istio Gateway as analyzers see it. */
export type GatewayResource = Resource<SpecOf<'networking.istio.io/Gateway'>>

/**
 * A Gateway needs a workload, and ports that the Service of the workload leads to.
 *
 * @see https://istio.io/latest/docs/reference/config/analysis/ist0101/
 * @see https://istio.io/latest/docs/reference/config/analysis/ist0162/
 */
export const gatewayPorts: Analyzer = {
  name: 'gateway.IngressGatewayPortAnalyzer',
  description: "Checks a gateway's ports against the gateway's Kubernetes service ports",
  codes: ['IST0101', 'IST0162'],
  analyze(context) {
    for (const gateway of context.all('networking.istio.io/Gateway')) check(gateway, context)
  },
}

function check(gateway: GatewayResource, context: AnalysisContext): void {
  const workloads = gatewayWorkloads(gateway, context)
  if (workloads.length === 0) {
    reportMissingWorkload(gateway, context)
    return
  }
  const reachable = new Set<number>()
  for (const workload of workloads) {
    for (const service of context.servicesSelecting(workload.labels, workload.namespace)) {
      for (const { port, targetPort, protocol = 'TCP' } of service.spec.ports ?? []) {
        if (protocol !== 'TCP') continue
        // A server with the port of the Service is moved to its target port, where the proxy listens.
        for (const number of [port, containerPort(targetPort, workload)])
          if (number !== undefined) reachable.add(number)
      }
    }
  }
  const selector = selectorText(definedStrings(gateway.spec.selector))
  for (const [i, { port }] of (gateway.spec.servers ?? []).entries()) {
    const number = port?.number
    if (number === undefined || reachable.has(number)) continue
    context.report(gateway, 'IST0162', [number, selector], ['spec', 'servers', i, 'port', 'number'])
  }
}

/** Number of a target port; undefined when there is none, or no container has the name. */
function containerPort(target: number | string | undefined, { spec }: Workload): number | undefined {
  if (typeof target !== 'string') return target === 0 ? undefined : target
  if (/^\d+$/.test(target)) return Number(target)
  const ports = [...(spec.containers ?? []), ...(spec.initContainers ?? [])].flatMap(({ ports = [] }) => [
    ...ports,
  ])
  return ports.find(({ name }) => name === target)?.containerPort
}

/** Pods that a Gateway configures: in any namespace. */
export function gatewayWorkloads({ spec }: GatewayResource, context: AnalysisContext): readonly Workload[] {
  return context.workloads.select(definedStrings(spec.selector))
}

/** Says that nothing has the labels of a Gateway's selector. */
export function reportMissingWorkload(gateway: GatewayResource, context: AnalysisContext): void {
  const selector = definedStrings(gateway.spec.selector)
  const [key] = Object.keys(selector)
  const path = key === undefined ? ['spec'] : ['spec', 'selector', key]
  context.report(gateway, 'IST0101', ['selector', selectorText(selector)], path)
}
