import { deployment, type KubernetesObject, namespace, service, serviceAccount } from '@batten/api'

export const NAMESPACE = 'shop'

/** The services of the shop and their versions. Each runs under an account of its own, which policies name. */
const SERVICES = { web: ['v1'], catalog: ['v1', 'v2'], cart: ['v1'] }

export type ServiceName = keyof typeof SERVICES

/** Namespace, accounts, services and workloads. */
export function services(): KubernetesObject[] {
  return [
    namespace({ name: NAMESPACE, labels: { 'istio-injection': 'enabled' } }),
    ...Object.entries(SERVICES).flatMap(([name, versions]) => [
      serviceAccount({ name, namespace: NAMESPACE }),
      service({
        name,
        namespace: NAMESPACE,
        labels: { app: name },
        selector: { app: name },
        ports: [{ name: 'http', port: 8080, targetPort: 8080 }],
      }),
      ...versions.map((version) => workload(name, version)),
    ]),
  ]
}

function workload(name: string, version: string): KubernetesObject {
  return deployment({
    name: `${name}-${version}`,
    namespace: NAMESPACE,
    replicas: 2,
    podLabels: { app: name, version },
    pod: {
      serviceAccountName: name,
      containers: [
        { name, image: `registry.example.com/shop/${name}:${version}`, ports: [{ containerPort: 8080 }] },
      ],
    },
  })
}
