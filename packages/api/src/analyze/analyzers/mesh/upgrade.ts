import type { ClientTLSSettings, TrafficPolicy } from '../../../gen/types/networking/traffic-policy.ts'
import type { Analyzer } from '../../analyzer.ts'
import type { AnalysisContext } from '../../context.ts'
import type { Loose } from '../../loose.ts'
import { valueAt } from '../../loose.ts'
import type { FieldPath, Resource } from '../../resource.ts'

/** A default that a release changed. */
interface Change {
  /** Setting of the control plane that keeps the old behaviour. */
  readonly field: string
  /** The last release with the old behaviour. */
  readonly minor: number
  readonly info: string
  /** Release that the message names, where it is another. */
  readonly release?: string
}

const VERIFICATION: Change = {
  field: 'VERIFY_CERTIFICATE_AT_CLIENT',
  minor: 20,
  info: 'certificates of servers were not verified and now are; insecureSkipVerify keeps it that way for a host',
}
const SNI: Change = {
  field: 'ENABLE_AUTO_SNI',
  minor: 20,
  info: 'no SNI was sent, and now the host of the request is',
}
const EXTERNAL_NAMES: Change = {
  field: 'ENABLE_EXTERNAL_NAME_ALIAS',
  minor: 20,
  info: 'a Service of type ExternalName was a service of its own and now is another name of what it leads to',
}
const OLDEST_FIRST: Change = {
  field: 'PERSIST_OLDEST_FIRST_HEURISTIC_FOR_VIRTUAL_SERVICE_HOST_MATCHING',
  minor: 20,
  info: 'of overlapping wildcards the oldest VirtualService won, and now the most specific host does',
}
const TARGET_PORTS: Change = {
  field: 'ENABLE_RESOLUTION_NONE_TARGET_PORT',
  minor: 21,
  info: 'targetPort had no effect with resolution NONE and now has',
}
const TRACER: Change = {
  field: 'meshConfig.defaultConfig.tracer',
  minor: 21,
  info: 'spans were sent to zipkin.istio-system by default and now are not; use a Telemetry',
}
const SCOPING: Change = {
  field: 'ENHANCED_RESOURCE_SCOPING',
  minor: 21,
  release: '1.22',
  info: 'discoverySelectors did not restrict configuration and now do',
}

/**
 * Configuration that an upgrade changes the meaning of. Runs when it is said from which release.
 *
 * @see https://istio.io/latest/docs/reference/config/analysis/ist0169/
 */
export const upgradeCompatibility: Analyzer = {
  name: 'precheck.UpgradeAnalyzer',
  description: 'Checks whether configuration depends on defaults that an upgrade changes',
  codes: ['IST0169'],
  analyze(context) {
    if (context.upgradeFrom === undefined) return
    checkDestinationRules(context)
    checkServices(context)
    for (const virtualService of context.all('networking.istio.io/VirtualService')) {
      const index = (virtualService.spec.hosts ?? []).findIndex((host) => host.startsWith('*'))
      if (index >= 0) report(virtualService, OLDEST_FIRST, ['spec', 'hosts', index], context)
    }
    for (const entry of context.all('networking.istio.io/ServiceEntry')) {
      const { resolution = 'NONE', ports = [] } = entry.spec
      const index = ports.findIndex(({ number, targetPort = 0 }) => targetPort !== 0 && targetPort !== number)
      if (resolution === 'NONE' && index >= 0)
        report(entry, TARGET_PORTS, ['spec', 'ports', index, 'targetPort'], context)
    }
    checkControlPlanes(context)
  },
}

function checkServices(context: AnalysisContext): void {
  for (const service of context.all('/Service')) {
    if (service.spec.type === 'ExternalName') report(service, EXTERNAL_NAMES, ['spec', 'type'], context)
    if (service.namespace === 'istio-system' && service.name === 'zipkin')
      report(service, TRACER, ['metadata', 'name'], context)
  }
}

function checkControlPlanes(context: AnalysisContext): void {
  if (!Array.isArray(valueAt(context.meshConfig.value, 'discoverySelectors'))) return
  for (const deployment of context.all('apps/Deployment')) {
    if (deployment.labels['app'] !== 'istiod') continue
    const containers = deployment.spec.template?.spec?.containers ?? []
    const isOn = containers.some(
      ({ name, env = [] }) =>
        name === 'discovery' && env.some((one) => one.name === SCOPING.field && one.value === 'true'),
    )
    if (!isOn) report(deployment, SCOPING, ['metadata', 'name'], context)
  }
}

function checkDestinationRules(context: AnalysisContext): void {
  for (const rule of context.all('networking.istio.io/DestinationRule')) {
    const { trafficPolicy, subsets = [] } = rule.spec
    const settings = [
      ...settingsOf(trafficPolicy, ['spec', 'trafficPolicy']),
      ...subsets.flatMap((subset, i) =>
        settingsOf(subset.trafficPolicy, ['spec', 'subsets', i, 'trafficPolicy']),
      ),
    ].filter(({ tls }) => tls.mode !== 'ISTIO_MUTUAL')
    const unverified = settings.find(
      ({ tls }) =>
        (tls.caCertificates ?? '') === '' &&
        (tls.credentialName ?? '') === '' &&
        tls.insecureSkipVerify !== true,
    )
    if (unverified !== undefined) report(rule, VERIFICATION, unverified.path, context)
    const nameless = settings.find(({ tls }) => (tls.sni ?? '') === '')
    if (nameless !== undefined) report(rule, SNI, nameless.path, context)
  }
}

interface PlacedSettings {
  readonly tls: Loose<ClientTLSSettings>
  readonly path: FieldPath
}

/** TLS settings of a policy and of its ports. */
function settingsOf(policy: Loose<TrafficPolicy> | undefined, path: FieldPath): PlacedSettings[] {
  const ports = (policy?.portLevelSettings ?? []).map(({ tls }, i) => ({
    tls,
    path: [...path, 'portLevelSettings', i, 'tls'],
  }))
  return [{ tls: policy?.tls, path: [...path, 'tls'] }, ...ports].flatMap(({ tls, path: at }) =>
    tls === undefined ? [] : [{ tls, path: at }],
  )
}

function report(resource: Resource, change: Change, path: FieldPath, context: AnalysisContext): void {
  const { field, minor, info, release = `1.${minor}` } = change
  if (minorOf(context.upgradeFrom) > minor) return
  context.report(resource, 'IST0169', [field, release, info, `1.${minor}`], path)
}

/** `1.20`, `1.20.3` and `v1.20` are 20; what is no version is newer than all changes. */
function minorOf(version: string | undefined): number {
  const minor = /^v?1\.(\d+)/.exec(version ?? '')?.[1]
  return minor === undefined ? Number.POSITIVE_INFINITY : Number(minor)
}
