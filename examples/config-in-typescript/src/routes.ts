import {
  destinationRule,
  exact,
  header,
  type KubernetesObject,
  method,
  prefix,
  route,
  split,
  subset,
  to,
  virtualService,
} from '@batten/api'
import { GATEWAY } from './gateway.ts'
import { NAMESPACE } from './services.ts'
import type { Settings } from './settings.ts'

/** Where requests go, at the edge and between the services. */
export function routes({ host, canary }: Settings): KubernetesObject[] {
  // The gateway does not look at the routes inside of the mesh, so that both share out the requests alike.
  const catalog = to('catalog', split({ v1: 100 - canary, v2: canary }))
  return [
    virtualService({
      name: 'edge',
      namespace: NAMESPACE,
      hosts: [host],
      gateways: [GATEWAY],
      http: [
        route(catalog).named('api').when(prefix('/api/catalog/')).rewrite('/').timeout('3s'),
        route(to('web'))
          .named('pages')
          .timeout('10s')
          .retry(2, { perTryTimeout: '4s', retryOn: '5xx,reset' }),
      ],
    }),
    virtualService({
      name: 'catalog',
      namespace: NAMESPACE,
      hosts: ['catalog'],
      http: [
        // People of the shop see the new version whatever its share is.
        route(to('catalog', { subset: 'v2' }))
          .named('staff')
          .when(header('x-staff').exact('true'))
          .timeout('2s'),
        route(catalog).named('canary').retry(3, { perTryTimeout: '500ms' }).timeout('2s'),
      ],
    }),
    virtualService({
      name: 'cart',
      namespace: NAMESPACE,
      hosts: ['cart'],
      http: [
        // What changes a cart is never sent twice.
        route(to('cart'))
          .named('write')
          .when(method('POST', 'PUT', 'DELETE'))
          .retry(0)
          .timeout('5s'),
        route(to('cart')).named('read').when(exact('/items')).when(prefix('/items/')).retry(2).timeout('1s'),
        route(to('cart')).named('rest').timeout('1s'),
      ],
    }),
    destinationRule({
      name: 'catalog',
      namespace: NAMESPACE,
      host: 'catalog',
      trafficPolicy: {
        loadBalancer: { simple: 'LEAST_REQUEST' },
        outlierDetection: { consecutive5xxErrors: 5, interval: '10s', baseEjectionTime: '30s' },
      },
      subsets: [subset('v1'), subset('v2')],
    }),
    destinationRule({
      name: 'cart',
      namespace: NAMESPACE,
      host: 'cart',
      trafficPolicy: {
        loadBalancer: { consistentHash: { httpHeaderName: 'x-session' } },
        connectionPool: { http: { http1MaxPendingRequests: 100, maxRequestsPerConnection: 0 } },
      },
    }),
  ]
}
