import type { ServiceEntrySpec } from '../../gen/types/networking/service-entry.ts'
import { isAddress, subnetProblem } from './addresses.ts'
import { fqdnProblem, partialWildcardProblem, wildcardDomainProblem } from './dns.ts'
import { checkExportTo } from './export-to.ts'
import { checkLabels, checkWorkloadSelector } from './labels.ts'
import { isHttp, isTcp, isTls, portNameProblem, portProblem, protocolProblem } from './ports.ts'
import type { KindRules, RuleReport } from './report.ts'
import { checkEndpointPorts, checkWorkload } from './workload-entry.ts'

/** Rules of ServiceEntry. */
export const serviceEntryRules: KindRules<ServiceEntrySpec> = (spec, { namespace, labels }, report) => {
  const { hosts = [], addresses = [], endpoints = [], workloadSelector, resolution = 'NONE' } = spec
  checkWorkloadSelector(workloadSelector, ['spec', 'workloadSelector'], 'service entry', report)
  if (workloadSelector !== undefined && endpoints.length > 0) {
    report.error(
      ['spec', 'endpoints'],
      'RULE_SERVICE_ENTRY',
      'only one of WorkloadSelector or Endpoints is allowed in Service Entry',
    )
  }
  if (hosts.length === 0)
    report.error(['spec', 'hosts'], 'RULE_HOST', 'service entry must have at least one host')
  for (const [i, host] of hosts.entries()) {
    const path = ['spec', 'hosts', i]
    if (host === '*') report.error(path, 'RULE_HOST', 'invalid host *')
    else {
      report.check(path, 'RULE_HOST', wildcardDomainProblem(host))
      const partial = partialWildcardProblem(host)
      if (partial !== undefined) report.warning(path, 'RULE_HOST', partial)
    }
  }
  for (const [i, address] of addresses.entries()) {
    report.check(['spec', 'addresses', i], 'RULE_ADDRESS', subnetProblem(address))
    if (address.includes('/') && resolution !== 'NONE' && resolution !== 'STATIC') {
      report.error(
        ['spec', 'addresses', i],
        'RULE_ADDRESS',
        'CIDR addresses are allowed only for NONE/STATIC resolution types',
      )
    }
  }
  const names = checkPorts(spec, report)
  warnAboutAddresses(spec, labels, report)
  checkResolution(spec, names, report)
  checkManyHosts(spec, report)
  checkExportTo(spec.exportTo, { namespace, mayBeNone: true }, report)
}

function checkPorts({ ports = [] }: ServiceEntrySpec, report: RuleReport): Set<string> {
  const names = new Set<string>()
  const numbers = new Set<number>()
  for (const [i, { name = '', number = 0, targetPort = 0, protocol = '' }] of ports.entries()) {
    const path = ['spec', 'ports', i]
    if (names.has(name))
      report.error(
        [...path, 'name'],
        'RULE_PORT',
        `service entry port name ${JSON.stringify(name)} already defined`,
      )
    if (numbers.has(number))
      report.error([...path, 'number'], 'RULE_PORT', `service entry port ${number} already defined`)
    names.add(name)
    numbers.add(number)
    if (targetPort !== 0) {
      report.check([...path, 'targetPort'], 'RULE_PORT', portProblem(targetPort))
    }
    report.check([...path, 'name'], 'RULE_PORT', portNameProblem(name))
    report.check([...path, 'protocol'], 'RULE_PROTOCOL', protocolProblem(protocol))
    report.check([...path, 'number'], 'RULE_PORT', portProblem(number))
  }
  return names
}

const AUTO_ALLOCATE = 'networking.istio.io/enable-autoallocate-ip'

/** A TCP port without an address takes every connection to its number. The control plane gives addresses to names it resolves. */
function warnAboutAddresses(
  { addresses = [], ports = [], resolution = 'NONE' }: ServiceEntrySpec,
  labels: Readonly<Record<string, string>>,
  report: RuleReport,
): void {
  const getsAddresses = resolution !== 'NONE' && labels[AUTO_ALLOCATE]?.toLowerCase() !== 'false'
  if (addresses.length > 0 || getsAddresses) return
  for (const [i, { protocol = '' }] of ports.entries()) {
    if (protocol !== '' && protocol !== 'TCP') continue
    report.warning(
      ['spec', 'ports', i],
      'RULE_SERVICE_ENTRY',
      'addresses are required for ports serving TCP (or unset) protocol when IP Autoallocation is not enabled',
    )
  }
}

function checkResolution(spec: ServiceEntrySpec, names: ReadonlySet<string>, report: RuleReport): void {
  const {
    resolution = 'NONE',
    endpoints = [],
    workloadSelector,
    hosts = [],
    ports = [],
    addresses = [],
  } = spec
  switch (resolution) {
    case 'NONE':
      if (endpoints.length > 0) {
        report.error(
          ['spec', 'endpoints'],
          'RULE_SERVICE_ENTRY',
          'no endpoints should be provided for resolution type none',
        )
      }
      if (workloadSelector !== undefined) {
        report.warning(
          ['spec', 'workloadSelector'],
          'RULE_SERVICE_ENTRY',
          'workloadSelector should not be set when resolution mode is NONE',
        )
      }
      return
    case 'STATIC':
      for (const [i, endpoint] of endpoints.entries()) {
        checkWorkload(endpoint, ['spec', 'endpoints', i], report, { servicePorts: names, allowNames: false })
      }
      return
    case 'DYNAMIC_DNS':
      checkDynamic(spec, report)
      return
    default:
      break
  }
  if (endpoints.length === 0) {
    for (const [i, host] of hosts.entries()) {
      if (fqdnProblem(host) !== undefined) {
        report.error(
          ['spec', 'hosts', i],
          'RULE_HOST',
          `hosts must be FQDN if no endpoints are provided for resolution mode ${resolution}`,
        )
      }
    }
  }
  if (resolution === 'DNS_ROUND_ROBIN' && endpoints.length > 1) {
    report.error(
      ['spec', 'endpoints'],
      'RULE_SERVICE_ENTRY',
      'there must only be 0 or 1 endpoint for resolution mode DNS_ROUND_ROBIN',
    )
  }
  for (const [i, { address = '', labels, ports: endpointPorts = {} }] of endpoints.entries()) {
    const path = ['spec', 'endpoints', i]
    if (!isAddress(address) && fqdnProblem(address) !== undefined) {
      report.error(
        [...path, 'address'],
        'RULE_ADDRESS',
        `endpoint address ${JSON.stringify(address)} is not a valid FQDN or an IP address`,
      )
    }
    checkLabels(labels, [...path, 'labels'], report)
    checkEndpointPorts(endpointPorts, names, [...path, 'ports'], report)
  }
  if (addresses.length > 0 && hosts.length > 1 && ports.some(({ protocol = '' }) => isTcp(protocol))) {
    report.warning(
      ['spec', 'hosts'],
      'RULE_SERVICE_ENTRY',
      'service entry can not have more than one host specified simultaneously with address and tcp port',
    )
  }
}

/** Hosts that are resolved when a request comes: wildcards, found by Host or SNI. */
function checkDynamic(
  { hosts = [], endpoints = [], workloadSelector, ports = [] }: ServiceEntrySpec,
  report: RuleReport,
): void {
  for (const [i, host] of hosts.entries()) {
    if (!host.startsWith('*')) {
      report.warning(
        ['spec', 'hosts', i],
        'RULE_HOST',
        'resolution mode DYNAMIC_DNS is meant for wildcard hosts',
        'use DNS for a single name',
      )
    }
  }
  if (endpoints.length > 0) {
    report.error(
      ['spec', 'endpoints'],
      'RULE_SERVICE_ENTRY',
      'no endpoints should be provided for resolution type DYNAMIC_DNS',
    )
  }
  if (workloadSelector !== undefined) {
    report.warning(
      ['spec', 'workloadSelector'],
      'RULE_SERVICE_ENTRY',
      'workloadSelector should not be set when resolution mode is DYNAMIC_DNS',
    )
  }
  for (const [i, { protocol = '' }] of ports.entries()) {
    if (!isHttp(protocol) && !isTls(protocol)) {
      report.warning(
        ['spec', 'ports', i, 'protocol'],
        'RULE_PROTOCOL',
        'resolution mode DYNAMIC_DNS finds hosts by Host or SNI, which only HTTP and TLS have',
      )
    }
  }
}

/** Several hosts on one port are told apart by Host or SNI; bytes of other protocols name no host. */
function checkManyHosts(
  { resolution = 'NONE', hosts = [], ports = [] }: ServiceEntrySpec,
  report: RuleReport,
): void {
  if (resolution === 'NONE' || hosts.length < 2) return
  const i = ports.findIndex(({ protocol = '' }) => !isHttp(protocol) && !isTls(protocol))
  if (i >= 0)
    report.error(
      ['spec', 'ports', i],
      'RULE_SERVICE_ENTRY',
      'multiple hosts provided with non-HTTP, non-TLS ports',
    )
}
