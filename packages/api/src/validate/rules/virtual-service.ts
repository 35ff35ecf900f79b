import type {
  TCPRoute,
  TLSMatchAttributes,
  TLSRoute,
  VirtualServiceSpec,
} from '../../gen/types/networking/virtual-service.ts'
import { isAddress, subnetProblem } from './addresses.ts'
import { checkWeights } from './destinations.ts'
import { gatewayDomainProblem, hostIsWithin, hostsOverlap, wildcardDomainProblem } from './dns.ts'
import { checkExportTo } from './export-to.ts'
import { checkGatewayNames } from './gateway-names.ts'
import { isClaimHeader } from './headers.ts'
import { checkHttpRoute } from './http-route.ts'
import { checkLabels } from './labels.ts'
import { findOverlaps } from './match-overlap.ts'
import { portProblem } from './ports.ts'
import type { KindRules, Path, RuleReport } from './report.ts'

/** Rules of VirtualService. */
export const virtualServiceRules: KindRules<VirtualServiceSpec> = (spec, { namespace }, report) => {
  const { hosts = [], http = [], tls = [], tcp = [], gateways = [] } = spec
  const isDelegate = hosts.length === 0
  if (isDelegate) checkDelegate(spec, report)
  checkGatewayNames(gateways, ['spec', 'gateways'], report)
  const isForGateway = boundToGateways(spec)
  if (!isForGateway) checkClaims(spec, report)
  checkHosts(spec, isForGateway, report)
  if (http.length === 0 && tls.length === 0 && tcp.length === 0) {
    report.error(['spec'], 'RULE_EMPTY', 'http, tcp or tls must be provided in virtual service')
  }
  for (const [i, route] of http.entries()) checkHttpRoute(route, isDelegate, ['spec', 'http', i], report)
  for (const [i, route] of tls.entries()) checkTlsRoute(route, spec, ['spec', 'tls', i], report)
  for (const [i, route] of tcp.entries()) checkTcpRoute(route, ['spec', 'tcp', i], report)
  checkExportTo(spec.exportTo, { namespace }, report)
  for (const { kind, rule, reason, match, earlier, path } of findOverlaps(spec)) {
    const message =
      kind === 'unreachable'
        ? `virtualService rule ${rule} not used (${reason})`
        : `virtualService rule ${rule} match ${match} is not used (duplicate/overlapping match in rule ${earlier})`
    report.warning(path, 'RULE_UNREACHABLE', message)
  }
}

/** A VirtualService without `mesh` among its gateways is for gateways only; without gateways it is for sidecars. */
function boundToGateways({ gateways = [] }: VirtualServiceSpec): boolean {
  return gateways.length > 0 && !gateways.includes('mesh')
}

function checkDelegate({ gateways = [], tls = [], tcp = [] }: VirtualServiceSpec, report: RuleReport): void {
  if (gateways.length > 0) {
    report.error(
      ['spec', 'gateways'],
      'RULE_DELEGATE',
      'delegate virtual service must have no gateways specified',
    )
  }
  if (tls.length > 0)
    report.error(
      ['spec', 'tls'],
      'RULE_DELEGATE',
      'delegate virtual service must have no tls route specified',
    )
  if (tcp.length > 0)
    report.error(
      ['spec', 'tcp'],
      'RULE_DELEGATE',
      'delegate virtual service must have no tcp route specified',
    )
}

function checkClaims({ http = [], gateways = [] }: VirtualServiceSpec, report: RuleReport): void {
  for (const [i, route] of http.entries()) {
    for (const [n, match] of (route.match ?? []).entries()) {
      for (const field of ['headers', 'withoutHeaders'] as const) {
        for (const key of Object.keys(match[field] ?? {})) {
          if (!isClaimHeader(key)) continue
          report.error(
            ['spec', 'http', i, 'match', n, field, key],
            'RULE_HEADER',
            `JWT claim based routing (key: ${key}) is only supported for gateway, found no gateways: [${gateways.join(' ')}]`,
          )
        }
      }
    }
  }
}

function checkHosts(spec: VirtualServiceSpec, isForGateway: boolean, report: RuleReport): void {
  const { hosts = [], tls = [] } = spec
  const hasSni = tls.some(({ match = [] }) => match.some(({ sniHosts = [] }) => sniHosts.length > 0))
  let allValid = true
  for (const [i, host] of hosts.entries()) {
    const problem = isForGateway ? gatewayDomainProblem(host, hasSni) : wildcardDomainProblem(host)
    if (problem !== undefined) {
      if (isAddress(host)) continue
      report.error(['spec', 'hosts', i], 'RULE_HOST', problem)
      allValid = false
    } else if (host === '*' && !isForGateway) {
      report.error(
        ['spec', 'hosts', i],
        'RULE_HOST',
        'wildcard host * is not allowed for virtual services bound to the mesh gateway',
      )
      allValid = false
    }
  }
  if (!allValid) return
  for (const [i, host] of hosts.entries()) {
    for (const [n, other] of hosts.slice(i + 1).entries()) {
      if (hostsOverlap(host, other)) {
        report.error(
          ['spec', 'hosts', i + 1 + n],
          'RULE_HOST',
          `duplicate hosts in virtual service: ${host} & ${other}`,
        )
      }
    }
  }
}

function checkTlsRoute(route: TLSRoute, spec: VirtualServiceSpec, path: Path, report: RuleReport): void {
  const matches = route.match ?? []
  if (matches.length === 0)
    report.error(path, 'RULE_ROUTE', 'TLS route must have at least one match condition')
  for (const [i, match] of matches.entries()) checkTlsMatch(match, spec, [...path, 'match', i], report)
  if ((route.route?.length ?? 0) === 0) report.error(path, 'RULE_ROUTE', 'TLS route is required')
  checkWeights(route.route, [...path, 'route'], report)
}

function checkTlsMatch(
  match: TLSMatchAttributes,
  spec: VirtualServiceSpec,
  path: Path,
  report: RuleReport,
): void {
  const names = match.sniHosts ?? []
  if (names.length === 0)
    report.error([...path, 'sniHosts'], 'RULE_ROUTE', 'TLS match must have at least one SNI host')
  for (const [i, name] of names.entries()) checkSniHost(name, spec, [...path, 'sniHosts', i], report)
  checkL4Match(match, path, report)
}

function checkSniHost(name: string, spec: VirtualServiceSpec, path: Path, report: RuleReport): void {
  const problem = boundToGateways(spec) ? gatewayDomainProblem(name, true) : wildcardDomainProblem(name)
  if (problem !== undefined) {
    if (isAddress(name)) {
      report.warning(
        path,
        'RULE_HOST',
        `using an IP address (${JSON.stringify(name)}) goes against SNI spec and most clients do not support this`,
      )
    } else report.error(path, 'RULE_HOST', problem)
    return
  }
  const hosts = spec.hosts ?? []
  if (!hosts.some((host) => hostIsWithin(name, host))) {
    report.error(
      path,
      'RULE_HOST',
      `SNI host ${JSON.stringify(name)} is not a compatible subset of any of the virtual service hosts: [${hosts.join(', ')}]`,
    )
  }
}

function checkTcpRoute(route: TCPRoute, path: Path, report: RuleReport): void {
  for (const [i, match] of (route.match ?? []).entries()) checkL4Match(match, [...path, 'match', i], report)
  if ((route.route?.length ?? 0) === 0) report.error(path, 'RULE_ROUTE', 'TCP route is required')
  checkWeights(route.route, [...path, 'route'], report)
}

function checkL4Match(match: Omit<TLSMatchAttributes, 'sniHosts'>, path: Path, report: RuleReport): void {
  for (const [i, subnet] of (match.destinationSubnets ?? []).entries()) {
    report.check([...path, 'destinationSubnets', i], 'RULE_ADDRESS', subnetProblem(subnet))
  }
  if ((match.port ?? 0) !== 0) report.check([...path, 'port'], 'RULE_PORT', portProblem(match.port!))
  checkLabels(match.sourceLabels, [...path, 'sourceLabels'], report)
  checkGatewayNames(match.gateways, [...path, 'gateways'], report)
}
