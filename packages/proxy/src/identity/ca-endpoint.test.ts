import { systemClock } from '@batten/core'
import { describe, expect, it } from 'vitest'
import { caEndpointOf } from './ca-endpoint.ts'

const tls = { kind: 'tls', rootFile: 'unused' } as const

describe('the address of a CA', () => {
  it.each<[string, object, string]>([
    [
      'istiod.istio-system.svc:15012',
      { host: 'istiod.istio-system.svc', port: 15012 },
      'istiod.istio-system.svc',
    ],
    ['istiod', { host: 'istiod', port: 443 }, 'istiod'],
    ['10.0.0.1:15012', { host: '10.0.0.1', port: 15012 }, '10.0.0.1'],
    ['[fd00::1]:15012', { host: 'fd00::1', port: 15012 }, 'fd00::1'],
    ['[fd00::1]', { host: 'fd00::1', port: 443 }, 'fd00::1'],
    ['fd00::1', { host: 'fd00::1', port: 443 }, 'fd00::1'],
    ['dns:istiod:15012', { host: 'istiod', port: 15012 }, 'istiod'],
    ['dns:///istiod:15012', { host: 'istiod', port: 15012 }, 'istiod'],
    ['dns://10.0.0.10/istiod:15012', { host: 'istiod', port: 15012 }, 'istiod'],
    ['dns:15012', { host: 'dns', port: 15012 }, 'dns'],
    ['ipv4:10.0.0.1:15012', { host: '10.0.0.1', port: 15012 }, '10.0.0.1'],
    ['ipv6:[::1]:15012', { host: '::1', port: 15012 }, '::1'],
    ['unix:/run/ca.sock', { path: '/run/ca.sock' }, 'localhost'],
    ['unix:///run/ca.sock', { path: '/run/ca.sock' }, 'localhost'],
    ['unix:ca.sock', { path: 'ca.sock' }, 'localhost'],
  ])('%s', (address, target, peerName) => {
    const endpoint = caEndpointOf(address, tls, 'roots', systemClock)
    expect(endpoint).toMatchObject({ target, peerName, isTls: true })
    const named = caEndpointOf(address, { ...tls, serverName: 'ca.test' }, 'roots', systemClock)
    expect(named).toMatchObject({ target, peerName: 'ca.test' })
    const plain = caEndpointOf(address, { kind: 'plaintext' }, undefined, systemClock)
    expect(plain).toMatchObject({ target, isTls: false })
    expect(plain.peerName).toBeUndefined()
  })
})
