import { goDuration } from '../../cel/functions/time.ts'
import type { ExtensionProvider } from '../../gen/types/mesh/extension-provider.ts'
import type { MeshConfig } from '../../gen/types/mesh/mesh-config.ts'
import type { ProxyConfig } from '../../gen/types/mesh/proxy-config.ts'
import { isFields } from '../check.ts'
import type { RawFinding } from '../findings.ts'
import { isAddress } from './addresses.ts'
import { fqdnProblem, isDnsLabel, wildcardDomainProblem } from './dns.ts'
import { checkLocality, checkZoneAware } from './locality.ts'
import { portProblem } from './ports.ts'
import { type Path, RuleReport } from './report.ts'
import { checkDuration } from './scalars.ts'
import { checkClientTls } from './traffic-policy.ts'

/** Providers that exist without being defined. */
const BUILT_IN = ['prometheus', 'stackdriver', 'envoy']

const HOUR = 3_600_000_000_000n
const MILLISECOND = 1_000_000n
const SECOND = 1_000_000_000n

/** What the control plane refuses in a MeshConfig, and what it warns of. */
export function meshConfigRules(mesh: MeshConfig): RawFinding[] {
  const report = new RuleReport()
  checkPort(mesh.proxyListenPort, ['proxyListenPort'], report)
  checkTimes(mesh, report)
  if (mesh.defaultConfig !== undefined) checkProxyConfig(mesh.defaultConfig, ['defaultConfig'], report)
  if (mesh.trustDomain !== undefined)
    report.check(['trustDomain'], 'RULE_HOST', trustDomainProblem(mesh.trustDomain))
  for (const [i, alias] of (mesh.trustDomainAliases ?? []).entries())
    report.check(['trustDomainAliases', i], 'RULE_HOST', trustDomainProblem(alias))
  for (const [i, { hosts = [] }] of (mesh.serviceSettings ?? []).entries()) {
    for (const [n, host] of hosts.entries())
      report.check(['serviceSettings', i, 'hosts', n], 'RULE_HOST', wildcardDomainProblem(host))
  }
  if (mesh.defaultHttpRetryPolicy?.perTryTimeout !== undefined) {
    report.warning(
      ['defaultHttpRetryPolicy', 'perTryTimeout'],
      'RULE_RETRY',
      'the mesh wide retry policy has no timeout for each try, this one is ignored',
    )
  }
  // Hosts that fail are noticed by the defaults of the mesh, so that no policy is asked for.
  checkLocality(mesh.localityLbSetting, true, ['localityLbSetting'], report)
  checkZoneAware(mesh.zoneAwareLbSetting, true, ['zoneAwareLbSetting'], report)
  checkTls(mesh, report)
  checkProviders(mesh, report)
  return report.findings
}

function checkTimes({ connectTimeout, protocolDetectionTimeout }: MeshConfig, report: RuleReport): void {
  checkDuration(connectTimeout, ['connectTimeout'], report)
  if ((goDuration(connectTimeout ?? '1s') ?? 0n) > HOUR)
    report.error(['connectTimeout'], 'RULE_DURATION', `time ${connectTimeout} must be >1ms and <1h0m0s`)
  if (protocolDetectionTimeout === undefined) return
  const nanos = goDuration(protocolDetectionTimeout)
  if (nanos !== undefined && nanos % MILLISECOND !== 0n) {
    report.error(
      ['protocolDetectionTimeout'],
      'RULE_DURATION',
      'only durations to ms precision are supported',
    )
  }
}

const CURVES = new Set([
  'P-224',
  'P-256',
  'P-384',
  'P-521',
  'X25519',
  'X25519Kyber768Draft00',
  'X25519MLKEM768',
])

function checkTls({ meshMTLS, tlsDefaults }: MeshConfig, report: RuleReport): void {
  if ((meshMTLS?.ecdhCurves?.length ?? 0) > 0) {
    report.error(
      ['meshMTLS', 'ecdhCurves'],
      'RULE_TLS',
      'mesh TLS does not support ECDH curves configuration',
      'set tlsDefaults.ecdhCurves for TLS outside the mesh',
    )
  }
  const curves = tlsDefaults?.ecdhCurves ?? []
  for (const [i, curve] of curves.entries()) {
    const at = ['tlsDefaults', 'ecdhCurves', i]
    if (curve !== '' && !CURVES.has(curve))
      report.warning(at, 'RULE_TLS', `detected unrecognized ECDH curves: [${curve}]`)
    else if (curves.indexOf(curve) < i)
      report.warning(at, 'RULE_TLS', `detected duplicate ECDH curves: [${curve}]`)
  }
}

/** Tracers whose address is looked at. */
const TRACERS = ['lightstep', 'zipkin', 'datadog'] as const

function checkProxyConfig(config: ProxyConfig, path: Path, report: RuleReport): void {
  for (const [field, what] of [
    ['configPath', 'config path must be set'],
    ['binaryPath', 'binary path must be set'],
    ['serviceCluster', 'service cluster must be specified'],
    ['discoveryAddress', 'discovery address must be set to the proxy discovery service'],
  ] as const) {
    if (config[field] === '') report.error([...path, field], 'RULE_EMPTY', what)
  }
  checkDuration(config.drainDuration, [...path, 'drainDuration'], report)
  const drain = goDuration(config.drainDuration ?? '0s') ?? 0n
  if (drain % MILLISECOND === 0n && drain % SECOND !== 0n) {
    report.error(
      [...path, 'drainDuration'],
      'RULE_DURATION',
      'drain time only supports durations to seconds precision',
    )
  }
  for (const field of ['discoveryAddress', 'statsdUdpAddress', 'envoyMetricsServiceAddress'] as const)
    checkProxyAddress(config[field], [...path, field], report)
  for (const field of ['envoyMetricsService', 'envoyAccessLogService'] as const)
    checkProxyAddress(config[field]?.address, [...path, field, 'address'], report)
  for (const tracer of TRACERS) {
    const settings = config.tracing?.[tracer]
    if (settings === undefined) continue
    const address = typeof settings['address'] === 'string' ? settings['address'] : ''
    const at = [...path, 'tracing', tracer, 'address']
    if (address === '') report.error(at, 'RULE_ADDRESS', 'unable to split "" into a host and a port')
    else checkProxyAddress(address.replace('$(HOST_IP)', '127.0.0.1'), at, report)
    if (tracer === 'lightstep' && (settings['accessToken'] ?? '') === '')
      report.error([...path, 'tracing', tracer, 'accessToken'], 'RULE_EMPTY', 'access token is required')
  }
  checkClientTls(config.tracing?.tlsSettings, '', [...path, 'tracing', 'tlsSettings'], report)
  for (const field of ['proxyAdminPort', 'statusPort'] as const)
    checkPort(config[field], [...path, field], report)
  checkKeyProvider(config.privateKeyProvider, [...path, 'privateKeyProvider'], report)
  if (config.proxyMetadata?.['ISTIO_META_DNS_AUTO_ALLOCATE'] !== undefined) {
    report.warning(
      [...path, 'proxyMetadata', 'ISTIO_META_DNS_AUTO_ALLOCATE'],
      'RULE_DEPRECATED',
      "'ISTIO_META_DNS_AUTO_ALLOCATE' is deprecated: the control plane gives addresses to names by itself",
    )
  }
}

function checkKeyProvider(provider: ProxyConfig['privateKeyProvider'], path: Path, report: RuleReport): void {
  if (provider === undefined) return
  const kind = (['cryptomb', 'qat'] as const).find((one) => isFields(provider[one]))
  if (kind === undefined) {
    report.error(path, 'RULE_EMPTY', 'private key provider configuration is required')
    return
  }
  const delay = (provider[kind] as { readonly pollDelay?: unknown }).pollDelay
  if (delay === undefined) report.error([...path, kind, 'pollDelay'], 'RULE_EMPTY', 'pollDelay is required')
  else if (typeof delay === 'string' && goDuration(delay) === 0n)
    report.error([...path, kind, 'pollDelay'], 'RULE_DURATION', 'pollDelay must be non zero')
}

/** A provider that is wrong is no reason to refuse the rest: it matters when it is used. */
function checkProviders(mesh: MeshConfig, report: RuleReport): void {
  const names = new Set<string>()
  for (const [i, provider] of (mesh.extensionProviders ?? []).entries()) {
    const at = ['extensionProviders', i]
    if (provider.name === '') report.warning([...at, 'name'], 'RULE_EMPTY', 'empty name extension provider')
    if (names.has(provider.name))
      report.warning([...at, 'name'], 'RULE_NAME', `duplicate extension provider name ${provider.name}`)
    names.add(provider.name)
    checkProvider(provider, at, report)
  }
  for (const [kind, list] of Object.entries(mesh.defaultProviders ?? {})) {
    for (const [i, name] of (list as readonly string[]).entries()) {
      if (names.has(name) || BUILT_IN.includes(name)) continue
      report.warning(
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
    report.warning(
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
    if (problem !== undefined) report.warning([...path, kind, 'service'], 'RULE_HOST', problem)
  }
  if (typeof port === 'number') warnPort(port, [...path, kind, 'port'], report)
  if (typeof statusOnError === 'string' && !/^[1-5]\d\d$/.test(statusOnError))
    report.warning([...path, kind, 'statusOnError'], 'RULE_RANGE', `"${statusOnError}" is no HTTP status`)
}

function warnPort(port: number, path: Path, report: RuleReport): void {
  const problem = portProblem(port)
  if (problem !== undefined) report.warning(path, 'RULE_PORT', problem)
}

/** Checks a port that is given. */
export function checkPort(port: number | undefined, path: Path, report: RuleReport): void {
  if (port !== undefined) report.check(path, 'RULE_PORT', portProblem(port))
}

/** Checks `host:port`, where the host may be an address; one of IPv6 stands in brackets. */
function checkProxyAddress(address: string | undefined, path: Path, report: RuleReport): void {
  if (address === undefined || address === '') return
  const match = /^(?:\[([^[\]]*)\]|([^:[\]]*)):([^:[\]]*)$/.exec(address)
  if (match === null) {
    report.error(path, 'RULE_ADDRESS', `unable to split ${JSON.stringify(address)} into a host and a port`)
    return
  }
  const host = match[1] ?? match[2]!
  const port = match[3]!
  if (!/^[+-]?\d+$/.test(port)) report.error(path, 'RULE_PORT', `port (${port}) is not a number`)
  else if (portProblem(Number(port)) !== undefined)
    report.error(path, 'RULE_PORT', portProblem(Number(port))!)
  else if (fqdnProblem(host) !== undefined && !isAddress(host))
    report.error(path, 'RULE_ADDRESS', `${JSON.stringify(host)} is not a valid hostname or an IP address`)
}

/** What is wrong with a trust domain: labels with dots between; the last may be empty. */
function trustDomainProblem(domain: string): string | undefined {
  if (domain === '') return 'empty domain name not allowed'
  const labels = domain.split('.')
  if (labels[labels.length - 1] === '') labels.pop()
  return labels.every((label) => isDnsLabel(label))
    ? undefined
    : `trust domain name ${JSON.stringify(domain)} invalid`
}
