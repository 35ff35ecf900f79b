import { expect, it } from 'vitest'
import { validate } from '../validate/validate.ts'
import { split, to } from './destinations.ts'
import { caller, exact, header, method, prefix, query, regex } from './match.ts'
import { delegate, redirect, respond, route } from './route.ts'
import { virtualService } from './virtual-service.ts'

it('writes a route with conditions, retries and a timeout', () => {
  const object = virtualService({
    name: 'reviews',
    namespace: 'shop',
    hosts: ['reviews'],
    http: [
      route(to('reviews', { subset: 'v2' }))
        .when(prefix('/api'), header('End-User').exact('jason'))
        .when(query('debug').exact('1'), method('GET', 'HEAD'), caller({ app: 'web' }))
        .retry(3, { perTryTimeout: '1s' })
        .timeout('2s'),
      route(to('reviews', split({ v1: 90, v2: 10 }))).named('split'),
    ],
  })
  expect(object).toEqual({
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name: 'reviews', namespace: 'shop' },
    spec: {
      hosts: ['reviews'],
      http: [
        {
          match: [
            { uri: { prefix: '/api' }, headers: { 'end-user': { exact: 'jason' } } },
            {
              queryParams: { debug: { exact: '1' } },
              method: { regex: 'GET|HEAD' },
              sourceLabels: { app: 'web' },
            },
          ],
          route: [{ destination: { host: 'reviews', subset: 'v2' } }],
          retries: { attempts: 3, perTryTimeout: '1s' },
          timeout: '2s',
        },
        {
          name: 'split',
          route: [
            { destination: { host: 'reviews', subset: 'v1' }, weight: 90 },
            { destination: { host: 'reviews', subset: 'v2' }, weight: 10 },
          ],
        },
      ],
    },
  })
  expect(validate(object)).toEqual([])
})

it('gives the same object whether a route is written short or plain', () => {
  const short = virtualService({
    name: 'reviews',
    namespace: 'shop',
    hosts: ['reviews'],
    http: [
      // biome-ignore format: on one line, as people write it
      route(to('reviews', { subset: 'v2' })).when(prefix('/api'), header('end-user').exact('jason')).retry(3).timeout('2s'),
      route(to('reviews', split({ v1: 90, v2: 10 }))),
    ],
  })
  const plain = virtualService({
    name: 'reviews',
    namespace: 'shop',
    hosts: ['reviews'],
    http: [
      {
        match: [{ uri: { prefix: '/api' }, headers: { 'end-user': { exact: 'jason' } } }],
        route: [{ destination: { host: 'reviews', subset: 'v2' } }],
        retries: { attempts: 3 },
        timeout: '2s',
      },
      {
        route: [
          { destination: { host: 'reviews', subset: 'v1' }, weight: 90 },
          { destination: { host: 'reviews', subset: 'v2' }, weight: 10 },
        ],
      },
    ],
  })
  expect(short).toStrictEqual(plain)
  expect(JSON.stringify(short)).toBe(JSON.stringify(plain))
})

it('writes faults, mirrors, header changes, redirects, direct responses and delegates', () => {
  const object = virtualService({
    name: 'edge',
    hosts: ['edge'],
    http: [
      route(to('a', { port: 80 }))
        .fault({ delay: '5s', abort: 503, percent: 10 })
        .mirror('b', { percent: 1 })
        .requestHeaders({ set: { a: '1' } })
        .responseHeaders({ remove: ['b'] })
        .rewrite('/x'),
      redirect({ uri: '/y' }).when(prefix('/old')),
      respond(503, 'closed').when(header('x-closed').present()),
      delegate('other', 'ns').when(prefix('/other')),
    ],
  })
  expect(object.spec.http).toEqual([
    {
      route: [{ destination: { host: 'a', port: { number: 80 } } }],
      fault: {
        delay: { fixedDelay: '5s', percentage: { value: 10 } },
        abort: { httpStatus: 503, percentage: { value: 10 } },
      },
      mirror: { host: 'b' },
      mirrorPercentage: { value: 1 },
      headers: { request: { set: { a: '1' } }, response: { remove: ['b'] } },
      rewrite: { uri: '/x' },
    },
    { match: [{ uri: { prefix: '/old' } }], redirect: { uri: '/y' } },
    { match: [{ headers: { 'x-closed': {} } }], directResponse: { status: 503, body: { string: 'closed' } } },
    { match: [{ uri: { prefix: '/other' } }], delegate: { name: 'other', namespace: 'ns' } },
  ])
  expect(validate(object)).toEqual([])
})

it('refuses a split that does not sum to 100 when the compiler does not know the numbers', () => {
  const shares: Record<string, number> = { v1: 90, v2: 20 }
  expect(() => split(shares)).toThrow('must sum to 100, these sum to 110: v1: 90, v2: 20')
  for (const v1 of [90.5, -10, 110, Number.NaN]) {
    const odd: Record<string, number> = { v1, v2: 100 - v1 }
    expect(() => split(odd)).toThrow('must be whole numbers from 0 to 100: v1: ')
  }
  expect(() => split({} as Record<string, number>)).toThrow('must sum to 100, these sum to 0')
  const first: Record<string, number> = { v1: 100, v2: 0 }
  expect(split(first)).toEqual({ shares: { v1: 100, v2: 0 } })
})

it('is a compile error to write a split that does not sum to 100, or a field that does not exist', () => {
  // @ts-expect-error the shares must sum to 100
  expect(() => split({ v1: 90, v2: 20 })).toThrow()
  split({ v1: 50, v2: 50 })
  split({ v1: 100 })
  // @ts-expect-error `hst` does not exist
  virtualService({ name: 'a', hosts: [], http: [{ route: [{ destination: { hst: 'a' } }] }] })
  // @ts-expect-error exact and prefix exclude each other
  virtualService({ name: 'a', hosts: [], http: [{ match: [{ uri: { exact: 'a', prefix: 'b' } }] }] })
  // @ts-expect-error not a value of the enumeration
  virtualService({ name: 'a', hosts: [], http: [{ redirect: { derivePort: 'FROM' } }] })
})

it('refuses two conditions on the same thing in one `when`, of which a match can hold one only', () => {
  const reviews = route(to('reviews'))
  expect(() => reviews.when(prefix('/a'), exact('/b'))).toThrow('two conditions on the path in one `when`')
  expect(() => reviews.when(header('A').exact('1'), header('a').prefix('2'))).toThrow(
    'two conditions on the header a',
  )
  expect(() => reviews.when(method('GET'), method('PUT'))).toThrow('two conditions on the method')
  expect(
    reviews.when(header('a').present(), header('a').not(exact('1')), header('b').absent()).build(),
  ).toEqual({
    match: [{ headers: { a: {} }, withoutHeaders: { a: { exact: '1' }, b: {} } }],
    route: [{ destination: { host: 'reviews' } }],
  })
})

it('keeps the flags of a regular expression that RE2 has', () => {
  expect(regex(/^a.b$/gimsu)).toEqual({ regex: '(?ims)^a.b$' })
  expect(regex(/\/v\d+/)).toEqual({ regex: '\\/v\\d+' })
})

it('leaves a builder as it was when a step is added to it', () => {
  const base = route(to('reviews')).retry(2)
  const slow = base.timeout('10s')
  expect(base.build()).toEqual({ route: [{ destination: { host: 'reviews' } }], retries: { attempts: 2 } })
  expect(slow.build()).toEqual({ ...base.build(), timeout: '10s' })
})
