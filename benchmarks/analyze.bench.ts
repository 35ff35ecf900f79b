/**
 * Analysis of synthetic meshes: objects a second, and how time grows with the mesh.
 *
 *     node --conditions=@batten/source benchmarks/analyze.bench.ts [objects...]
 *
 * Each size runs in a process of its own (for memory), three times; the fastest run counts. Growth is the time for an
 * object relative to that of the smallest mesh: 1.0 is linear.
 */
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { KubernetesObject } from '@batten/api'
import { analyze } from '@batten/api/analyze'

const SIZES = [1_000, 5_000, 20_000]
const RUNS = 3

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

function mesh(size: number): KubernetesObject[] {
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

interface Measured {
  readonly objects: number
  readonly messages: number
  readonly ms: number
  readonly peakMb: number
}

function measure(size: number): Measured {
  let ms = Number.POSITIVE_INFINITY
  let messages = 0
  for (let run = 0; run < RUNS; run++) {
    const objects = mesh(size)
    const start = performance.now()
    messages = analyze(objects).length
    ms = Math.min(ms, performance.now() - start)
  }
  return { objects: size, messages, ms, peakMb: process.resourceUsage().maxRSS / 1024 }
}

const [only, ...sizes] = process.argv.slice(2)
if (only === '--measure') {
  process.stdout.write(JSON.stringify(measure(Number(sizes[0]))))
} else {
  const wanted = only === undefined ? SIZES : [only, ...sizes].map(Number)
  const file = fileURLToPath(import.meta.url)
  const results = wanted.map((size): Measured => {
    const args = ['--conditions=@batten/source', file, '--measure', String(size)]
    return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }))
  })
  const each = ({ ms, objects }: Measured): number => ms / objects
  console.log('OBJECTS  MESSAGES       MS  OBJECTS/S  GROWTH  PEAK MB')
  for (const result of results) {
    const { objects, messages, ms, peakMb } = result
    const columns = [
      String(objects).padStart(7),
      String(messages).padStart(8),
      ms.toFixed(0).padStart(7),
      (objects / (ms / 1000)).toFixed(0).padStart(9),
      (each(result) / each(results[0]!)).toFixed(2).padStart(6),
      peakMb.toFixed(0).padStart(7),
    ]
    console.log(columns.join('  '))
  }
}
