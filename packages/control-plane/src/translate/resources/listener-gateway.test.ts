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
})
