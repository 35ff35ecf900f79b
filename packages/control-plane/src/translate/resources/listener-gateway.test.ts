import { TYPE_URLS } from '@batten/xds'
import { describe, expect, it } from 'vitest'
import { listenersOf, objectsOf, snapshotOf, testNode } from '../../../test/support/translate-case.ts'
import { createTranslator } from '../translator.ts'

const GATEWAY = `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: shop }
spec:
  selector: { istio: ingressgateway }
  servers:
    - port: { number: 80, name: http, protocol: HTTP }
      hosts: ['*']
    - port: { number: 443, name: https, protocol: HTTPS }
      hosts: ['*']
      tls: { mode: SIMPLE, credentialName: shop-cert }
`
const secret = (data: string) => `---
apiVersion: v1
kind: Secret
metadata: { name: shop-cert, namespace: default }
stringData: { ${data} }
`
const node = testNode({ id: 'router', type: 'router', labels: { istio: 'ingressgateway' } })

describe('the listeners of a gateway', () => {
  it.each([
    ['is not there', '', 'there is no Secret default/shop-cert with tls.crt and tls.key'],
    ['lacks the key', secret('tls.crt: x'), 'there is no Secret default/shop-cert with tls.crt and tls.key'],
    [
      'holds something else',
      secret('tls.crt: one, tls.key: two'),
      'the Secret default/shop-cert is of no use: tls.crt is no certificate in PEM',
    ],
  ])('leave out a server whose Secret %s, and keep the others', async (_title, text, message) => {
    const { snapshot } = await snapshotOf(objectsOf(GATEWAY + text))
    const translator = createTranslator()
    const view = translator.view(snapshot, node)
    expect(listenersOf(view).map(({ name }) => name)).toEqual(['0.0.0.0_80'])
    expect(view.resources(TYPE_URLS.RDS).has('http.80')).toBe(true)
    expect(translator.problems).toEqual([
      {
        code: 'CP_SECRET_UNUSABLE',
        severity: 'error',
        subject: 'TLS server https of Gateway default/shop',
        message,
        object: 'networking.istio.io/Gateway/default/shop',
        path: 'spec.servers[1].tls.credentialName',
      },
    ])
  })

  it('tell which server is left out, and which older one has its port or host', async () => {
    const server = (name: string, port: string, hosts: string, tls: string) =>
      `---\napiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: { name: ${name} }\nspec: { selector: { istio: ingressgateway }, servers: [{ port: { ${port} }, hosts: [${hosts}]${tls} }] }\n`
    const tls = ', tls: { mode: ISTIO_MUTUAL }'
    const { snapshot } = await snapshotOf(
      objectsOf(
        server('a', 'number: 80, name: http, protocol: HTTP', '"*"', '') +
          server('b', 'number: 80, name: raw, protocol: TCP', '"*"', '') +
          server('c', 'number: 443, name: one, protocol: HTTPS', 'a.example.com', tls) +
          server('d', 'number: 443, name: two, protocol: HTTPS', 'b.example.com, a.example.com', tls),
      ),
    )
    const translator = createTranslator()
    const view = translator.view(snapshot, node)
    expect(listenersOf(view).map(({ name, filterChains }) => [name, filterChains?.length])).toEqual([
      ['0.0.0.0_80', 1],
      ['0.0.0.0_443', 1],
    ])
    expect(
      translator.problems.map(({ code, object, path, message }) => [code, object, path, message]),
    ).toEqual([
      [
        'CP_GATEWAY_CONFLICT',
        'networking.istio.io/Gateway/default/b',
        'spec.servers[0].port',
        'port 80 speaks HTTP, as the older server http of Gateway default/a says, so this server is left out',
      ],
      [
        'CP_GATEWAY_CONFLICT',
        'networking.istio.io/Gateway/default/d',
        'spec.servers[0].hosts',
        'the older server one of Gateway default/c has the host a.example.com on port 443, so this server is left out',
      ],
    ])
  })
})
