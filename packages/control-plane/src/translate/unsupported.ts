import type { KubernetesObject } from '@batten/api'
import type { Finding } from '../model/finding.ts'
import { kindKey } from '../model/object-key.ts'
import type { Origin } from '../model/source.ts'
import { locate } from '../model/validate-object.ts'

/** A field that is not translated, and what happens instead. */
export interface UntranslatedField {
  readonly kind: string
  /** `spec.http[].delegate`; covers everything below it. */
  readonly path: string
  /** Only these values are not supported; undefined: the whole field. */
  readonly values?: readonly string[]
  /** What we do instead, for the person who wrote the field. */
  readonly reason: string
}

const VIRTUAL_SERVICE = 'VirtualService'
const DESTINATION_RULE = 'DestinationRule'
const GATEWAY = 'Gateway'
const SIDECAR = 'Sidecar'
const WASM_PLUGIN = 'WasmPlugin'
const SERVICE_ENTRY = 'ServiceEntry'

/** Fields that a user must know about: each use is a finding. */
export const UNSUPPORTED: readonly UntranslatedField[] = [
  {
    kind: VIRTUAL_SERVICE,
    path: 'spec.http[].delegate',
    reason: 'a route with a delegate answers 500; write its routes into this VirtualService',
  },
  {
    kind: VIRTUAL_SERVICE,
    path: 'spec.http[].fault.delay.exponentialDelay',
    reason: 'there is no delay; Istio has none either, use fixedDelay',
  },
  {
    kind: VIRTUAL_SERVICE,
    path: 'spec.http[].fault.abort.http2Error',
    reason: 'nothing is aborted; Istio aborts nothing either, use httpStatus or grpcStatus',
  },
  {
    kind: DESTINATION_RULE,
    path: 'spec.trafficPolicy.loadBalancer.backendUtilization',
    reason: 'load is balanced by least requests',
  },
  {
    kind: DESTINATION_RULE,
    path: 'spec.trafficPolicy.loadBalancer.localityLbSetting',
    reason: 'endpoints of all localities are used alike',
  },
  {
    kind: DESTINATION_RULE,
    path: 'spec.trafficPolicy.loadBalancer.zoneAwareLbSetting',
    reason: 'endpoints of all zones are used alike',
  },
  {
    kind: DESTINATION_RULE,
    path: 'spec.trafficPolicy.connectionPool.tcp.idleTimeout',
    reason: 'idle TCP connections are closed after an hour',
  },
  {
    kind: DESTINATION_RULE,
    path: 'spec.trafficPolicy.outlierDetection.outlierDetectionHttpErrorCodes',
    reason: 'all 5xx replies count as errors',
  },
  {
    kind: DESTINATION_RULE,
    path: 'spec.trafficPolicy.retryBudget.budgetInterval',
    reason: 'the budget is a share of the requests in flight',
  },
  {
    kind: DESTINATION_RULE,
    path: 'spec.trafficPolicy.tunnel',
    reason: 'connections are made directly, not through a tunnel',
  },
  {
    kind: DESTINATION_RULE,
    path: 'spec.trafficPolicy.proxyProtocol',
    reason: 'no PROXY header is sent',
  },
  {
    kind: GATEWAY,
    path: 'spec.servers[].tls.caCrl',
    reason: 'revoked certificates are accepted until they expire',
  },
  {
    kind: GATEWAY,
    path: 'spec.servers[].tls.credentialNames',
    reason: 'use credentialName with one certificate',
  },
  {
    kind: GATEWAY,
    path: 'spec.servers[].tls.caCertCredentialName',
    reason: 'put the authority into the secret <credentialName>-cacert',
  },
  {
    kind: GATEWAY,
    path: 'spec.servers[].tls.tlsCertificates',
    reason: 'use serverCertificate and privateKey with one certificate',
  },
  {
    kind: GATEWAY,
    path: 'spec.servers[].tls.insecureSkipVerify',
    reason: 'client certificates are always verified',
  },
  {
    kind: GATEWAY,
    path: 'spec.servers[].tls.mode',
    values: ['AUTO_PASSTHROUGH'],
    reason: 'only `tls` routes of VirtualServices lead anywhere, as with PASSTHROUGH',
  },
  {
    kind: SIDECAR,
    path: 'spec.ingress[].tls',
    reason: 'PeerAuthentication decides about TLS of this listener',
  },
  {
    kind: SIDECAR,
    path: 'spec.outboundTrafficPolicy.egressProxy',
    reason: 'traffic to unknown destinations goes there directly, not through the egress proxy',
  },
  {
    kind: WASM_PLUGIN,
    path: 'spec.imagePullSecret',
    reason: 'modules are fetched without credentials',
  },
  {
    kind: WASM_PLUGIN,
    path: 'spec.verificationKey',
    reason: 'signatures are not verified; use sha256',
  },
  {
    kind: WASM_PLUGIN,
    path: 'spec.type',
    values: ['NETWORK'],
    reason: 'network filters are left out; only HTTP filters run',
  },
  {
    kind: WASM_PLUGIN,
    path: 'spec.failStrategy',
    values: ['FAIL_RELOAD'],
    reason: 'a plugin that fails refuses requests (FAIL_CLOSE); it is not started again',
  },
  {
    kind: SERVICE_ENTRY,
    path: 'spec.endpoints[].network',
    reason: 'every endpoint is taken to be reachable',
  },
  {
    kind: 'WorkloadEntry',
    path: 'spec.network',
    reason: 'every workload is taken to be reachable',
  },
  {
    kind: SERVICE_ENTRY,
    path: 'spec.resolution',
    values: ['DYNAMIC_DNS'],
    reason: 'the address that the caller asked for is used, as with NONE',
  },
]

/** Fields without a counterpart in Envoy: Istio does nothing with them either, or they say something to people only. */
export const WITHOUT_EFFECT: readonly UntranslatedField[] = [
  {
    kind: VIRTUAL_SERVICE,
    path: 'spec.tcp[].match[].sourceSubnet',
    reason: 'Istio does not use it',
  },
  {
    kind: GATEWAY,
    path: 'spec.servers[].defaultEndpoint',
    reason: 'Istio does not use it',
  },
  {
    kind: GATEWAY,
    path: 'spec.servers[].name',
    reason: 'a name for people',
  },
  {
    kind: GATEWAY,
    path: 'spec.servers[].port.targetPort',
    reason: 'deprecated; the Service of the gateway says it',
  },
  {
    kind: SIDECAR,
    path: 'spec.ingress[].port.targetPort',
    reason: 'deprecated; defaultEndpoint says it',
  },
]

/** Kinds that nothing is made of, and what that means for the person who wrote one. */
export const UNSUPPORTED_KINDS: Readonly<Record<string, string>> = {
  'security.istio.io/AuthorizationPolicy': 'nothing is refused because of it',
  'security.istio.io/RequestAuthentication': 'tokens are not verified',
  'telemetry.istio.io/Telemetry': 'the settings of the mesh hold',
  'networking.istio.io/EnvoyFilter': 'resources are served without its patches',
  'networking.istio.io/ProxyConfig': 'proxies start with the settings of their bootstrap',
  'networking.istio.io/WorkloadGroup': 'no WorkloadEntry is made of it; write the WorkloadEntry',
  'extensions.istio.io/TrafficExtension': 'use a WasmPlugin',
  'networking.k8s.io/Ingress': 'use a Gateway and a VirtualService of networking.istio.io',
}

const GATEWAY_API_GROUPS = /^gateway\.networking\.(k8s|x-k8s)\.io\//
const GATEWAY_API_REASON = 'use the kinds of networking.istio.io'

const BY_KIND = new Map<string, UntranslatedField[]>()
for (const field of UNSUPPORTED.flatMap(withAliases)) {
  const list = BY_KIND.get(field.kind)
  if (list === undefined) BY_KIND.set(field.kind, [field])
  else list.push(field)
}

const ISTIO_GROUPS = /^(networking|security|extensions)\.istio\.io\//

/** A finding for an object of a kind that is not supported yet: all of it is without effect. */
function unsupportedKind(object: KubernetesObject, origin: Origin): Finding[] {
  const kind = kindKey(object)
  const reason = UNSUPPORTED_KINDS[kind] ?? (GATEWAY_API_GROUPS.test(kind) ? GATEWAY_API_REASON : undefined)
  if (reason === undefined) return []
  const message = `${object.kind} is not supported yet: ${reason}`
  return [locate({ code: 'CP_UNSUPPORTED_KIND', severity: 'warning', message, path: 'kind' }, object, origin)]
}

/**
 * Findings for what of an object is not supported yet: all of it when nothing is made of its kind, else single fields,
 * while the rest of the object counts.
 */
export function unsupportedFields(object: KubernetesObject, origin: Origin): Finding[] {
  if (!ISTIO_GROUPS.test(kindKey(object))) return unsupportedKind(object, origin)
  const findings = unsupportedKind(object, origin)
  for (const field of BY_KIND.get(object.kind) ?? [])
    for (const { path, value } of find(
      object as unknown as Record<string, unknown>,
      field.path.split('.'),
      '',
    )) {
      if (field.values !== undefined && !field.values.includes(String(value))) continue
      findings.push(
        locate(
          {
            code: 'CP_UNSUPPORTED_FIELD',
            severity: 'warning',
            message: `${path}${field.values === undefined ? '' : `: ${String(value)}`} is not supported yet: ${field.reason}`,
            path,
          },
          object,
          origin,
          'key',
        ),
      )
    }
  return findings
}

/** A traffic policy stands in four places; what holds for one holds for all. */
export function withAliases(field: UntranslatedField): UntranslatedField[] {
  const prefix = 'spec.trafficPolicy.'
  if (field.kind !== DESTINATION_RULE || !field.path.startsWith(prefix)) return [field]
  const rest = field.path.slice(prefix.length)
  return ['', 'portLevelSettings[].'].flatMap((port) => [
    { ...field, path: `spec.trafficPolicy.${port}${rest}` },
    { ...field, path: `spec.subsets[].trafficPolicy.${port}${rest}` },
  ])
}

/** Every place of an object that a path leads to, and that is set. */
function* find(
  value: unknown,
  steps: readonly string[],
  at: string,
): Generator<{ path: string; value: unknown }> {
  if (value === undefined || value === null) return
  const [step, ...rest] = steps
  if (step === undefined) {
    yield { path: at, value }
    return
  }
  if (typeof value !== 'object') return
  const isList = step.endsWith('[]')
  const key = isList ? step.slice(0, -2) : step
  const next = (value as Record<string, unknown>)[key]
  const path = at === '' ? key : `${at}.${key}`
  if (!isList) yield* find(next, rest, path)
  else if (Array.isArray(next))
    for (let i = 0; i < next.length; i++) yield* find(next[i], rest, `${path}[${i}]`)
}
