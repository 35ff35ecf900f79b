import { defineKind } from '../kind.ts'
import {
  field,
  flag,
  freeForm,
  int32,
  integer,
  intOrString,
  list,
  message,
  text,
  textMap,
  texts,
} from '../node.ts'
import { Condition, LabelSelector, LocalObjectReference, ObjectMeta, replicas } from './object-meta.ts'

/** A port of a container. */
export const ContainerPort = message(
  'ContainerPort',
  'A port that a container listens on.',
  {
    name: text('Name that a Service may refer to.'),
    containerPort: int32('Number of the port.', { minimum: 1, maximum: 65535 }),
    protocol: text('TCP, UDP or SCTP.', { defaults: 'TCP' }),
    hostPort: int32('Port on the node.'),
    hostIP: text('Address on the node.'),
  },
  { required: ['containerPort'], open: true },
)

/** An environment variable of a container. */
export const ContainerEnv = message(
  'ContainerEnv',
  'An environment variable of a container.',
  {
    name: text('Name of the variable.'),
    value: text('Its value.'),
    valueFrom: freeForm('Where the value comes from instead.'),
  },
  { required: ['name'], open: true },
)

/** HTTP probe. */
export const HTTPGetAction = message(
  'HTTPGetAction',
  'Asks an HTTP endpoint.',
  {
    path: text('Path.'),
    port: intOrString('Port, by number or by name.'),
    host: text('Host.', { defaults: 'the address of the pod' }),
    scheme: text('HTTP or HTTPS.', { defaults: 'HTTP' }),
  },
  { open: true },
)

/** Probe of a container. */
export const ContainerProbe = message(
  'ContainerProbe',
  'How Kubernetes finds out whether a container is well.',
  {
    httpGet: field(HTTPGetAction, 'Asks an HTTP endpoint.'),
    tcpSocket: freeForm('Makes a connection.'),
    exec: freeForm('Runs a command.'),
    grpc: freeForm('Asks the gRPC health service.'),
    initialDelaySeconds: int32('Time before the first probe, in seconds.'),
    periodSeconds: int32('Time between probes, in seconds.'),
    timeoutSeconds: int32('Time limit of a probe, in seconds.'),
    successThreshold: int32('How many probes in a row must succeed.'),
    failureThreshold: int32('How many probes in a row must fail.'),
  },
  { open: true },
)

/** Identity of a process. */
export const SecurityContext = message(
  'SecurityContext',
  'Identity and rights of a process.',
  {
    runAsUser: integer('User id.', { nullable: true }),
    runAsGroup: integer('Group id.', { nullable: true }),
    runAsNonRoot: flag('Whether user 0 is refused.', { nullable: true }),
    privileged: flag('Whether the container may do all that the node may.', { nullable: true }),
  },
  { open: true },
)

/** A container. */
export const Container = message(
  'Container',
  'A container of a pod.',
  {
    name: text('Name of the container, unique in the pod.'),
    image: text('Image that is run.'),
    command: texts('Command instead of that of the image.'),
    args: texts('Arguments instead of those of the image.'),
    ports: list(ContainerPort, 'Ports that the container listens on.'),
    env: list(ContainerEnv, 'Environment variables.'),
    readinessProbe: field(ContainerProbe, 'Whether the container can serve.'),
    livenessProbe: field(ContainerProbe, 'Whether the container must be started again.'),
    startupProbe: field(ContainerProbe, 'Whether the container has started.'),
    securityContext: field(SecurityContext, 'Identity and rights.'),
    imagePullPolicy: text('Always, IfNotPresent or Never.'),
    workingDir: text('Working directory.'),
    restartPolicy: text('Always, for a sidecar among the init containers.', { nullable: true }),
  },
  { required: ['name'], open: true },
)

/** What a pod consists of. */
export const PodSpec = message(
  'PodSpec',
  'Containers that run together, and where.',
  {
    containers: list(Container, 'The containers.'),
    initContainers: list(Container, 'Containers that run before.'),
    serviceAccountName: text('Identity of the pod.', { defaults: 'default' }),
    serviceAccount: text('Identity of the pod.', { deprecated: 'use `serviceAccountName`' }),
    nodeName: text('Node the pod runs on.'),
    hostNetwork: flag('Whether the pod has the network of the node; then it gets no sidecar.'),
    restartPolicy: text('Always, OnFailure or Never.'),
    securityContext: field(SecurityContext, 'Identity and rights of all containers.'),
    imagePullSecrets: list(LocalObjectReference, 'Secrets for pulling images.'),
    nodeSelector: textMap('Labels of nodes the pod may run on.'),
    subdomain: text('Name of a headless service that gives the pod a DNS name.'),
    hostname: text('Host name of the pod.'),
    terminationGracePeriodSeconds: integer('Time to stop, in seconds.', { nullable: true }),
  },
  { required: ['containers'], open: true },
)

/** An address of a pod. */
export const PodIP = message('PodIP', 'An address of a pod.', { ip: text('The address.') }, { open: true })

/** State of one container. */
export const ContainerStatus = message(
  'ContainerStatus',
  'State of a container.',
  {
    name: text('Name of the container.'),
    ready: flag('Whether it can serve.'),
    restartCount: int32('How often it was started again.'),
  },
  { open: true },
)

/** State of a Pod. */
export const PodStatus = message(
  'PodStatus',
  'State of a pod.',
  {
    phase: text('Pending, Running, Succeeded, Failed or Unknown.'),
    podIP: text('Address of the pod.'),
    podIPs: list(PodIP, 'Addresses of the pod.'),
    hostIP: text('Address of the node.'),
    conditions: list(Condition, 'Observed conditions.'),
    containerStatuses: list(ContainerStatus, 'State of the containers.'),
    startTime: text('When the pod was taken by its node (RFC 3339).', { nullable: true }),
  },
  { open: true },
)

/** The kind. */
export const Pod = defineKind({
  kind: 'Pod',
  group: '',
  versions: ['v1'],
  plural: 'pods',
  shortNames: ['po'],
  scope: 'Namespaced',
  origin: 'kubernetes',
  description: 'Containers that run together: one workload of the mesh.',
  docs: 'https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/',
  parts: {
    spec: field(PodSpec, 'Containers that run together.'),
    status: field(PodStatus, 'State of the pod.'),
  },
})

/** Pods that a controller makes. */
export const PodTemplateSpec = message(
  'PodTemplateSpec',
  'What the pods of a controller look like.',
  {
    metadata: field(ObjectMeta, 'Labels and annotations of the pods.'),
    spec: field(PodSpec, 'Their containers.'),
  },
  { open: true },
)

/** What a Deployment says. */
export const DeploymentSpec = message(
  'DeploymentSpec',
  'How many pods of one form there should be.',
  {
    replicas,
    selector: field(LabelSelector, 'Pods that belong to it.'),
    template: field(PodTemplateSpec, 'What its pods look like.'),
    strategy: freeForm('How pods are replaced.'),
    minReadySeconds: int32('How long a new pod must be ready, in seconds.'),
    revisionHistoryLimit: int32('How many old versions are kept.', { nullable: true }),
    paused: flag('Whether changes wait.'),
    progressDeadlineSeconds: int32('Time limit for a change, in seconds.', { nullable: true }),
  },
  { required: ['selector', 'template'], open: true },
)

/** State of a Deployment. */
export const DeploymentStatus = message(
  'DeploymentStatus',
  'State of a deployment.',
  {
    replicas: int32('Pods that there are.'),
    readyReplicas: int32('Pods that are ready.'),
    availableReplicas: int32('Pods that are ready for long enough.'),
    updatedReplicas: int32('Pods of the newest form.'),
    conditions: list(Condition, 'Observed conditions.'),
    observedGeneration: integer('Generation that the state speaks about.'),
  },
  { open: true },
)

/** The kind. */
export const Deployment = defineKind({
  kind: 'Deployment',
  group: 'apps',
  versions: ['v1'],
  plural: 'deployments',
  shortNames: ['deploy'],
  scope: 'Namespaced',
  origin: 'kubernetes',
  description: 'Keeps a number of pods of one form running.',
  docs: 'https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/deployment-v1/',
  parts: {
    spec: field(DeploymentSpec, 'How many pods of one form there should be.'),
    status: field(DeploymentStatus, 'State of the deployment.'),
  },
})
