import { AGE_COLUMN, defineKind } from '../kind.ts'
import { PolicySelector } from '../meta/selector.ts'
import { IstioStatus } from '../meta/status.ts'
import { choice, field, map, message } from '../node.ts'

/** Mode of mutual TLS. */
export const MutualTLSMode = choice('MutualTLSMode', 'Which connections a workload takes.', {
  UNSET: 'Inherited: from the namespace, then from the mesh, else PERMISSIVE.',
  DISABLE: 'Plain text.',
  PERMISSIVE: 'Plain text and mutual TLS.',
  STRICT: 'Mutual TLS only.',
})

/** Mutual TLS settings. */
export const MutualTLS = message(
  'MutualTLS',
  'Mutual TLS of connections to a workload.',
  { mode: field(MutualTLSMode, 'Which connections are taken.', { defaults: 'UNSET' }) },
  { anchor: 'PeerAuthentication-MutualTLS', example: 'mode: STRICT' },
)

/** What a PeerAuthentication says. */
export const PeerAuthenticationSpec = message(
  'PeerAuthenticationSpec',
  'Whether workloads take plain text, mutual TLS, or both.',
  {
    selector: field(PolicySelector, 'Workloads it is for.', {
      defaults: 'all of the namespace; in the root namespace, all of the mesh',
    }),
    mtls: field(MutualTLS, 'Mutual TLS of all ports.'),
    portLevelMtls: map(MutualTLS, 'Mutual TLS of single ports, by the port of the pod. Needs a selector.', {
      minProperties: 1,
      rules: [
        { rule: 'self.all(key, 0 < int(key) && int(key) <= 65535)', message: 'port must be between 1-65535' },
      ],
      example: '{ 8080: { mode: DISABLE } }',
    }),
  },
  {
    anchor: 'PeerAuthentication',
    rules: [
      {
        rule: 'has(self.portLevelMtls) ? (((has(self.selector) && has(self.selector.matchLabels)) ? self.selector.matchLabels : {}).size() > 0) : true',
        message: 'portLevelMtls requires selector',
      },
    ],
  },
)

/** The kind. */
export const PeerAuthentication = defineKind({
  kind: 'PeerAuthentication',
  group: 'security.istio.io',
  versions: ['v1', 'v1beta1'],
  plural: 'peerauthentications',
  shortNames: ['pa'],
  scope: 'Namespaced',
  origin: 'istio',
  description: 'Says whether workloads take plain text, mutual TLS, or both.',
  docs: 'https://istio.io/latest/docs/reference/config/security/peer_authentication/',
  parts: {
    spec: field(PeerAuthenticationSpec, 'Whether workloads take plain text, mutual TLS, or both.'),
    status: IstioStatus,
  },
  printerColumns: [
    { name: 'Mode', type: 'string', description: 'Mode of mutual TLS', jsonPath: '.spec.mtls.mode' },
    AGE_COLUMN,
  ],
  example: `apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: default, namespace: istio-system }
spec:
  mtls: { mode: STRICT }`,
})
