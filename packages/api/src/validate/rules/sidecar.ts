import type {
  IstioEgressListener,
  IstioIngressListener,
  SidecarPort,
  SidecarSpec,
} from '../../gen/types/networking/sidecar.ts'
import { addressProblem, socketProblem, UNIX } from './addresses.ts'
import { checkDestination } from './destinations.ts'
import { fqdnProblem } from './dns.ts'
import { checkScopedHost } from './gateway.ts'
import { checkWorkloadSelector } from './labels.ts'
import { isHttp, portNameProblem, portProblem, protocolProblem } from './ports.ts'
import type { KindRules, Path, RuleReport } from './report.ts'
import { checkServerTls } from './server-tls.ts'
import { checkConnectionPool } from './traffic-policy.ts'

/** Rules of Sidecar. */
export const sidecarRules: KindRules<SidecarSpec> = (spec, { namespace }, report) => {
  checkWorkloadSelector(spec.workloadSelector, ['spec', 'workloadSelector'], 'sidecar', report)
  const { ingress = [], egress = [], outboundTrafficPolicy, inboundConnectionPool } = spec
  if (
    egress.length === 0 &&
    ingress.length === 0 &&
    outboundTrafficPolicy === undefined &&
    inboundConnectionPool === undefined
  ) {
    report.error(['spec'], 'RULE_EMPTY', 'sidecar: empty configuration provided')
    return
  }
  const ports = new Set<number>()
  for (const [i, listener] of ingress.entries()) checkIngress(listener, ports, ['spec', 'ingress', i], report)
  checkConnectionPool(inboundConnectionPool, ['spec', 'inboundConnectionPool'], report)
  checkEgressListeners(egress, namespace, report)
  checkOutboundPolicy(spec, report)
}

const DEFAULT_ENDPOINTS = ['', '127.0.0.1', '0.0.0.0', '::1', '::']

function checkIngress(
  listener: IstioIngressListener,
  ports: Set<number>,
  path: Path,
  report: RuleReport,
): void {
  const { bind = '', defaultEndpoint = '', tls, connectionPool } = listener
  const port = listener.port as SidecarPort | undefined
  if (port === undefined) {
    report.error([...path, 'port'], 'RULE_PORT', 'sidecar: port is required for ingress listeners')
    return
  }
  const { number = 0, name = '', protocol = '' } = port
  checkListenerPort(port, [...path, 'port'], report)
  report.check([...path, 'port', 'number'], 'RULE_PORT', portProblem(number))
  if (bind !== '') report.check([...path, 'bind'], 'RULE_ADDRESS', addressProblem(bind))
  if (ports.has(number))
    report.error(
      [...path, 'port', 'number'],
      'RULE_PORT',
      'sidecar: ports on IP bound listeners must be unique',
    )
  ports.add(number)
  if (defaultEndpoint !== '') checkDefaultEndpoint(defaultEndpoint, [...path, 'defaultEndpoint'], report)
  if (tls !== undefined) {
    const at = [...path, 'tls']
    if ((tls.subjectAltNames?.length ?? 0) > 0) {
      report.error(
        [...at, 'subjectAltNames'],
        'RULE_TLS',
        'sidecar: subjectAltNames is not supported in ingress tls',
      )
    }
    if (tls.httpsRedirect === true)
      report.error([...at, 'httpsRedirect'], 'RULE_TLS', 'sidecar: httpsRedirect is not supported')
    if ((tls.credentialName ?? '') !== '') {
      report.error(
        [...at, 'credentialName'],
        'RULE_TLS',
        'sidecar: credentialName is not currently supported',
      )
    }
    if (tls.mode === 'ISTIO_MUTUAL' || tls.mode === 'AUTO_PASSTHROUGH') {
      report.error(
        [...at, 'mode'],
        'RULE_TLS',
        `configuration is invalid: cannot set mode to ${tls.mode} in sidecar ingress tls`,
      )
    }
    checkServerTls(tls, at, report)
  }
  checkConnectionPool(connectionPool, [...path, 'connectionPool'], report)
  if (connectionPool?.http !== undefined && !isHttp(protocol)) {
    report.warning(
      [...path, 'connectionPool', 'http'],
      'RULE_TRAFFIC_POLICY',
      `sidecar: HTTP connection pool settings are configured for port ${number} (${JSON.stringify(name)}) but its protocol is not HTTP (${protocol}); only TCP settings will apply`,
    )
  }
}

function checkListenerPort(port: SidecarPort, path: Path, report: RuleReport): void {
  const { name = '', protocol = '', targetPort = 0 } = port
  if (targetPort > 0)
    report.error([...path, 'targetPort'], 'RULE_PORT', 'targetPort has no impact on Sidecars')
  if (name !== '') report.check([...path, 'name'], 'RULE_PORT', portNameProblem(name))
  report.check([...path, 'protocol'], 'RULE_PROTOCOL', protocolProblem(protocol))
}

function checkDefaultEndpoint(endpoint: string, path: Path, report: RuleReport): void {
  if (endpoint.startsWith(UNIX)) {
    report.check(path, 'RULE_ADDRESS', socketProblem(endpoint.slice(UNIX.length)))
    return
  }
  const match = /^(?:\[([^\]]*)\]|([^:]*)):([^:]*)$/.exec(endpoint)
  if (match === null) {
    report.error(path, 'RULE_ADDRESS', `address ${endpoint}: missing port in address`)
    return
  }
  const host = match[1] ?? match[2]!
  const port = match[3]!
  if (!DEFAULT_ENDPOINTS.includes(host)) {
    report.error(
      path,
      'RULE_ADDRESS',
      'sidecar: defaultEndpoint must be of form 127.0.0.1:<port>,0.0.0.0:<port>,[::1]:port,[::]:port,unix://filepath or unset',
    )
  }
  if (!/^[+-]?\d+$/.test(port))
    report.error(path, 'RULE_PORT', `sidecar: defaultEndpoint port (${port}) is not a number`)
  else report.check(path, 'RULE_PORT', portProblem(Number(port)))
}

function checkEgressListeners(
  egress: readonly IstioEgressListener[],
  namespace: string,
  report: RuleReport,
): void {
  const ports = new Set<number>()
  const sockets = new Set<string>()
  let hasCatchAll = false
  for (const [i, listener] of egress.entries()) {
    const path = ['spec', 'egress', i]
    if (listener.port === undefined) {
      if (hasCatchAll) {
        report.error(path, 'RULE_PORT', 'sidecar: egress can have only one listener with empty port')
        continue
      }
      if (i === egress.length - 1) hasCatchAll = true
      else
        report.error(
          path,
          'RULE_PORT',
          'sidecar: the egress listener with empty port should be the last listener in the list',
        )
    } else checkEgressPort(listener, listener.port, ports, sockets, path, report)
    checkEgressHosts(listener.hosts ?? [], namespace, [...path, 'hosts'], report)
  }
}

function checkEgressPort(
  listener: IstioEgressListener,
  port: SidecarPort,
  ports: Set<number>,
  sockets: Set<string>,
  path: Path,
  report: RuleReport,
): void {
  const { bind = '', captureMode = 'DEFAULT' } = listener
  const number = port.number ?? 0
  checkListenerPort(port, [...path, 'port'], report)
  if (number === 0) {
    if (!bind.startsWith(UNIX)) {
      report.error(
        [...path, 'bind'],
        'RULE_ADDRESS',
        'sidecar: ports with 0 value must have a unix domain socket bind address',
      )
    } else report.check([...path, 'bind'], 'RULE_ADDRESS', socketProblem(bind.slice(UNIX.length)))
    if (captureMode === 'IPTABLES') {
      report.error(
        [...path, 'captureMode'],
        'RULE_ADDRESS',
        'sidecar: captureMode must be DEFAULT/NONE for unix domain socket listeners',
      )
    }
    if (sockets.has(bind)) {
      report.error(
        [...path, 'bind'],
        'RULE_ADDRESS',
        'sidecar: unix domain socket values for listeners must be unique',
      )
    }
    sockets.add(bind)
    return
  }
  report.check([...path, 'port', 'number'], 'RULE_PORT', portProblem(number))
  if (bind !== '') report.check([...path, 'bind'], 'RULE_ADDRESS', addressProblem(bind))
  if (ports.has(number))
    report.error(
      [...path, 'port', 'number'],
      'RULE_PORT',
      'sidecar: ports on IP bound listeners must be unique',
    )
  ports.add(number)
}

function checkEgressHosts(hosts: readonly string[], own: string, path: Path, report: RuleReport): void {
  if (hosts.length === 0) {
    report.error(path, 'RULE_HOST', 'sidecar: egress listener must contain at least one host')
    return
  }
  const services = new Map<string, Set<string>>()
  for (const [i, host] of hosts.entries()) {
    const at = [...path, i]
    const slash = host.indexOf('/')
    if (slash >= 0) {
      const namespace = host.slice(0, slash) === '.' ? own : host.slice(0, slash)
      const service = host.slice(slash + 1)
      const known = services.get(namespace) ?? new Set()
      const isDuplicate = service === '*' ? known.size > 0 : known.has(service) || known.has('*')
      if (isDuplicate) report.warning(at, 'RULE_HOST', `duplicated egress host: ${host}`)
      services.set(namespace, known.add(service))
    }
    checkScopedHost(host, 'sidecar', at, report)
  }
  if (services.get('*')?.has('*') === true && services.size !== 1) {
    report.warning(path, 'RULE_HOST', '`*/*` host select all resources, no other hosts can be added')
  }
}

function checkOutboundPolicy({ outboundTrafficPolicy }: SidecarSpec, report: RuleReport): void {
  const proxy = outboundTrafficPolicy?.egressProxy
  if (proxy === undefined) return
  const path = ['spec', 'outboundTrafficPolicy', 'egressProxy']
  // Without a mode it is the first of the enumeration, REGISTRY_ONLY.
  if (outboundTrafficPolicy?.mode !== 'ALLOW_ANY') {
    report.error(
      path,
      'RULE_OUTBOUND',
      'sidecar: egress_proxy must be set only with ALLOW_ANY outbound_traffic_policy mode',
    )
    return
  }
  report.check([...path, 'host'], 'RULE_HOST', fqdnProblem(proxy.host ?? ''))
  if (proxy.port === undefined)
    report.error([...path, 'port'], 'RULE_PORT', 'sidecar: egress_proxy port must be non-nil')
  else checkDestination(proxy, path, report)
}
