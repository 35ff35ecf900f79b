import type { Destination, ServiceEntry } from '@batten/api'
import type { MeshDestinationRule } from './destination-rule.ts'
import type { Finding } from './finding.ts'
import { hostsOverlap, isExportedTo, resolveHost } from './host.ts'
import { DEFAULT_NAMESPACE } from './object-key.ts'
import { type MeshService, serviceKey } from './service.ts'
import type { MeshSnapshot, StoredObject } from './snapshot.ts'
import { locate } from './validate-object.ts'
import { destinationsOf, MESH_GATEWAY, type MeshVirtualService } from './virtual-service.ts'
import type { WasmModuleSource } from './wasm-plugin.ts'
import { selects } from './workload.ts'

type Tell = (finding: Omit<Finding, 'object' | 'file' | 'line' | 'column'>) => void

/** What objects refer to and nobody defines, and which of them contradict each other. */
export function referenceFindings(snapshot: MeshSnapshot, wasm?: WasmModuleSource): Finding[] {
  const findings: Finding[] = []
  const about = (key: string): Tell => {
    const stored = snapshot.objects.get(key)
    return (finding) => findings.push(at(stored, finding))
  }
  for (const virtualService of snapshot.virtualServices.values()) {
    const tell = about(virtualService.key)
    tellGateways(snapshot, virtualService, tell)
    for (const { destination, path } of destinationsOf(virtualService))
      tellDestination(snapshot, virtualService, destination, path, tell)
  }
  tellHostConflicts(snapshot, about)
  for (const rules of snapshot.destinationRules.values())
    for (const rule of rules) tellRuleHost(snapshot, rule, about(rule.key))
  for (const gateway of snapshot.gateways.values()) {
    const tell = about(gateway.key)
    const isServed = [...snapshot.workloads.values()].some(({ labels }) => selects(gateway.selector, labels))
    if (!isServed)
      tell({
        code: 'CP_GATEWAY_WITHOUT_PROXY',
        severity: 'warning',
        message: `no workload has the labels ${labelText(gateway.selector)}, so nothing serves this gateway`,
        path: 'spec.selector',
        hint: 'use the labels of your gateway pods, e.g. "istio: ingressgateway"',
      })
  }
  for (const { key, object } of snapshot.objects.values())
    if (object.kind === 'ServiceEntry') tellLostPorts(snapshot, object as unknown as ServiceEntry, about(key))
  if (wasm !== undefined) tellModules(snapshot, wasm, about)
  return findings
}

function at(
  stored: StoredObject | undefined,
  finding: Omit<Finding, 'object' | 'file' | 'line' | 'column'>,
): Finding {
  return stored === undefined ? finding : locate(finding, stored.object, stored.origin)
}

function tellGateways(snapshot: MeshSnapshot, { gateways, spec }: MeshVirtualService, tell: Tell): void {
  gateways.forEach((name, i) => {
    if (name === MESH_GATEWAY || snapshot.gateways.has(name)) return
    tell({
      code: 'CP_GATEWAY_UNKNOWN',
      severity: 'error',
      message: `there is no Gateway ${name}`,
      path: (spec.gateways ?? []).length === 0 ? 'spec' : `spec.gateways[${i}]`,
      hint: 'create it, or write namespace/name if it is in another namespace',
    })
  })
}

function tellDestination(
  snapshot: MeshSnapshot,
  virtualService: MeshVirtualService,
  destination: Destination,
  path: string,
  tell: Tell,
): void {
  const { namespace } = virtualService
  const host = resolveHost(destination.host, namespace, snapshot.mesh.domainSuffix)
  const service = servicesBehind(snapshot, host).find((one) =>
    isExportedTo(one.exportTo, one.namespace, namespace),
  )
  if (service === undefined) {
    if (isCoveredByWildcard(snapshot, host)) return
    tell({
      code: 'CP_HOST_UNKNOWN',
      severity: 'error',
      message: `there is no service ${host}, so requests for it fail`,
      path: `${path}.host`,
      hint: 'create the Service or a ServiceEntry, or correct the name',
    })
    return
  }
  const port = destination.port?.number
  if (port !== undefined && !service.ports.some(({ number }) => number === port))
    tell({
      code: 'CP_PORT_UNKNOWN',
      severity: 'error',
      message: `${host} has no port ${port}; it has ${service.ports.map(({ number }) => number).join(', ')}`,
      path: `${path}.port.number`,
    })
  if (port === undefined) tellPortOfListener(snapshot, virtualService, service, path, tell)
  const { subset } = destination
  if (subset === undefined || subset === '') return
  const defined = rulesFor(snapshot, host).flatMap((rule) =>
    (rule.spec.subsets ?? []).map(({ name }) => name),
  )
  if (defined.includes(subset)) return
  tell({
    code: 'CP_SUBSET_UNDEFINED',
    severity: 'error',
    message: `no DestinationRule defines subset "${subset}" of ${host}, so requests for it fail`,
    path: `${path}.subset`,
    hint:
      defined.length === 0
        ? 'add a DestinationRule with this subset, or remove `subset`'
        : `defined are ${[...new Set(defined)].sort().join(', ')}`,
  })
}

/** Without a port sidecars keep the one of the request, which the destination may not have. */
function tellPortOfListener(
  snapshot: MeshSnapshot,
  { hosts, gateways, spec }: MeshVirtualService,
  service: MeshService,
  path: string,
  tell: Tell,
): void {
  if (!gateways.includes(MESH_GATEWAY) || !path.startsWith('spec.http')) return
  if (spec.http?.some(({ match = [] }) => match.some((one) => one.gateways !== undefined))) return
  const called = hosts.flatMap((host) => servicesBehind(snapshot, host))
  if (hosts.some((host) => host.startsWith('*'))) return
  // A host that is no service lives on port 80.
  const ports = new Set(called.length === 0 ? [80] : called.flatMap((one) => one.ports.map((p) => p.number)))
  if (service.ports.some(({ number }) => ports.has(number))) return
  const own = service.ports.map(({ number }) => number).join(', ')
  tell({
    code: 'CP_PORT_UNKNOWN',
    severity: 'warning',
    message: `sidecars keep the port of the request, ${[...ports].join(' or ')}, and ${service.hostname} has only ${own}, so their requests fail`,
    path,
    hint: 'name the port of the destination',
  })
}

/** The services of a hostname; of a name that stands for another one, the services of that. */
function servicesBehind(snapshot: MeshSnapshot, host: string): readonly MeshService[] {
  const services = snapshot.servicesByHost.get(host) ?? []
  return services.flatMap((one) =>
    one.aliasOf === undefined ? [one] : (snapshot.servicesByHost.get(one.aliasOf) ?? []),
  )
}

function isCoveredByWildcard(snapshot: MeshSnapshot, host: string): boolean {
  for (const known of snapshot.servicesByHost.keys())
    if (known.startsWith('*') && hostsOverlap(known, host)) return true
  return false
}

function rulesFor(snapshot: MeshSnapshot, host: string): MeshDestinationRule[] {
  return [...snapshot.destinationRules.values()].flat().filter((rule) => hostsOverlap(rule.host, host))
}

function tellRuleHost(snapshot: MeshSnapshot, rule: MeshDestinationRule, tell: Tell): void {
  for (const host of snapshot.servicesByHost.keys()) if (hostsOverlap(rule.host, host)) return
  tell({
    code: 'CP_HOST_UNKNOWN',
    severity: 'warning',
    message: `there is no service ${rule.host}, so the rule has no effect`,
    path: 'spec.host',
    hint: 'create the Service or a ServiceEntry, or correct the name',
  })
}

/** Sidecars take only the oldest VirtualService of a host. */
function tellHostConflicts(snapshot: MeshSnapshot, about: (key: string) => Tell): void {
  const owners = new Map<string, MeshVirtualService[]>()
  for (const virtualService of snapshot.virtualServices.values()) {
    if (!virtualService.gateways.includes(MESH_GATEWAY)) continue
    for (const host of virtualService.hosts) owners.set(host, [...(owners.get(host) ?? []), virtualService])
  }
  for (const [host, list] of owners)
    for (const one of list) {
      const others = list.filter((other) => other !== one && isSeenWith(one, other))
      if (others.length === 0) continue
      const names = others.map(({ namespace, name }) => `${namespace}/${name}`).sort()
      about(one.key)({
        code: 'CP_VIRTUAL_SERVICE_CONFLICT',
        severity: 'warning',
        message: `${names.join(', ')} has the host ${host} as well; sidecars use the oldest only`,
        path: 'spec.hosts',
        hint: 'put the routes into one VirtualService',
      })
    }
}

/** Whether any namespace sees both. */
function isSeenWith(a: MeshVirtualService, b: MeshVirtualService): boolean {
  const namespaces = ({ exportTo, namespace }: MeshVirtualService) =>
    exportTo.length === 0 || exportTo.includes('*')
      ? undefined
      : new Set(exportTo.map((item) => (item === '.' ? namespace : item)))
  const ofA = namespaces(a)
  const ofB = namespaces(b)
  // What is exported to everybody is seen by whoever sees the other one, and `~` is nobody.
  if (ofA === undefined || ofB === undefined)
    return [...(ofA ?? ofB ?? ['everybody'])].some((item) => item !== '~')
  return [...ofA].some((item) => item !== '~' && ofB.has(item))
}

function tellModules(snapshot: MeshSnapshot, wasm: WasmModuleSource, about: (key: string) => Tell): void {
  for (const plugin of [...snapshot.wasmPlugins.values()].flat()) {
    const failure = wasm.failures.get(plugin.moduleKey)
    if (failure === undefined) continue
    const hasLastGood = snapshot.wasmModules.get(plugin.moduleKey)?.bytes !== undefined
    about(plugin.key)({
      code: 'CP_WASM_UNAVAILABLE',
      severity: 'error',
      message: `${failure.message}${hasLastGood ? '; the last good module stays' : ''}`,
      path: 'spec.url',
      hint: failure.hint,
    })
  }
}

/** Ports of a ServiceEntry that an older one, or a Service, with the same host in its namespace keeps from it. */
function tellLostPorts(snapshot: MeshSnapshot, entry: ServiceEntry, tell: Tell): void {
  const { name = '', namespace = DEFAULT_NAMESPACE } = entry.metadata
  for (const [i, hostname] of entry.spec.hosts.entries()) {
    const service = snapshot.services.get(serviceKey(namespace, hostname))
    if (service === undefined || (service.registry === 'external' && service.name === name)) continue
    const own = new Set(service.ports.flatMap(({ number, from }) => (from?.entry === name ? [number] : [])))
    const lost = (entry.spec.ports ?? []).map(({ number }) => number).filter((number) => !own.has(number))
    if (lost.length === 0) continue
    const kind = service.registry === 'kubernetes' ? 'Service' : 'older ServiceEntry'
    tell({
      code: 'CP_SERVICE_ENTRY_CONFLICT',
      severity: 'warning',
      message: `the ${kind} ${namespace}/${service.name} has the host ${hostname} as well, so ${lost.join(', ')} of this one has no effect`,
      path: `spec.hosts[${i}]`,
      hint: 'put the ports into one object; two ServiceEntries of one host must be alike but for their ports',
    })
  }
}

function labelText(labels: Readonly<Record<string, string>>): string {
  return (
    Object.entries(labels)
      .map(([key, value]) => `${key}=${value}`)
      .join(', ') || '(none)'
  )
}
