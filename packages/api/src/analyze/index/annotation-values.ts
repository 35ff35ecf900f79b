import { parsePrefix } from '../../net/address.ts'
import { isFields } from '../../validate/check.ts'
import { validateMeshConfig } from '../../validate/mesh.ts'
import { parseDocuments } from '../../yaml/parse.ts'

/** Says what is wrong with a value; undefined for a good one. */
type ValueCheck = (value: string) => string | undefined

const checks = new Map<string, ValueCheck>([
  ['prometheus.istio.io/merge-metrics', boolean],
  ['proxy.istio.io/config', proxyConfig],
  ['readiness.status.sidecar.istio.io/failureThreshold', count],
  ['readiness.status.sidecar.istio.io/initialDelaySeconds', count],
  ['readiness.status.sidecar.istio.io/periodSeconds', count],
  ['sidecar.istio.io/interceptionMode', interceptionMode],
  ['status.sidecar.istio.io/port', port],
  ['traffic.sidecar.istio.io/excludeInboundPorts', ports],
  ['traffic.sidecar.istio.io/excludeOutboundIPRanges', ranges],
  ['traffic.sidecar.istio.io/excludeOutboundPorts', ports],
  ['traffic.sidecar.istio.io/includeInboundPorts', portsOrAll],
  ['traffic.sidecar.istio.io/includeOutboundIPRanges', rangesOrAll],
])

/**
 * What injection would say about the value of an annotation; undefined when it takes it.
 *
 * @see https://istio.io/latest/docs/reference/config/annotations/
 */
export function annotationProblem(name: string, value: string): string | undefined {
  return checks.get(name)?.(value)
}

function boolean(value: string): string | undefined {
  const isBoolean = /^(1|t|T|TRUE|true|True|0|f|F|FALSE|false|False)$/.test(value)
  return isBoolean ? undefined : `${JSON.stringify(value)} is neither true nor false`
}

function count(value: string): string | undefined {
  const isCount = /^\d{1,10}$/.test(value) && Number(value) <= 0xffffffff
  return isCount ? undefined : `${JSON.stringify(value)} is no whole number`
}

function port(value: string): string | undefined {
  const isPort = /^\d{1,5}$/.test(value.trim()) && Number(value) <= 65535
  return isPort ? undefined : `${JSON.stringify(value)} is no port`
}

function ports(value: string): string | undefined {
  if (value.trim() === '') return undefined
  return firstProblem(value, port)
}

function portsOrAll(value: string): string | undefined {
  return value === '*' ? undefined : ports(value)
}

function ranges(value: string): string | undefined {
  if (value === '') return undefined
  return firstProblem(value, (part) =>
    parsePrefix(part) === undefined ? `${JSON.stringify(part)} is no CIDR range` : undefined,
  )
}

function rangesOrAll(value: string): string | undefined {
  return value === '*' ? undefined : ranges(value)
}

function interceptionMode(value: string): string | undefined {
  const isMode = ['NONE', 'REDIRECT', 'TPROXY'].includes(value)
  return isMode ? undefined : `${JSON.stringify(value)} is none of REDIRECT, TPROXY and NONE`
}

function proxyConfig(value: string): string | undefined {
  const [document] = parseDocuments(value)
  const unread = document?.findings[0]?.message
  if (unread !== undefined || document === undefined) return unread
  if (!isFields(document.value)) return 'the value is no ProxyConfig'
  const problem = validateMeshConfig({ defaultConfig: document.value }).find(
    ({ severity }) => severity === 'error',
  )
  return problem && `${problem.path.replace(/^defaultConfig\.?/, '')}: ${problem.message}`
}

function firstProblem(list: string, check: ValueCheck): string | undefined {
  for (const part of list.split(',')) {
    const problem = check(part)
    if (problem !== undefined) return problem
  }
  return undefined
}
