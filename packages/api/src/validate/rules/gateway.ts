import type { GatewaySpec, Port, Server } from '../../gen/types/networking/gateway.ts'
import { addressProblem, isAddress, socketProblem, UNIX } from './addresses.ts'
import { isDnsLabel, partialWildcardProblem, wildcardDomainProblem } from './dns.ts'
import { isHttp, isProtocol, isTls, portProblem } from './ports.ts'
import type { KindRules, Path, RuleReport } from './report.ts'
import { checkServerTls } from './server-tls.ts'

/** Rules of Gateway. */
export const gatewayRules: KindRules<GatewaySpec> = (spec, { name }, report) => {
  if (!isDnsLabel(name))
    report.error(['metadata', 'name'], 'RULE_NAME', `invalid gateway name: ${JSON.stringify(name)}`)
  const servers = spec.servers ?? []
  if (servers.length === 0)
    report.error(['spec', 'servers'], 'RULE_EMPTY', 'gateway must have at least one server')
  const names = new Set<string>()
  for (const [i, server] of servers.entries()) {
    const path = ['spec', 'servers', i]
    checkServer(server, path, report)
    if ((server.port as Port | undefined) === undefined) continue
    const { name: portName = '', protocol = '' } = server.port
    if (names.has(portName)) {
      report.error(
        [...path, 'port', 'name'],
        'RULE_PORT',
        `port names in servers must be unique: duplicate name ${portName}`,
      )
    }
    names.add(portName)
    if (!isHttp(protocol) && server.tls?.httpsRedirect === true) {
      report.warning(
        [...path, 'tls', 'httpsRedirect'],
        'RULE_TLS',
        'tls.httpsRedirect should only be used with http servers',
      )
    }
  }
}

function checkServer(server: Server, path: Path, report: RuleReport): void {
  const { hosts = [], bind = '', tls } = server
  const port = server.port as Port | undefined
  if (hosts.length === 0)
    report.error([...path, 'hosts'], 'RULE_HOST', 'server config must contain at least one host')
  for (const [i, host] of hosts.entries()) checkScopedHost(host, 'gateway', [...path, 'hosts', i], report)
  const before = report.findings.filter(({ severity }) => severity === 'error').length
  checkPort(port, bind, [...path, 'port'], report)
  const portIsFine = before === report.findings.filter(({ severity }) => severity === 'error').length
  checkBind(port, bind, [...path, 'bind'], report)
  checkServerTls(tls, [...path, 'tls'], report)
  if (!portIsFine || port === undefined) return
  const { protocol } = port
  if (isTls(protocol)) {
    if (tls === undefined)
      report.error([...path, 'tls'], 'RULE_TLS', 'server must have TLS settings for HTTPS/TLS protocols')
  } else if (tls !== undefined) {
    const isPlain = tls.mode === undefined || tls.mode === 'PASSTHROUGH' || tls.mode === 'AUTO_PASSTHROUGH'
    const hasFiles = [tls.caCertificates, tls.privateKey, tls.serverCertificate].some(
      (file) => (file ?? '') !== '',
    )
    if (!isHttp(protocol)) {
      report.error([...path, 'tls'], 'RULE_TLS', 'server cannot have TLS settings for non HTTPS/TLS ports')
    } else if (!isPlain || hasFiles) {
      report.error([...path, 'tls'], 'RULE_TLS', 'server cannot have TLS settings for plain text HTTP ports')
    }
  }
}

function checkPort(port: Port | undefined, bind: string, path: Path, report: RuleReport): void {
  if (port === undefined) {
    report.error(path, 'RULE_PORT', 'port is required')
    return
  }
  const { number = 0, protocol = '', name = '', targetPort = 0 } = port
  if (!isProtocol(protocol)) {
    report.error(
      [...path, 'protocol'],
      'RULE_PROTOCOL',
      `invalid protocol ${JSON.stringify(protocol)}, supported protocols are HTTP, HTTPS, HTTP2, HTTP3, GRPC, GRPC-WEB, MONGO, REDIS, MYSQL, TCP, TLS`,
    )
  }
  if (number > 0 || !bind.startsWith(UNIX))
    report.check([...path, 'number'], 'RULE_PORT', portProblem(number))
  if (targetPort > 0)
    report.error([...path, 'targetPort'], 'RULE_PORT', 'targetPort has no impact on Gateways')
  if (name === '') report.error([...path, 'name'], 'RULE_PORT', 'port name must be set')
}

function checkBind(port: Port | undefined, bind: string, path: Path, report: RuleReport): void {
  if (bind.startsWith(UNIX)) {
    report.check(path, 'RULE_ADDRESS', socketProblem(bind.slice(UNIX.length)))
    if ((port?.number ?? 0) !== 0)
      report.error(path, 'RULE_PORT', 'port number must be 0 for unix domain socket')
  } else if (bind !== '') report.check(path, 'RULE_ADDRESS', addressProblem(bind))
}

/**
 * Checks `namespace/host`. A gateway may leave the namespace out; a sidecar may also exclude a host with `~` before it.
 */
export function checkScopedHost(
  host: string,
  kind: 'gateway' | 'sidecar',
  path: Path,
  report: RuleReport,
): void {
  const slash = host.indexOf('/')
  if (slash < 0) {
    if (kind === 'gateway') checkHostPart(host, kind, path, report)
    else report.error(path, 'RULE_HOST', 'host must be of form namespace/dnsName')
    return
  }
  const written = host.slice(0, slash)
  const name = host.slice(slash + 1)
  if (written === '' || name === '') {
    report.error(path, 'RULE_HOST', 'config namespace and dnsName in host entry cannot be empty')
  }
  const namespace =
    kind === 'sidecar' && written.length > 1 && written.startsWith('~') ? written.slice(1) : written
  const words = kind === 'sidecar' ? ['*', '.', '~'] : ['*', '.']
  if (!words.includes(namespace) && !isDnsLabel(namespace)) {
    report.error(path, 'RULE_HOST', `invalid namespace value ${JSON.stringify(written)} in ${kind}`)
  }
  checkHostPart(name, kind, path, report)
}

function checkHostPart(host: string, kind: 'gateway' | 'sidecar', path: Path, report: RuleReport): void {
  if (host !== '*' && !host.includes('.')) {
    report.error(path, 'RULE_HOST', 'short names (non FQDN) are not allowed')
  }
  const problem = wildcardDomainProblem(host)
  if (problem !== undefined && (kind === 'sidecar' || !isAddress(host)))
    report.error(path, 'RULE_HOST', problem)
  report.check(path, 'RULE_HOST', partialWildcardProblem(host))
}
