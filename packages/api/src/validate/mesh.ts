import { rulesOfMeshConfig } from '../gen/rules/mesh.ts'
import type { ExtensionProvider } from '../gen/types/mesh/extension-provider.ts'
import type { MeshConfig } from '../gen/types/mesh/mesh-config.ts'
import type { MeshNetworks } from '../gen/types/mesh/mesh-networks.ts'
import { MeshConfig as MeshConfigShape, MeshNetworks as MeshNetworksShape } from '../gen/validators/mesh.ts'
import type { ParsedDocument } from '../yaml/parse.ts'
import { celIssues } from './cel.ts'
import { isFields, rooted } from './check.ts'
import { type Finding, findingOf, pathText, type RawFinding, typeName } from './findings.ts'
import { subnetProblem } from './rules/addresses.ts'
import { fqdnProblem } from './rules/dns.ts'
import { checkLocality, checkZoneAware } from './rules/locality.ts'
import { portProblem } from './rules/ports.ts'
import { type Path, RuleReport } from './rules/report.ts'
import { withoutNulls } from './rules/without-nulls.ts'
import type { Shape } from './shape.ts'

/**
 * Says what is wrong with a MeshConfig: what the control plane would refuse, and fields that do not exist, which it
 * ignores.
 *
 * @example
 * const [document] = parseDocuments(readFileSync('mesh.yaml', 'utf8'), { file: 'mesh.yaml' })
 * validateMeshConfig(document)
 */
export function validateMeshConfig(input: ParsedDocument | MeshConfig): Finding[] {
  return documentFindings(input, MeshConfigShape, (value: MeshConfig) => [
    ...celIssues(value, rulesOfMeshConfig, []).map((issue) => findingOf(issue)),
    ...meshConfigRules(value),
  ])
}

/** Says what is wrong with a MeshNetworks. */
export function validateMeshNetworks(input: ParsedDocument | MeshNetworks): Finding[] {
  return documentFindings(input, MeshNetworksShape, meshNetworksRules)
}

function documentFindings<T extends object>(
  input: ParsedDocument | T,
  shape: Shape,
  rules: (value: T) => RawFinding[],
): Finding[] {
  const document = isDocument(input) ? input : undefined
  if (document !== undefined && document.findings.length > 0) return [...document.findings]
  const value: unknown = document === undefined ? input : (document.value ?? {})
  if (!isFields(value)) {
    const message = `the document must be a map of settings, found ${typeName(value)}`
    const at = document === undefined ? {} : { range: document.position([]) }
    const file = document?.file === undefined ? {} : { file: document.file }
    return [{ code: 'SCHEMA_TYPE', severity: 'error', layer: 'schema', path: '', message, ...file, ...at }]
  }
  const schema = rooted(shape.check(value)).map((issue) =>
    findingOf(issue, issue.kind === 'unknown' ? 'warning' : 'error'),
  )
  const isBroken = schema.some(({ code }) => code === 'SCHEMA_TYPE' || code === 'SCHEMA_ENUM')
  const found = [...schema, ...(isBroken ? [] : rules(withoutNulls(value) as T))]
  return found.map(({ atKey, path, ...rest }) => {
    const range = document?.position(path, { at: atKey === true ? 'key' : 'value' })
    return {
      ...rest,
      path: pathText(path),
      ...(document?.file === undefined ? {} : { file: document.file }),
      ...(range === undefined ? {} : { range }),
    }
  })
}

function isDocument(input: unknown): input is ParsedDocument {
  return isFields(input) && typeof input['position'] === 'function' && Array.isArray(input['objects'])
}

/** Providers that exist without being defined. */
const BUILT_IN = ['prometheus', 'stackdriver', 'envoy']

function meshConfigRules(mesh: MeshConfig): RawFinding[] {
  const report = new RuleReport()
  for (const name of ['proxyListenPort', 'proxyInboundListenPort'] as const)
    checkPort(mesh[name], [name], report)
  if (mesh.proxyHttpPort !== undefined && mesh.proxyHttpPort !== 0)
    checkPort(mesh.proxyHttpPort, ['proxyHttpPort'], report)
  for (const name of ['proxyAdminPort', 'statusPort'] as const)
    checkPort(mesh.defaultConfig?.[name], ['defaultConfig', name], report)
  if (mesh.defaultConfig?.discoveryAddress !== undefined)
    checkAddress(mesh.defaultConfig.discoveryAddress, ['defaultConfig', 'discoveryAddress'], report)
  if (mesh.connectTimeout !== undefined && !(Number.parseFloat(mesh.connectTimeout) >= 0.001))
    report.error(['connectTimeout'], 'RULE_DURATION', 'duration must be greater than 1ms')
  if (mesh.trustDomain !== undefined) checkTrustDomain(mesh.trustDomain, ['trustDomain'], report)
  for (const [i, alias] of (mesh.trustDomainAliases ?? []).entries())
    checkTrustDomain(alias, ['trustDomainAliases', i], report)
  if (mesh.defaultHttpRetryPolicy?.perTryTimeout !== undefined) {
    report.error(
      ['defaultHttpRetryPolicy', 'perTryTimeout'],
      'RULE_RETRY',
      'the mesh wide retry policy cannot have a timeout for each try',
    )
  }
  // Hosts that fail are noticed by the defaults of the mesh, so that no policy is asked for.
  checkLocality(mesh.localityLbSetting, true, ['localityLbSetting'], report)
  checkZoneAware(mesh.zoneAwareLbSetting, true, ['zoneAwareLbSetting'], report)
  checkProviders(mesh, report)
  return report.findings
}

function checkProviders(mesh: MeshConfig, report: RuleReport): void {
  const names = new Set<string>()
  for (const [i, provider] of (mesh.extensionProviders ?? []).entries()) {
    const at = ['extensionProviders', i]
    if (provider.name === '') report.error([...at, 'name'], 'RULE_EMPTY', 'empty name extension provider')
    if (names.has(provider.name))
      report.error([...at, 'name'], 'RULE_NAME', `duplicate extension provider name ${provider.name}`)
    names.add(provider.name)
    checkProvider(provider, at, report)
  }
  for (const [kind, list] of Object.entries(mesh.defaultProviders ?? {})) {
    for (const [i, name] of (list as readonly string[]).entries()) {
      if (names.has(name) || BUILT_IN.includes(name)) continue
      report.error(
        ['defaultProviders', kind, i],
        'RULE_TELEMETRY',
        `there is no extension provider "${name}"`,
        `defined are ${[...names, ...BUILT_IN].join(', ')}`,
      )
    }
  }
}

function checkProvider({ name, ...kinds }: ExtensionProvider, path: Path, report: RuleReport): void {
  const [entry] = Object.entries(kinds).filter(([, value]) => isFields(value))
  if (entry === undefined) {
    report.error(
      path,
      'RULE_EMPTY',
      `extension provider "${name}" has no kind`,
      'add one, such as `opentelemetry`',
    )
    return
  }
  const [kind, settings] = entry as [string, Readonly<Record<string, unknown>>]
  const { service, port, statusOnError } = settings
  if (typeof service === 'string') {
    const [host = '', namespace, ...more] = service.split('/').reverse()
    const problem =
      more.length > 0 || host === '' || namespace === ''
        ? `service "${service}" must be a host, or a namespace and a host with "/" between`
        : fqdnProblem(host)
    report.check([...path, kind, 'service'], 'RULE_HOST', problem)
  }
  if (typeof port === 'number') checkPort(port, [...path, kind, 'port'], report)
  if (typeof statusOnError === 'string' && !/^[1-5]\d\d$/.test(statusOnError))
    report.error([...path, kind, 'statusOnError'], 'RULE_RANGE', `"${statusOnError}" is no HTTP status`)
}

function meshNetworksRules({ networks = {} }: MeshNetworks): RawFinding[] {
  const report = new RuleReport()
  for (const [name, network] of Object.entries(networks)) {
    const at = ['networks', name]
    for (const [i, { fromCidr, fromRegistry }] of (network.endpoints ?? []).entries()) {
      if (fromCidr !== undefined)
        report.check([...at, 'endpoints', i, 'fromCidr'], 'RULE_ADDRESS', subnetProblem(fromCidr))
      else if (fromRegistry === undefined || fromRegistry === '')
        report.error([...at, 'endpoints', i], 'RULE_EMPTY', 'endpoints need `fromCidr` or `fromRegistry`')
    }
    for (const [i, gateway] of (network.gateways ?? []).entries()) {
      if (gateway.port !== undefined) checkPort(gateway.port, [...at, 'gateways', i, 'port'], report)
      if (gateway.registryServiceName !== undefined)
        report.check(
          [...at, 'gateways', i, 'registryServiceName'],
          'RULE_HOST',
          fqdnProblem(gateway.registryServiceName),
        )
    }
  }
  return report.findings
}

function checkPort(port: number | undefined, path: Path, report: RuleReport): void {
  if (port !== undefined) report.check(path, 'RULE_PORT', portProblem(port))
}

function checkAddress(address: string, path: Path, report: RuleReport): void {
  const [, host = '', port = ''] = /^(.*):(\d*)$/.exec(address) ?? []
  if (host === '' || port === '')
    report.error(path, 'RULE_ADDRESS', `unable to split "${address}" into a host and a port`)
  else checkPort(Number(port), path, report)
}

function checkTrustDomain(domain: string, path: Path, report: RuleReport): void {
  if (domain.length > 255 || !/^[a-z0-9]([-._a-z0-9]*[a-z0-9])?$/.test(domain))
    report.error(path, 'RULE_HOST', `invalid trust domain "${domain}"`)
}
