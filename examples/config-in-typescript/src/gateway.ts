import { gateway, httpServer, httpsServer, type KubernetesObject } from '@batten/api'
import { NAMESPACE } from './services.ts'
import type { Settings } from './settings.ts'

/** Name of the Gateway, as VirtualServices write it. */
export const GATEWAY = `${NAMESPACE}/edge`

/** The edge: HTTPS for customers, and plain HTTP only to send them there. */
export function edge({ host, certificate }: Settings): KubernetesObject[] {
  return [
    gateway({
      name: 'edge',
      namespace: NAMESPACE,
      // The Secret with the certificate is in the cluster and in no repository, so that the analysis cannot find it.
      annotations: { 'galley.istio.io/analyze-suppress': 'IST0101' },
      selector: { istio: 'ingressgateway' },
      servers: [
        { ...httpServer(80, host), tls: { httpsRedirect: true } },
        httpsServer(443, certificate, host),
      ],
    }),
  ]
}
