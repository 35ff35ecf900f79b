import { defineKind } from '../kind.ts'
import { PolicySelector } from '../meta/selector.ts'
import { IstioStatus } from '../meta/status.ts'
import { field, int32, message, text, textMap } from '../node.ts'

/** Image of the proxy. */
export const ProxyImage = message('ProxyImage', 'Which image of the proxy is used.', {
  imageType: text('`default`, `debug` or `distroless`.', { defaults: 'default' }),
})

/** What a ProxyConfig says. */
export const ProxyConfigSpec = message(
  'ProxyConfigSpec',
  'Settings of proxies that take effect when they start.',
  {
    selector: field(PolicySelector, 'Workloads it is for.', {
      defaults: 'all of the namespace; in the root namespace, all of the mesh',
    }),
    concurrency: int32('Number of worker threads. 0 means all cores.', {
      minimum: 0,
      nullable: true,
      defaults: 'from the CPU limit of the container',
    }),
    environmentVariables: textMap('Environment variables of the proxy.', { item: { maxLength: 2048 } }),
    image: field(ProxyImage, 'Image of the proxy.'),
  },
  { anchor: 'ProxyConfig' },
)

/** The kind. */
export const ProxyConfig = defineKind({
  kind: 'ProxyConfig',
  group: 'networking.istio.io',
  versions: ['v1beta1'],
  plural: 'proxyconfigs',
  scope: 'Namespaced',
  origin: 'istio',
  description: 'Settings of proxies that take effect when they start: threads, environment, image.',
  docs: 'https://istio.io/latest/docs/reference/config/networking/proxy-config/',
  parts: { spec: field(ProxyConfigSpec, 'Settings of proxies.'), status: IstioStatus },
  example: `apiVersion: networking.istio.io/v1beta1
kind: ProxyConfig
metadata: { name: small }
spec:
  selector: { matchLabels: { app: ratings } }
  concurrency: 1`,
})
