import { BattenError } from '@batten/core'
import { compileWasmModule, createWasmPlugin, runFilter } from '@batten/proxy/wasm'
import { FakeClock } from '@batten/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { builtFilter } from '../support/built-filter.ts'
import { guest, TestHost } from '../support/guest.ts'

function startError(body: string, options = {}): string {
  try {
    new TestHost().plugin(guest({ body }), { startTimeoutMs: 300, ...options })
  } catch (error) {
    if (error instanceof BattenError && error.code === 'PROXY_WASM_START') return error.message
    throw error
  }
  throw new Error('the module was started')
}

const LOOP = '(loop $again (br $again))'

it.each([
  [
    'traps in its start section',
    '(start $s) (func $s (unreachable))',
    'the module failed when it was instantiated: unreachable',
  ],
  [
    'traps in _initialize',
    '(func (export "_initialize") (unreachable))',
    'the module failed in _initialize: unreachable',
  ],
  ['traps in _start', '(func (export "_start") (unreachable))', 'the module failed in _start: unreachable'],
  [
    'never ends in _initialize',
    `(func (export "_initialize") ${LOOP})`,
    'the module failed in _initialize: it did not end within 300 ms',
  ],
  [
    'traps in proxy_on_context_create',
    '(func (export "proxy_on_context_create") (param i32 i32) (unreachable))',
    'the module failed in proxy_on_context_create: unreachable',
  ],
  [
    'traps in proxy_on_vm_start',
    '(func (export "proxy_on_vm_start") (param i32 i32) (result i32) (unreachable))',
    'the module failed in proxy_on_vm_start: unreachable',
  ],
  [
    'says no in proxy_on_vm_start',
    '(func (export "proxy_on_vm_start") (param i32 i32) (result i32) (i32.const 0))',
    'the module refused to start in proxy_on_vm_start',
  ],
  [
    'says no in proxy_on_configure',
    '(func (export "proxy_on_configure") (param i32 i32) (result i32) (i32.const 0))',
    'the module refused its configuration in proxy_on_configure',
  ],
  [
    'never ends in proxy_on_configure',
    `(func (export "proxy_on_configure") (param i32 i32) (result i32) ${LOOP} (i32.const 1))`,
    'the module failed in proxy_on_configure: it did not end within 300 ms',
  ],
])('refuses a module that %s', (_title, body, message) => {
  expect(startError(body)).toBe(message)
})

it.each([
  ['proxy_done', '', ''],
  ['proxy_get_log_level', 'i32', '(i32.const 8)'],
  ['proxy_get_current_time_nanoseconds', 'i32', '(i32.const 8)'],
  ['proxy_get_metric', 'i32 i32', '(i32.const 4) (i32.const 8)'],
  ['proxy_increment_metric', 'i32 i64', '(i32.const 4) (i64.const 1)'],
  ['proxy_record_metric', 'i32 i64', '(i32.const 4) (i64.const 1)'],
])('lets the start code call nothing but the log and WASI, as Envoy: not %s', (name, params, args) => {
  const list = params === '' ? '' : `(param ${params})`
  const imports = `(import "env" "${name}" (func $f ${list} (result i32)))`
  const body = `(func (export "_initialize") (drop (call $f ${args})))`
  expect(() => new TestHost().plugin(guest({ imports, body }))).toThrow(
    'the module failed in _initialize: a host function was called outside of a callback (top-level code may only log)',
  )
})

it('runs a module that links gRPC calls in, and says once that they are not there', async () => {
  const params = Array.from({ length: 12 }, () => 'i32').join(' ')
  const zeros = Array.from({ length: 12 }, () => '(i32.const 0)').join(' ')
  const imports = `(import "env" "proxy_grpc_call" (func $call (param ${params}) (result i32)))`
  const body = `(func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
    (if (i32.ne (call $call ${zeros}) (i32.const 12)) (then (unreachable))) (i32.const 0))`
  const host = new TestHost()
  const plugin = host.plugin(guest({ imports, body }))
  expect([(await runFilter(plugin)).response?.status, (await runFilter(plugin)).response?.status]).toEqual([
    200, 200,
  ])
  expect(host.takeLines()).toEqual(['the module called proxy_grpc_call, which this proxy does not have'])
})

it('answers what the guest answered before it trapped, when it fails open', async () => {
  const params = Array.from({ length: 8 }, () => 'i32').join(' ')
  const imports = `(import "env" "proxy_send_local_response" (func $reply (param ${params}) (result i32)))`
  const body = `(func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
    (drop (call $reply (i32.const 401) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
      (i32.const 0) (i32.const -1)))
    (unreachable))`
  const status = async (failurePolicy: 'fail-open' | 'fail-closed') =>
    (await runFilter(new TestHost().plugin(guest({ imports, body }), { failurePolicy }))).response?.status
  expect([await status('fail-open'), await status('fail-closed')]).toEqual([401, 503])
})

describe('a filter that fails', () => {
  let wasm: Uint8Array<ArrayBuffer>
  const failing = (how: string) => Buffer.from(JSON.stringify({ when: '/fail', how }))

  beforeAll(async () => {
    wasm = await builtFilter('trap')
  }, 60_000)

  it.each([
    ['throw', 'told to fail at trap.ts:19:23'],
    ['memory', ''],
    ['recursion', 'Maximum call stack size exceeded'],
    ['bounds', 'Index out of range at ~lib/array.ts'],
  ])('answers 503 to this request and the next ones, and says why: %s', async (how, reason) => {
    const host = new TestHost()
    const plugin = createWasmPlugin({
      host: host.host,
      module: compileWasmModule(wasm, { maxMemoryBytes: 16 << 20 }),
      name: 'trap',
      configuration: failing(how),
    })
    expect((await runFilter(plugin, { request: { path: '/ok' } })).response?.status).toBe(200)
    for (const path of ['/fail', '/ok']) {
      const run = await runFilter(plugin, { request: { path } })
      expect(run).toMatchObject({
        upstream: undefined,
        response: { status: 503, body: '' },
        replyDetails: 'wasm_fail_stream',
      })
    }
    expect(plugin.failure).toContain(reason)
    expect(plugin.memoryBytes).toBeLessThanOrEqual(16 << 20)
    expect(host.takeLines().at(-1)).toBe('a Wasm module trapped; its VM is not used any more')
    await plugin.close()
  })

  it('lets requests pass when it fails open', async () => {
    const plugin = new TestHost().plugin(wasm, {
      configuration: failing('throw'),
      failurePolicy: 'fail-open',
    })
    for (const path of ['/fail', '/ok']) {
      const run = await runFilter(plugin, { request: { path }, response: { body: 'still here' } })
      expect(run).toMatchObject({ upstream: {}, response: { status: 200, body: 'still here' } })
    }
  })

  it('starts again when it may, at most once in a back-off', async () => {
    const clock = new FakeClock()
    const host = new TestHost(clock)
    const plugin = host.plugin(wasm, {
      configuration: failing('throw'),
      failurePolicy: 'fail-reload',
      reloadBackoffMs: 1000,
    })
    const status = async (path: string) => (await runFilter(plugin, { request: { path } })).response?.status
    // The first start counts as well.
    expect([await status('/fail'), await status('/ok')]).toEqual([503, 503])
    clock.advance(1500)
    expect([await status('/ok'), await status('/fail')]).toEqual([200, 503])
    clock.advance(1499)
    expect(await status('/ok')).toBe(503)
    clock.advance(1)
    expect(await status('/ok')).toBe(200)
    expect(host.stats.value('wasm.test.vm_reload_success')).toBe(2)
    expect(host.stats.value('wasm.test.vm_reload_backoff')).toBe(2)
    await plugin.close()
    expect(host.stats.value('wasm.envoy.wasm.runtime.v8.active')).toBe(0)
  })

  it('is replaced without harm: a configuration that cannot be read leaves the plugin before it at work', async () => {
    const host = new TestHost()
    const plugin = host.plugin(wasm, { configuration: failing('throw') })
    expect(() => host.plugin(wasm, { configuration: Buffer.from('{"whan": 1}') })).toThrow(
      'the module refused its configuration in proxy_on_configure (it said: configuration of Trap is not valid: unknown field "whan" (known: when, how))',
    )
    expect((await runFilter(plugin)).response?.status).toBe(200)
  })

  it.each([
    ['{"when": 5}', 'when: expected a string, found a number'],
    ['{}', '"when" is required'],
    ['[]', 'expected an object, found an array'],
    ['{"when": "x",}', 'expected a key in double quotes (not JSON at line 1, column 14)'],
    ['{"when": "x"} x', 'something follows the value (not JSON at line 1, column 15)'],
    ['{"when":\n  "x\\q"}', 'when: a backslash that escapes nothing (not JSON at line 2, column 7)'],
    ['{"when": "x"', "expected ',' or '}' (not JSON at line 1, column 13)"],
    ['', '"when" is required'],
  ])('says what is wrong with the configuration %s', (text, problem) => {
    expect(() => new TestHost().plugin(wasm, { configuration: Buffer.from(text) })).toThrow(
      `configuration of Trap is not valid: ${problem}`,
    )
  })
})
