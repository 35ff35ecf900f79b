import { expect, it } from 'vitest'
import { findingsOf, linesOf } from '../analysis-table.ts'

const objects = `
DestinationRule a/tls: {spec: {host: db, subsets: [{name: v1, trafficPolicy: {portLevelSettings: [{port: {number: 1}, tls: {mode: SIMPLE}}]}}]}}
DestinationRule a/good: {spec: {host: db, trafficPolicy: {tls: {mode: SIMPLE, caCertificates: /etc/ca.pem, sni: db}}}}
DestinationRule a/mutual: {spec: {host: db, trafficPolicy: {tls: {mode: ISTIO_MUTUAL}}}}
VirtualService a/wild: {spec: {hosts: [web, "*.example.com"]}}
ServiceEntry a/none: {spec: {hosts: [x.com], ports: [{number: 80, targetPort: 80}, {number: 443, targetPort: 8443}]}}
ServiceEntry a/dns: {spec: {hosts: [x.com], resolution: DNS, ports: [{number: 443, targetPort: 8443}]}}
Service a/alias: {spec: {type: ExternalName, externalName: example.com}}
Service istio-system/zipkin: {spec: {}}
Deployment istio-system/istiod: {metadata: {labels: {app: istiod}}, spec: {template: {spec: {containers: [{name: discovery}]}}}}
`

const since21 = [
  'IST0169 Deployment istio-system/istiod metadata.name: The configuration "ENHANCED_RESOURCE_SCOPING" changed in release 1.22: discoverySelectors did not restrict configuration and now do. Or, install with `--set compatibilityVersion=1.21` to retain the old default.',
  'IST0169 Service istio-system/zipkin metadata.name: The configuration "meshConfig.defaultConfig.tracer" changed in release 1.21: spans were sent to zipkin.istio-system by default and now are not; use a Telemetry. Or, install with `--set compatibilityVersion=1.21` to retain the old default.',
  'IST0169 ServiceEntry a/none spec.ports[1].targetPort: The configuration "ENABLE_RESOLUTION_NONE_TARGET_PORT" changed in release 1.21: targetPort had no effect with resolution NONE and now has. Or, install with `--set compatibilityVersion=1.21` to retain the old default.',
]
const meshConfig = { discoverySelectors: [{}] }

findingsOf('precheck.UpgradeAnalyzer', [['from 1.21', objects, since21]], {
  upgradeFrom: '1.21.3',
  meshConfig,
})

findingsOf(
  'precheck.UpgradeAnalyzer',
  [
    [
      'from 1.20, without discovery selectors',
      objects,
      [
        'IST0169 DestinationRule a/tls spec.subsets[0].trafficPolicy.portLevelSettings[0].tls: The configuration "ENABLE_AUTO_SNI" changed in release 1.20: no SNI was sent, and now the host of the request is. Or, install with `--set compatibilityVersion=1.20` to retain the old default.',
        'IST0169 DestinationRule a/tls spec.subsets[0].trafficPolicy.portLevelSettings[0].tls: The configuration "VERIFY_CERTIFICATE_AT_CLIENT" changed in release 1.20: certificates of servers were not verified and now are; insecureSkipVerify keeps it that way for a host. Or, install with `--set compatibilityVersion=1.20` to retain the old default.',
        'IST0169 Service a/alias spec.type: The configuration "ENABLE_EXTERNAL_NAME_ALIAS" changed in release 1.20: a Service of type ExternalName was a service of its own and now is another name of what it leads to. Or, install with `--set compatibilityVersion=1.20` to retain the old default.',
        ...since21.slice(1),
        'IST0169 VirtualService a/wild spec.hosts[1]: The configuration "PERSIST_OLDEST_FIRST_HEURISTIC_FOR_VIRTUAL_SERVICE_HOST_MATCHING" changed in release 1.20: of overlapping wildcards the oldest VirtualService won, and now the most specific host does. Or, install with `--set compatibilityVersion=1.20` to retain the old default.',
      ],
    ],
  ],
  { upgradeFrom: '1.20' },
)

it.each([undefined, '1.22', '1.30.1', 'x'])('nothing is reported for an upgrade from %s', (upgradeFrom) => {
  const options = { analyzers: ['precheck.UpgradeAnalyzer'], meshConfig }
  expect(linesOf(objects, { ...options, ...(upgradeFrom === undefined ? {} : { upgradeFrom }) })).toEqual([])
})
