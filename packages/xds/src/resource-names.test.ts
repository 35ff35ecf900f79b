import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type ClusterName,
  formatClusterName,
  formatRouteName,
  formatSniName,
  inboundClusterName,
  outboundClusterName,
  parseClusterName,
  parseRouteName,
  type RouteName,
} from './resource-names.ts'

describe('cluster names', () => {
  const host = 'reviews.default.svc.cluster.local'

  it.each<[string, ClusterName]>([
    [`outbound|9080|v1|${host}`, { direction: 'outbound', port: 9080, subset: 'v1', host }],
    [`outbound|80||${host}`, { direction: 'outbound', port: 80, subset: '', host }],
    ['inbound|9080||', { direction: 'inbound', port: 9080, subset: '', host: '' }],
    [`outbound_.80_.v1_.${host}`, { direction: 'outbound', port: 80, subset: 'v1', host }],
    ['outbound_.80_._.a_.b', { direction: 'outbound', port: 80, subset: '', host: 'a_.b' }],
  ])('takes %s apart', (name, expected) => {
    expect(parseClusterName(name)).toEqual(expected)
  })

  it.each([
    '',
    'BlackHoleCluster',
    'outbound|x||a',
    'outbound|80|a',
    'sideways|80||a',
    'outbound|99999||a',
    'outbound_.80',
  ])('does not know %j', (name) => {
    expect(parseClusterName(name)).toBeUndefined()
  })

  it('reads back both forms of any name', () => {
    const part = fc.stringMatching(/^[a-z0-9-]{1,10}$/)
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 65535 }),
        part,
        fc.array(part, { minLength: 1 }),
        (port, subset, labels) => {
          const name: ClusterName = { direction: 'outbound', port, subset, host: labels.join('.') }
          expect(parseClusterName(formatClusterName(name))).toEqual(name)
          expect(parseClusterName(formatSniName(name))).toEqual(name)
        },
      ),
    )
  })

  it('has short ways to make the usual ones', () => {
    expect(inboundClusterName(9080)).toBe('inbound|9080||')
    expect(outboundClusterName(host, 80)).toBe(`outbound|80||${host}`)
    expect(outboundClusterName(host, 80, 'v2')).toBe(`outbound|80|v2|${host}`)
  })
})

describe('route names', () => {
  it.each<[string, RouteName]>([
    ['9080', { kind: 'port', port: 9080 }],
    [
      'reviews.default.svc.cluster.local:9080',
      { kind: 'service', host: 'reviews.default.svc.cluster.local', port: 9080 },
    ],
    ['http_proxy', { kind: 'http-proxy' }],
    ['http.8080', { kind: 'gateway-http', port: 8080, bind: '' }],
    ['http.8080.10.0.0.1', { kind: 'gateway-http', port: 8080, bind: '10.0.0.1' }],
    [
      'https.443.https.bookinfo.default',
      {
        kind: 'gateway-https',
        port: 443,
        portName: 'https',
        gateway: 'bookinfo',
        namespace: 'default',
        bind: '',
      },
    ],
    ['inbound|9080||', { kind: 'inbound', port: 9080 }],
    ['/var/run/app.sock', { kind: 'other', name: '/var/run/app.sock' }],
    ['my-routes', { kind: 'other', name: 'my-routes' }],
  ])('takes %s apart and puts it together again', (text, name) => {
    expect(parseRouteName(text)).toEqual(name)
    expect(formatRouteName(name)).toBe(text)
  })
})
