import { AGE_COLUMN, defineKind } from '../kind.ts'
import { IstioStatus } from '../meta/status.ts'
import { field, int32, list, message, text, textMap, texts, uint32 } from '../node.ts'
import { PORT_RULE, WorkloadTemplate } from './workload-entry.ts'

/** Metadata of the entries of a group. */
export const WorkloadGroupMetadata = message(
  'WorkloadGroupMetadata',
  'Labels and annotations of the WorkloadEntries that are made for the group.',
  {
    labels: textMap('Labels.', { maxProperties: 256 }),
    annotations: textMap('Annotations.', { maxProperties: 256 }),
  },
  { anchor: 'WorkloadGroup-ObjectMeta' },
)

/** A header of a probe. */
export const HTTPHeader = message('HTTPHeader', 'A header that a probe sends.', {
  name: text('Name of the header.', { pattern: '^[-_A-Za-z0-9]+$' }),
  value: text('Value of the header.'),
})

/** HTTP probe. */
export const HTTPHealthCheckConfig = message(
  'HTTPHealthCheckConfig',
  'Asks an HTTP endpoint; statuses 200 to 399 are well.',
  {
    path: text('Path.', { defaults: '/' }),
    port: uint32('Port.', { rules: [PORT_RULE] }),
    host: text('Host.', { defaults: '127.0.0.1' }),
    scheme: text('HTTP or HTTPS.', {
      defaults: 'HTTP',
      rules: [{ rule: 'self in ["", "HTTP", "HTTPS"]', message: 'scheme must be one of [HTTP, HTTPS]' }],
    }),
    httpHeaders: list(HTTPHeader, 'Headers to send.'),
  },
  { required: ['port'] },
)

/** TCP probe. */
export const TCPHealthCheckConfig = message(
  'TCPHealthCheckConfig',
  'Makes a connection.',
  { host: text('Host.', { defaults: '127.0.0.1' }), port: uint32('Port.', { rules: [PORT_RULE] }) },
  { required: ['port'] },
)

/** Command probe. */
export const ExecHealthCheckConfig = message(
  'ExecHealthCheckConfig',
  'Runs a command; exit status 0 is well.',
  { command: texts('The command and its arguments. No shell is involved.', { item: { minLength: 1 } }) },
  { required: ['command'] },
)

/** gRPC probe. */
export const GrpcHealthCheckConfig = message('GrpcHealthCheckConfig', 'Asks the gRPC health service.', {
  port: uint32('Port.', { rules: [PORT_RULE] }),
  service: text('Name of the service to ask about.'),
})

/** Probe of a workload. */
export const ReadinessProbe = message(
  'ReadinessProbe',
  'How the proxy finds out whether its workload is well.',
  {
    initialDelaySeconds: int32('Time before the first probe, in seconds.', { minimum: 0, defaults: '0' }),
    timeoutSeconds: int32('Time limit of a probe, in seconds.', { minimum: 0, defaults: '1' }),
    periodSeconds: int32('Time between probes, in seconds.', { minimum: 0, defaults: '10' }),
    successThreshold: int32('How many probes in a row must succeed.', { minimum: 0, defaults: '1' }),
    failureThreshold: int32('How many probes in a row must fail.', { minimum: 0, defaults: '3' }),
    httpGet: field(HTTPHealthCheckConfig, 'Asks an HTTP endpoint.'),
    tcpSocket: field(TCPHealthCheckConfig, 'Makes a connection.'),
    exec: field(ExecHealthCheckConfig, 'Runs a command.'),
    grpc: field(GrpcHealthCheckConfig, 'Asks the gRPC health service.'),
  },
  {
    oneOfs: [
      { name: 'ReadinessProbeMethod', fields: ['httpGet', 'tcpSocket', 'exec', 'grpc'], mustBeSet: true },
    ],
    example: 'httpGet: { path: /healthz, port: 8080 }\nperiodSeconds: 5',
  },
)

/** What a WorkloadGroup says. */
export const WorkloadGroupSpec = message(
  'WorkloadGroupSpec',
  'What the workloads of a group have in common.',
  {
    metadata: field(WorkloadGroupMetadata, 'Labels and annotations of the WorkloadEntries.'),
    template: field(WorkloadTemplate, 'What the WorkloadEntries look like.'),
    probe: field(ReadinessProbe, 'How the proxy finds out whether its workload is well.'),
  },
  { required: ['template'], anchor: 'WorkloadGroup' },
)

/** The kind. */
export const WorkloadGroup = defineKind({
  kind: 'WorkloadGroup',
  group: 'networking.istio.io',
  versions: ['v1', 'v1alpha3', 'v1beta1'],
  plural: 'workloadgroups',
  shortNames: ['wg'],
  scope: 'Namespaced',
  origin: 'istio',
  description:
    'Describes workloads outside of Kubernetes that register by themselves, as a Deployment describes pods.',
  docs: 'https://istio.io/latest/docs/reference/config/networking/workload-group/',
  parts: {
    spec: field(WorkloadGroupSpec, 'What the workloads have in common.'),
    status: IstioStatus,
  },
  required: ['spec'],
  printerColumns: [AGE_COLUMN],
  example: `apiVersion: networking.istio.io/v1
kind: WorkloadGroup
metadata: { name: reviews }
spec:
  metadata:
    labels: { app: reviews }
  template:
    serviceAccount: reviews
    ports: { http: 8080 }`,
})
