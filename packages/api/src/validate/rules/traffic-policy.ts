import type { LoadBalancerSettings } from '../../gen/types/networking/load-balancer.ts'
import type {
  ClientTLSSettings,
  ConnectionPoolSettings,
  OutlierDetection,
  PortTrafficPolicy,
  TrafficPolicy,
  TunnelSettings,
} from '../../gen/types/networking/traffic-policy.ts'
import { isAddress } from './addresses.ts'
import { fqdnProblem } from './dns.ts'
import { checkLocality, checkZoneAware } from './locality.ts'
import { portProblem } from './ports.ts'
import type { Path, RuleReport } from './report.ts'
import { checkDuration, checkDurationSyntax, checkWholePercent } from './scalars.ts'

/** Checks the policy of a host or a subset. */
export function checkTrafficPolicy(
  policy: TrafficPolicy | undefined,
  namespace: string,
  path: Path,
  report: RuleReport,
): void {
  if (policy === undefined) return
  const { portLevelSettings = [], tunnel, proxyProtocol } = policy
  const { loadBalancer, connectionPool, outlierDetection, tls, retryBudget } = policy
  const parts = [loadBalancer, connectionPool, outlierDetection, tls, retryBudget, tunnel, proxyProtocol]
  if (parts.every((part) => part === undefined) && portLevelSettings.length === 0) {
    report.error(path, 'RULE_EMPTY', 'traffic policy must have at least one field')
    return
  }
  if (tunnel !== undefined && proxyProtocol !== undefined) {
    report.error(path, 'RULE_TRAFFIC_POLICY', 'tunnel and proxyProtocol must not be set together')
    return
  }
  checkPolicyParts(policy, namespace, path, report)
  for (const [i, settings] of portLevelSettings.entries()) {
    checkPortPolicy(settings, namespace, [...path, 'portLevelSettings', i], report)
  }
  checkTunnel(tunnel, [...path, 'tunnel'], report)
  checkDuration(policy.retryBudget?.budgetInterval, [...path, 'retryBudget', 'budgetInterval'], report, {
    allowZero: true,
  })
}

function checkPolicyParts(
  policy: PortTrafficPolicy,
  namespace: string,
  path: Path,
  report: RuleReport,
): void {
  checkOutlierDetection(policy.outlierDetection, [...path, 'outlierDetection'], report)
  checkConnectionPool(policy.connectionPool, [...path, 'connectionPool'], report)
  checkLoadBalancer(
    policy.loadBalancer,
    policy.outlierDetection !== undefined,
    [...path, 'loadBalancer'],
    report,
  )
  checkClientTls(policy.tls, namespace, [...path, 'tls'], report)
}

function checkPortPolicy(policy: PortTrafficPolicy, namespace: string, path: Path, report: RuleReport): void {
  const { port, loadBalancer, connectionPool, outlierDetection, tls } = policy
  if (port === undefined)
    report.error([...path, 'port'], 'RULE_PORT', 'portTrafficPolicy must have valid port')
  if ([loadBalancer, connectionPool, outlierDetection, tls].every((field) => field === undefined)) {
    report.error(path, 'RULE_EMPTY', 'port traffic policy must have at least one field')
  } else checkPolicyParts(policy, namespace, path, report)
}

function checkTunnel(tunnel: TunnelSettings | undefined, path: Path, report: RuleReport): void {
  if (tunnel === undefined) return
  const { protocol = '', targetHost = '', targetPort = 0 } = tunnel
  if (!['', 'CONNECT', 'POST'].includes(protocol)) {
    report.error([...path, 'protocol'], 'RULE_TRAFFIC_POLICY', 'tunnel protocol must be "CONNECT" or "POST"')
  }
  const problem = fqdnProblem(targetHost)
  if (problem !== undefined && !isAddress(targetHost)) {
    report.error(
      [...path, 'targetHost'],
      'RULE_HOST',
      `tunnel target host must be valid FQDN or IP address: ${problem}; ${targetHost} is not a valid IP`,
    )
  }
  const port = portProblem(targetPort)
  if (port !== undefined)
    report.error([...path, 'targetPort'], 'RULE_PORT', `tunnel target port is invalid: ${port}`)
}

function checkOutlierDetection(outlier: OutlierDetection | undefined, path: Path, report: RuleReport): void {
  if (outlier === undefined) return
  checkDuration(outlier.baseEjectionTime, [...path, 'baseEjectionTime'], report)
  checkDuration(outlier.interval, [...path, 'interval'], report)
  if ((outlier.consecutiveErrors ?? 0) !== 0) {
    report.warning(
      [...path, 'consecutiveErrors'],
      'RULE_DEPRECATED',
      'outlier detection consecutive errors is deprecated, use consecutiveGatewayErrors or consecutive5xxErrors instead',
    )
  }
  if (outlier.splitExternalLocalOriginErrors !== true && (outlier.consecutiveLocalOriginFailures ?? 0) > 0) {
    report.error(
      [...path, 'consecutiveLocalOriginFailures'],
      'RULE_TRAFFIC_POLICY',
      'outlier detection consecutive local origin failures is specified, but split external local origin errors is set to false',
    )
  }
  checkWholePercent(outlier.maxEjectionPercent, [...path, 'maxEjectionPercent'], report)
  checkWholePercent(outlier.minHealthPercent, [...path, 'minHealthPercent'], report)
}

const HTTP_LIMITS = {
  http1MaxPendingRequests: 'http1 max pending requests',
  http2MaxRequests: 'http2 max requests',
  maxRequestsPerConnection: 'max requests per connection',
  maxRetries: 'max retries',
  maxConcurrentStreams: 'max concurrent streams',
} as const

/** Checks limits for connections and requests. */
export function checkConnectionPool(
  pool: ConnectionPoolSettings | undefined,
  path: Path,
  report: RuleReport,
): void {
  if (pool === undefined) return
  const { http, tcp } = pool
  if (http === undefined && tcp === undefined) {
    report.error(path, 'RULE_EMPTY', 'connection pool must have at least one field')
    return
  }
  if (http !== undefined) {
    const at = [...path, 'http']
    for (const [field, what] of Object.entries(HTTP_LIMITS)) {
      if ((http[field as keyof typeof HTTP_LIMITS] ?? 0) < 0) {
        report.error([...at, field], 'RULE_TRAFFIC_POLICY', `${what} must be non-negative`)
      }
    }
    checkDuration(http.idleTimeout, [...at, 'idleTimeout'], report)
    if (http.h2UpgradePolicy === 'UPGRADE' && http.useClientProtocol === true) {
      report.error(
        [...at, 'useClientProtocol'],
        'RULE_TRAFFIC_POLICY',
        'use client protocol must not be true when H2UpgradePolicy is UPGRADE',
      )
    }
    checkKeepAlive(http.http2KeepAlive, [...at, 'http2KeepAlive'], report)
  }
  if (tcp !== undefined) {
    const at = [...path, 'tcp']
    if ((tcp.maxConnections ?? 0) < 0) {
      report.error([...at, 'maxConnections'], 'RULE_TRAFFIC_POLICY', 'max connections must be non-negative')
    }
    checkDuration(tcp.connectTimeout, [...at, 'connectTimeout'], report)
    checkDuration(tcp.maxConnectionDuration, [...at, 'maxConnectionDuration'], report)
    checkDuration(tcp.idleTimeout, [...at, 'idleTimeout'], report, { allowNearZero: true })
    checkDuration(tcp.tcpKeepalive?.time, [...at, 'tcpKeepalive', 'time'], report)
    checkDuration(tcp.tcpKeepalive?.interval, [...at, 'tcpKeepalive', 'interval'], report)
  }
}

function checkKeepAlive(
  keepAlive: { readonly interval?: string; readonly timeout?: string } | undefined,
  path: Path,
  report: RuleReport,
): void {
  if (keepAlive === undefined) return
  const { interval, timeout } = keepAlive
  checkDuration(interval, [...path, 'interval'], report)
  checkDuration(timeout, [...path, 'timeout'], report)
  if ((interval === undefined) !== (timeout === undefined)) {
    report.error(path, 'RULE_TRAFFIC_POLICY', 'http2 keepalive must have both interval and timeout')
  }
}

const MAX_MAGLEV = 5000011

function checkLoadBalancer(
  settings: LoadBalancerSettings | undefined,
  hasOutlierDetection: boolean,
  path: Path,
  report: RuleReport,
): void {
  if (settings === undefined) return
  const { consistentHash: hash, localityLbSetting, zoneAwareLbSetting, backendUtilization } = settings
  if (hash !== undefined) {
    const at = [...path, 'consistentHash']
    const { httpCookie, minimumRingSize = 0, maglev, ringHash } = hash
    if (httpCookie !== undefined) {
      if ((httpCookie.name ?? '') === '')
        report.error([...at, 'httpCookie', 'name'], 'RULE_LOAD_BALANCER', 'name required for HttpCookie')
      checkDurationSyntax(httpCookie.ttl, [...at, 'httpCookie', 'ttl'], report)
    }
    if (minimumRingSize !== 0) {
      report.warning(
        [...at, 'minimumRingSize'],
        'RULE_DEPRECATED',
        "consistent hash MinimumRingSize is deprecated, use ConsistentHashLB's RingHash configuration instead",
      )
      if (maglev !== undefined || ringHash !== undefined) {
        report.error(
          [...at, 'minimumRingSize'],
          'RULE_LOAD_BALANCER',
          'only one of MinimumRingSize or Maglev/Ringhash can be specified',
        )
      }
    }
    if (maglev !== undefined) checkMaglev(maglev.tableSize ?? 0, [...at, 'maglev', 'tableSize'], report)
  }
  for (const field of [
    'weightStabilizationPeriod',
    'weightExpirationPeriod',
    'weightUpdatePeriod',
  ] as const) {
    checkDuration(backendUtilization?.[field], [...path, 'backendUtilization', field], report, {
      allowZero: true,
    })
  }
  if (localityLbSetting !== undefined && zoneAwareLbSetting !== undefined) {
    report.error(
      path,
      'RULE_LOCALITY',
      'only one of localityLbSetting or zoneAwareLbSetting can be specified',
    )
  }
  checkLocality(localityLbSetting, hasOutlierDetection, [...path, 'localityLbSetting'], report)
  checkZoneAware(zoneAwareLbSetting, hasOutlierDetection, [...path, 'zoneAwareLbSetting'], report)
  checkWarmup(settings.warmup, [...path, 'warmup'], report)
}

function checkWarmup(warmup: LoadBalancerSettings['warmup'], path: Path, report: RuleReport): void {
  if (warmup === undefined) return
  checkDuration(warmup.duration, [...path, 'duration'], report)
  if ((warmup.aggression ?? 1) < 1) {
    report.error(
      [...path, 'aggression'],
      'RULE_LOAD_BALANCER',
      'aggression should be greater than or equal to 1',
    )
  }
}

function checkMaglev(size: number, path: Path, report: RuleReport): void {
  if (size === 0) report.error(path, 'RULE_LOAD_BALANCER', 'tableSize must be set for maglev')
  if (size >= MAX_MAGLEV)
    report.error(path, 'RULE_LOAD_BALANCER', `tableSize must be less than ${MAX_MAGLEV} for maglev`)
  if (!isPrime(size)) report.error(path, 'RULE_LOAD_BALANCER', 'tableSize must be a prime number for maglev')
}

/** Whether Envoy takes a number for a prime: 1 counts as one there. */
function isPrime(value: number): boolean {
  if (value !== 0 && value < 4) return true
  if (value % 2 === 0) return false
  for (let factor = 3; factor * factor <= value; factor += 2) if (value % factor === 0) return false
  return true
}

const CONFIG_MAP = 'configmap://'

/** A ConfigMap is named by `configmap://name` or `configmap://namespace/name`, and must be one of the rule's namespace. */
function configMapProblem(name: string, own: string): string | undefined {
  const parts = name.slice(CONFIG_MAP.length).split('/')
  const [namespace = '', map] = parts.length === 1 ? [own, parts[0]] : parts
  if (parts.length > 2 || map === '')
    return `invalid configmap:// credentialName: invalid resource name ${JSON.stringify(name)}`
  return namespace === own
    ? undefined
    : `invalid configmap:// credentialName: namespace must match the configuration namespace ${JSON.stringify(own)}`
}

/** Checks TLS towards a destination. */
export function checkClientTls(
  tls: ClientTLSSettings | undefined,
  namespace: string,
  path: Path,
  report: RuleReport,
): void {
  if (tls === undefined) return
  const {
    mode = 'DISABLE',
    credentialName = '',
    clientCertificate = '',
    privateKey = '',
    caCertificates = '',
    caCrl = '',
  } = tls
  if (credentialName.startsWith(CONFIG_MAP))
    report.check([...path, 'credentialName'], 'RULE_TLS', configMapProblem(credentialName, namespace))
  const hasNames = (tls.subjectAltNames?.length ?? 0) > 0
  if (tls.insecureSkipVerify === true) {
    if (mode === 'SIMPLE' && (caCertificates !== '' || credentialName !== '' || hasNames)) {
      report.error(
        path,
        'RULE_TLS',
        'cannot specify CaCertificates or CredentialName or SubjectAltNames when InsecureSkipVerify is set true',
      )
    }
    if (mode === 'MUTUAL' && (caCertificates !== '' || hasNames)) {
      report.error(
        path,
        'RULE_TLS',
        'cannot specify CaCertificates or SubjectAltNames when InsecureSkipVerify is set true',
      )
    }
  }
  if ((mode === 'SIMPLE' || mode === 'MUTUAL') && credentialName !== '') {
    if (clientCertificate !== '' || caCertificates !== '' || privateKey !== '' || caCrl !== '') {
      report.error(
        path,
        'RULE_TLS',
        'cannot specify client certificates or CA certificate or CA CRL If credentialName is set',
      )
    }
    return
  }
  if (mode === 'MUTUAL') {
    if (clientCertificate === '')
      report.error([...path, 'clientCertificate'], 'RULE_TLS', 'client certificate required for mutual tls')
    if (privateKey === '')
      report.error([...path, 'privateKey'], 'RULE_TLS', 'private key required for mutual tls')
  }
}
