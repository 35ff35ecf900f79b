import { authorizationPolicy, type KubernetesObject, peerAuthentication, principal } from '@batten/api'
import { NAMESPACE, type ServiceName } from './services.ts'

const INGRESS = principal('istio-ingress', 'istio-ingressgateway')

/** Mutual TLS everywhere, and for each service who may call it. What no policy allows is refused. */
export function security(): KubernetesObject[] {
  return [
    peerAuthentication({ name: 'default', namespace: NAMESPACE, mtls: { mode: 'STRICT' } }),
    authorizationPolicy({ name: 'nobody', namespace: NAMESPACE }),
    allow('web', [INGRESS]),
    allow('catalog', [INGRESS, principal(NAMESPACE, 'web')], ['GET', 'HEAD']),
    allow('cart', [principal(NAMESPACE, 'web')]),
  ]
}

function allow(name: ServiceName, principals: string[], methods?: string[]): KubernetesObject {
  return authorizationPolicy({
    name,
    namespace: NAMESPACE,
    selector: { matchLabels: { app: name } },
    rules: [{ from: [{ source: { principals } }], ...(methods && { to: [{ operation: { methods } }] }) }],
  })
}
