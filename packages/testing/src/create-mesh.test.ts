import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createMesh, type Mesh } from './create-mesh.ts'

const CONFIG = `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: shop }
spec:
  selector: { istio: ingressgateway }
  servers:
    - port: { number: 80, name: http, protocol: HTTP }
      hosts: ['shop.example']
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: shop }
spec:
  hosts: [shop.example]
  gateways: [shop]
  http:
    - route: [{ destination: { host: web } }]
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: cart }
spec:
  host: cart
  subsets:
    - { name: v1, labels: { version: v1 } }
    - { name: v2, labels: { version: v2 } }
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: default }
spec:
  mtls: { mode: STRICT }
`
const route = (http: string) => `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: cart }
spec:
  hosts: [cart]
  http:
${http}
`

describe('createMesh', () => {
  let mesh: Mesh

  beforeAll(async () => {
    mesh = await createMesh({
      workloads: { web: {}, cart: { versions: ['v1', 'v2'], port: 8080 } },
      config: CONFIG,
    })
  })
  afterAll(() => mesh?.close())

  it('has no findings for configuration that is right', () => {
    expect(mesh.findings).toEqual([])
  })

  it('lets the gateway in to the service that it routes to', async () => {
    const response = await mesh.requestGateway('/hello', { headers: { host: 'shop.example' } })
    expect([response.status, response.echo.server, response.echo.path]).toEqual([200, 'web-v1', '/hello'])
    expect((await mesh.requestGateway('/hello', { headers: { host: 'other.example' } })).status).toBe(404)
  })

  it('sends a request by the name of a service, with mutual TLS on the way', async () => {
    const { status, echo } = await mesh.request('web-v1', 'http://cart:8080/items?x=1', {
      method: 'POST',
      body: 'three',
    })
    expect([status, echo.method, echo.path, echo.body]).toEqual([200, 'POST', '/items?x=1', 'three'])
    expect(echo.headers['x-forwarded-client-cert']).toContain('URI=spiffe://cluster.local/ns/default/sa/web')
  })

  it('follows a route as soon as it is applied', async () => {
    await mesh.apply(route('    - route: [{ destination: { host: cart, subset: v2 } }]'))
    expect((await mesh.request('web-v1', 'http://cart:8080/')).echo.server).toBe('cart-v2')
    await mesh.apply(
      route(
        '    - match: [{ headers: { who: { exact: me } } }]\n      route: [{ destination: { host: cart, subset: v1 } }]\n    - directResponse: { status: 418 }',
      ),
    )
    expect((await mesh.request('web-v1', 'http://cart:8080/', { headers: { who: 'me' } })).echo.server).toBe(
      'cart-v1',
    )
    expect((await mesh.request('web-v1', 'http://cart:8080/')).status).toBe(418)
  })

  it('takes a route back that the proxies refuse, and goes on with every other one', async () => {
    await mesh.apply(route('    - directResponse: { status: 418 }'))
    const bad = route(
      "    - headers: { request: { set: { x: '%NO_SUCH_OPERATOR%' } } }\n      route: [{ destination: { host: cart } }]",
    )
    await mesh.apply(bad)
    await mesh.served()
    expect(mesh.findings).toMatchObject([
      { code: 'CP_PROXY_REJECTED', object: 'VirtualService default/cart', path: 'spec.http' },
    ])
    expect((await mesh.request('web-v1', 'http://cart:8080/')).status).toBe(418)
    const other = route('    - directResponse: { status: 419 }').replaceAll('cart', 'web')
    await mesh.apply(`${other}---${bad}`)
    expect((await mesh.request('web-v1', 'http://web/')).status).toBe(419)
    expect(mesh.findings.map(({ code }) => code)).toEqual(['CP_PROXY_REJECTED'])
    await mesh.apply(route('    - directResponse: { status: 420 }'))
    expect(mesh.findings).toEqual([])
    expect((await mesh.request('web-v1', 'http://cart:8080/')).status).toBe(420)
    await mesh.delete(`${other}---${route('    - directResponse: { status: 420 }')}`)
  })

  it('refuses requests while the module of a plugin is missing, on the container ports that it is for', async () => {
    const plugin = (port: number) => `apiVersion: extensions.istio.io/v1alpha1
kind: WasmPlugin
metadata: { name: guard }
spec:
  url: file:///nonexistent/guard.wasm
  selector: { matchLabels: { app: cart } }
  match: [{ ports: [{ number: ${port} }] }]
`
    // Both versions, and connections that are older than the change: a listener that is replaced lets them finish.
    const statuses = async () => {
      const seen = new Set<number>()
      for (let i = 0; i < 8; i++) seen.add((await mesh.request('web-v1', 'http://cart:8080/')).status)
      return [...seen]
    }
    await mesh.apply(plugin(8080))
    await expect.poll(statuses, { timeout: 20_000 }).toEqual([403])
    expect(mesh.findings.map(({ code }) => code)).toEqual(['CP_WASM_UNAVAILABLE'])
    await mesh.apply(plugin(81))
    await expect.poll(statuses, { timeout: 20_000 }).toEqual([200])
    await mesh.delete(plugin(81))
  })

  it('forgets what is deleted', async () => {
    const rule = route('    - directResponse: { status: 418 }')
    await mesh.apply(rule)
    expect((await mesh.request('web-v1', 'http://cart:8080/')).status).toBe(418)
    await mesh.delete(rule)
    expect((await mesh.request('web-v1', 'http://cart:8080/')).status).toBe(200)
  })

  it('takes a Sidecar and a Service that are applied later, as a cluster does', async () => {
    const locked = `
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: { name: default }
spec:
  egress: [{ hosts: ["istio-system/*"] }]
  outboundTrafficPolicy: { mode: REGISTRY_ONLY }
`
    const alias = `
apiVersion: v1
kind: Service
metadata: { name: basket }
spec: { selector: { app: cart }, ports: [{ name: http, port: 80, targetPort: 8080 }] }
`
    await mesh.apply(alias)
    expect((await mesh.request('web-v1', 'http://basket/')).status).toBe(200)
    await mesh.apply(locked)
    expect((await mesh.request('web-v1', 'http://cart:8080/')).status).toBe(502)
    await mesh.delete(`${locked}---${alias}`)
    expect((await mesh.request('web-v1', 'http://cart:8080/')).status).toBe(200)
    expect((await mesh.request('web-v1', 'http://basket/')).status).toBe(502)
  })

  it('closes when it is told to by a signal', async () => {
    const abort = new AbortController()
    const other = await createMesh({ workloads: { solo: {} }, signal: abort.signal })
    const { port } = other.workloads.get('solo-v1')!.echo
    abort.abort()
    await other.close()
    await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow()
  })
})
