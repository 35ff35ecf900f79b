import type { KubernetesObject } from '@batten/api'

/** Services for one namespace of the mesh. */
const SERVICES_IN_NAMESPACE = 20

/** One service with everything around it: eight objects. */
function service(index: number): KubernetesObject[] {
  const namespace = `team-${Math.floor(index / SERVICES_IN_NAMESPACE)}`
  const name = `app-${index}`
  const host = `${name}.${namespace}.svc.cluster.local`
  const labels = { app: name }
  const object = (apiVersion: string, kind: string, spec: unknown, extra = {}): KubernetesObject => ({
    apiVersion,
    kind,
    metadata: { name, namespace, ...extra },
    spec,
  })
  const pod = (version: string): KubernetesObject => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `${name}-${version}`, namespace, labels: { ...labels, version } },
    spec: { containers: [{ name: 'app', ports: [{ containerPort: 8080 }] }, { name: 'istio-proxy' }] },
  })
  return [
    object('v1', 'Service', { selector: labels, ports: [{ name: 'http', port: 80, targetPort: 8080 }] }),
    pod('v1'),
    pod('v2'),
    object('networking.istio.io/v1', 'VirtualService', {
      hosts: [host, `${name}.example.com`],
      gateways: ['mesh', name],
      http: [
        {
          match: [{ uri: { prefix: '/api' } }],
          route: [
            { destination: { host, subset: 'v1' }, weight: 90 },
            { destination: { host, subset: 'v2' }, weight: 10 },
          ],
        },
        { route: [{ destination: { host, subset: index % 50 === 0 ? 'v3' : 'v1' } }] },
      ],
    }),
    object('networking.istio.io/v1', 'DestinationRule', {
      host,
      subsets: ['v1', 'v2'].map((version) => ({ name: version, labels: { version } })),
    }),
    object('networking.istio.io/v1', 'Gateway', {
      selector: { istio: 'ingressgateway' },
      servers: [{ port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts: [`${name}.example.com`] }],
    }),
    object('security.istio.io/v1', 'AuthorizationPolicy', {
      selector: { matchLabels: labels },
      rules: [{ from: [{ source: { namespaces: [namespace] } }], to: [{ operation: { methods: ['GET'] } }] }],
    }),
    object('networking.istio.io/v1', 'ServiceEntry', {
      hosts: [`${name}.example.org`],
      ports: [{ number: 443, name: 'tls', protocol: 'TLS' }],
      resolution: 'DNS',
    }),
  ]
}

/** A mesh of so many objects: services with pods, routes, policies and gateways, twenty services a namespace. */
export function meshObjects(size: number): KubernetesObject[] {
  const out: KubernetesObject[] = []
  for (let index = 0; out.length < size; index++) {
    if (index % SERVICES_IN_NAMESPACE === 0) {
      const metadata = {
        name: `team-${index / SERVICES_IN_NAMESPACE}`,
        labels: { 'istio-injection': 'enabled' },
      }
      out.push({ apiVersion: 'v1', kind: 'Namespace', metadata })
    }
    out.push(...service(index))
  }
  return out.slice(0, size)
}
