import type { KubernetesObject } from '@batten/api'

/** A service of a test mesh: one Service, and a Deployment and ServiceAccount behind it. */
export interface TestWorkload {
  /** Default: `['v1']`; each is a Deployment `<name>-<version>` with the label `version`. */
  readonly versions?: readonly string[]
  /** Port of the Service and of the containers. Default 80. */
  readonly port?: number
  /** Default: `default`. */
  readonly namespace?: string
  /** Default: the name of the service. */
  readonly serviceAccount?: string
}

/** The Kubernetes objects of a test workload. */
export function workloadObjects(name: string, workload: TestWorkload): KubernetesObject[] {
  const { versions = ['v1'], port = 80, namespace = 'default', serviceAccount = name } = workload
  const objects = [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: serviceAccount, namespace } },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace, labels: { app: name } },
      spec: { selector: { app: name }, ports: [{ name: 'http', port, targetPort: port, protocol: 'TCP' }] },
    },
    ...versions.map((version) => ({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: `${name}-${version}`, namespace },
      spec: {
        selector: { matchLabels: { app: name, version } },
        template: {
          metadata: { labels: { app: name, version } },
          spec: {
            serviceAccountName: serviceAccount,
            containers: [{ name: 'app', image: 'echo', ports: [{ containerPort: port }] }],
          },
        },
      },
    })),
  ]
  return objects as unknown as KubernetesObject[]
}
