import type { Analyzer } from '../../analyzer.ts'
import type { AnalysisContext } from '../../context.ts'
import { append } from '../../index/label-index.ts'
import type { HostEntry } from '../../index/service-index.ts'
import {
  destinationsOf,
  hasOwnLine,
  namespacesOf,
  type PlacedDestination,
  type VirtualServiceResource,
} from './destinations.ts'

/**
 * Hosts and ports of destinations must exist where the VirtualService is used.
 *
 * @see https://istio.io/latest/docs/reference/config/analysis/ist0101/
 * @see https://istio.io/latest/docs/reference/config/analysis/ist0112/
 */
export const destinationHosts: Analyzer = {
  name: 'virtualservice.DestinationHostAnalyzer',
  description: 'Checks the destination hosts associated with each virtual service',
  codes: ['IST0101', 'IST0112', 'IST0140'],
  analyze(context) {
    const subsetRoutes = routesToSubsets(context)
    for (const virtualService of context.all('networking.istio.io/VirtualService')) {
      checkHosts(virtualService, context)
      checkSubsetsAtGateway(virtualService, subsetRoutes, context)
    }
  },
}

function checkHosts(virtualService: VirtualServiceResource, context: AnalysisContext): void {
  const namespaces = namespacesOf(virtualService, context.meshConfig.exportTo('VirtualService'))
  for (const placed of destinationsOf(virtualService)) {
    const host = placed.destination.host ?? ''
    const entry = context.services.find(context.fullHost(host, virtualService.namespace), namespaces)
    if (entry === undefined) {
      context.report(
        virtualService,
        'IST0101',
        [placed.isMirror ? 'mirror host' : 'host', host],
        [...placed.path, 'host'],
        { eachPlace: hasOwnLine(placed) },
      )
    } else checkPort(virtualService, placed, entry, context)
  }
}

function checkPort(
  virtualService: VirtualServiceResource,
  placed: PlacedDestination,
  { ports }: HostEntry,
  context: AnalysisContext,
): void {
  const { destination, path } = placed
  const options = { eachPlace: hasOwnLine(placed) }
  const host = destination.host ?? ''
  const wanted = destination.port?.number
  if (wanted === undefined) {
    if (ports.length < 2) return
    const numbers = ports.map((port) => port.number)
    context.report(virtualService, 'IST0112', [host, numbers], [...path, 'host'], options)
  } else if (!ports.some((port) => port.number === wanted)) {
    const at = [...path, 'port', 'number']
    context.report(virtualService, 'IST0101', ['host:port', `${host}:${wanted}`], at, options)
  }
}

/** VirtualServices that route one of their hosts to subsets of the same host, by host. */
function routesToSubsets(context: AnalysisContext): Map<string, VirtualServiceResource[]> {
  const out = new Map<string, VirtualServiceResource[]>()
  for (const virtualService of context.all('networking.istio.io/VirtualService')) {
    const { spec, namespace } = virtualService
    const hosts = new Set((spec.hosts ?? []).map((host) => context.fullHost(host, namespace)))
    const routed = new Set<string>()
    for (const { route = [] } of spec.http ?? []) {
      for (const { destination } of route) {
        const host = context.fullHost(destination?.host ?? '', namespace)
        if ((destination?.subset ?? '') !== '' && hosts.has(host)) routed.add(host)
      }
    }
    for (const host of routed) append(out, host, virtualService)
  }
  return out
}

/** What others route to a subset goes to all pods when it comes through a gateway whose routes name no subset. */
function checkSubsetsAtGateway(
  virtualService: VirtualServiceResource,
  subsetRoutes: ReadonlyMap<string, readonly VirtualServiceResource[]>,
  context: AnalysisContext,
): void {
  const { spec, namespace, fullName } = virtualService
  if ((spec.gateways ?? []).length === 0) return
  for (const [i, { route = [] }] of (spec.http ?? []).entries()) {
    for (const [n, { destination }] of route.entries()) {
      if ((destination?.subset ?? '') !== '') continue
      const host = context.fullHost(destination?.host ?? '', namespace)
      for (const other of subsetRoutes.get(host) ?? []) {
        const path = ['spec', 'http', i, 'route', n, 'destination', 'host']
        context.report(virtualService, 'IST0140', [other.fullName, fullName], path)
      }
    }
  }
}
