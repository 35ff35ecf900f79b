import { route, to, type VirtualService, virtualService } from '@batten/api'

/** A VirtualService with ten routes, each with two conditions, two destinations, retries and a timeout. */
export function tenRoutes(name: string): VirtualService {
  return virtualService({
    name,
    namespace: 'shop',
    hosts: [name],
    http: Array.from({ length: 10 }, (_, i) =>
      route(
        to(name, { subset: 'v1', port: 9080, weight: 90 }),
        to(name, { subset: 'v2', port: 9080, weight: 10 }),
      )
        .when({ uri: { prefix: `/api/${i}` }, headers: { 'end-user': { exact: `user-${i}` } } })
        .retry(3, { perTryTimeout: '2s', retryOn: '5xx' })
        .timeout('10s'),
    ),
  })
}
