import { describe, expect, it } from 'vitest'
import { isEqual, keepEqual } from './equal.ts'
import { compareSpecificity, coversHost, isExportedTo, resolveHost, shortNames } from './host.ts'
import { protocolOfPort } from './protocol.ts'

describe('hosts', () => {
  it.each([
    ['reviews', 'reviews.shop.svc.cluster.local'],
    ['reviews.other', 'reviews.other'],
    ['www.example.com', 'www.example.com'],
    ['*', '*'],
    ['*.example.com', '*.example.com'],
    ['fd00::1', 'fd00::1'],
  ])('%s in namespace shop is %s', (host, expected) => {
    expect(resolveHost(host, 'shop', 'cluster.local')).toBe(expected)
  })

  it.each([
    ['*', 'a.b', true],
    ['*.b', 'a.b', true],
    ['*.b', 'x.a.b', true],
    ['*.b', '*.a.b', true],
    ['*.b', 'b', false],
    ['*.b', '.b', false],
    ['a.b', 'a.b', true],
    ['a.b', '*.b', false],
  ])('%s covers %s: %s', (pattern, host, expected) => {
    expect(coversHost(pattern, host)).toBe(expected)
  })

  it('puts names before wildcards, and long wildcards before short ones', () => {
    expect(['*', '*.b', 'z.b', '*.a.b', 'a.b'].sort(compareSpecificity)).toEqual([
      'a.b',
      'z.b',
      '*.a.b',
      '*.b',
      '*',
    ])
  })

  it('knows the short names of a Kubernetes service, its first name only in its own namespace', () => {
    expect(shortNames('a.shop.svc.cluster.local', 'shop', 'cluster.local')).toEqual([
      'a.shop.svc',
      'a.shop',
      'a',
    ])
    expect(shortNames('a.shop.svc.cluster.local', 'other', 'cluster.local')).toEqual(['a.shop.svc', 'a.shop'])
    expect(shortNames('www.example.com', 'shop', 'cluster.local')).toEqual([])
  })

  it.each([
    [[], 'other', true],
    [['*'], 'other', true],
    [['.'], 'shop', true],
    [['.'], 'other', false],
    [['other'], 'other', true],
    [['~'], 'shop', false],
  ])('%j shows an object of shop to %s: %s', (exportTo, client, expected) => {
    expect(isExportedTo(exportTo, 'shop', client)).toBe(expected)
  })
})

describe('protocolOfPort', () => {
  it.each([
    [{ name: 'http' }, 'HTTP'],
    [{ name: 'http-web' }, 'HTTP'],
    [{ name: 'HTTP2-x' }, 'HTTP2'],
    [{ name: 'grpc-web' }, 'GRPC-WEB'],
    [{ name: 'grpc-web-x' }, 'GRPC-WEB'],
    [{ name: 'grpc-x' }, 'GRPC'],
    [{ name: 'tcp-raw' }, 'TCP'],
    [{ name: 'web' }, 'AUTO'],
    [{ name: 'httpx' }, 'AUTO'],
    [{}, 'AUTO'],
    [{ name: 'http', appProtocol: 'kubernetes.io/h2c' }, 'HTTP2'],
    [{ name: 'http', appProtocol: 'acme.example/own' }, 'AUTO'],
    [{ name: 'http', appProtocol: null }, 'HTTP'],
    [{ name: 'http', protocol: 'UDP' }, 'UDP'],
    [{ name: 'db', port: 3306 }, 'TCP'],
    [{ name: 'mail', port: 25 }, 'TCP'],
    [{ port: 53 }, 'TCP'],
    [{ port: 27017 }, 'TCP'],
    [{ name: 'http', port: 25 }, 'HTTP'],
    [{ name: 'http', port: 80, appProtocol: 'tls-own' }, 'TLS'],
  ])('%j is %s', (port, expected) => {
    expect(protocolOfPort(port)).toBe(expected)
  })
})

describe('isEqual', () => {
  it.each([
    [{ a: 1, b: undefined }, { a: 1 }, true],
    [{ a: 1 }, { a: 1, b: 2 }, false],
    [[1, [2]], [1, [2]], true],
    [[1], { 0: 1 }, false],
    [new Uint8Array([1]), new Uint8Array([1]), true],
    [new Uint8Array([1]), new Uint8Array([2]), false],
    [null, {}, false],
  ])('%j and %j: %s', (a, b, expected) => {
    expect(isEqual(a, b)).toBe(expected)
    expect(isEqual(b, a)).toBe(expected)
  })

  it('keeps equal values of a map, and the map itself when all are equal', () => {
    const before = new Map([
      ['a', { x: 1 }],
      ['b', { x: 2 }],
    ])
    expect(keepEqual(before, new Map([...before].map(([key, { x }]) => [key, { x }])))).toBe(before)
    const next = keepEqual(before, new Map([['a', { x: 1 }]]))
    expect(next).not.toBe(before)
    expect(next.get('a')).toBe(before.get('a'))
  })
})
