import { runFilter } from '@batten/proxy/wasm'
import { FakeClock } from '@batten/testing'
import { expect, it } from 'vitest'
import { guest, LOG, loggingGuest, TestHost } from '../support/guest.ts'

const ALL = {
  on_context_create: undefined,
  on_vm_start: 1,
  on_configure: 1,
  on_tick: undefined,
  on_request_headers: 0,
  on_response_headers: 0,
  on_done: 1,
  on_log: undefined,
  on_delete: undefined,
}

it('calls the guest in the order of Envoy: the log comes before the end', async () => {
  const host = new TestHost()
  const plugin = host.plugin(loggingGuest(ALL))
  expect(host.takeLines()).toEqual(['on_context_create', 'on_vm_start', 'on_configure'])
  await runFilter(plugin)
  expect(host.takeLines()).toEqual([
    'on_context_create',
    'on_request_headers',
    'on_response_headers',
    'on_log',
    'on_done',
    'on_delete',
  ])
  await Promise.all([plugin.close(), plugin.close()])
  expect(host.takeLines()).toEqual(['on_done', 'on_delete'])
  expect((await runFilter(plugin)).response?.status).toBe(503)
})

it('takes part only in the phases that the module exports, and in the first one so that it can fail closed', () => {
  const host = new TestHost()
  expect([...host.plugin(loggingGuest({ on_response_headers: 0 })).phases]).toEqual([
    'onDone',
    'onRequestHeaders',
    'onResponseHeaders',
  ])
  const open = host.plugin(loggingGuest({ on_response_headers: 0 }), { failurePolicy: 'fail-open' })
  expect([...open.phases]).toEqual(['onDone', 'onResponseHeaders'])
})

it('does not call a guest that has nothing to say about a request', async () => {
  const host = new TestHost()
  const plugin = host.plugin(
    loggingGuest({ on_context_create: undefined, on_delete: undefined, on_tick: undefined }),
    {
      failurePolicy: 'fail-open',
    },
  )
  host.takeLines()
  expect((await runFilter(plugin)).response?.status).toBe(200)
  expect(host.takeLines()).toEqual([])
})

it('runs plugins of the same module in one VM, and those with the same configuration in one root context', async () => {
  const host = new TestHost()
  const wasm = loggingGuest(ALL)
  const a = Buffer.from('a')
  const first = host.plugin(wasm, { configuration: a })
  const same = host.plugin(wasm, { configuration: a })
  const lines = host.takeLines()
  expect(lines).toEqual(['on_context_create', 'on_vm_start', 'on_configure'])
  const other = host.plugin(wasm, { configuration: Buffer.from('b') })
  // Once to see whether it works, in a VM of its own, then for real.
  expect(host.takeLines()).toEqual([...lines, ...lines])
  expect(host.stats.value('wasm.envoy.wasm.runtime.v8.created')).toBe(1)
  host.plugin(wasm, { vmId: 'own' })
  expect(host.stats.value('wasm.envoy.wasm.runtime.v8.active')).toBe(2)
  host.takeLines()
  await first.close()
  expect(host.takeLines()).toEqual([])
  await Promise.all([same.close(), other.close()])
  expect(host.takeLines()).toEqual(['on_done', 'on_delete', 'on_done', 'on_delete'])
  expect(host.stats.value('wasm.envoy.wasm.runtime.v8.active')).toBe(1)
})

it('keeps a plugin until its last stream has ended', async () => {
  const host = new TestHost()
  const body = `(data (i32.const 16) "x")
    (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32) (i32.const 1))
    (func (export "proxy_on_tick") (param $root i32)
      (drop (call $effective (i32.const 2)))
      (drop (call $continue (i32.const 0))))
    (func (export "proxy_on_configure") (param i32 i32) (result i32)
      (drop (call $period (i32.const 10))) (i32.const 1))
    (func (export "proxy_on_delete") (param i32) (drop (call $log (i32.const 2) (i32.const 16) (i32.const 1))))`
  const imports = `${LOG}
    (import "env" "proxy_set_tick_period_milliseconds" (func $period (param i32) (result i32)))
    (import "env" "proxy_set_effective_context" (func $effective (param i32) (result i32)))
    (import "env" "proxy_continue_stream" (func $continue (param i32) (result i32)))`
  const clock = new FakeClock()
  const timed = new TestHost(clock)
  const plugin = timed.plugin(guest({ imports, body }))
  const run = runFilter(plugin)
  const closed = plugin.close()
  await new Promise((resolve) => setImmediate(resolve))
  expect(timed.takeLines()).toEqual([])
  clock.advance(10)
  expect((await run).response?.status).toBe(200)
  await closed
  expect(timed.takeLines()).toEqual(['x', 'x'])
  clock.advance(1000)
  expect(clock.pending).toBe(0)
  expect(host.takeLines()).toEqual([])
})

it('is replaced while requests run: each ends on the plugin that it began with, none is lost', async () => {
  const host = new TestHost()
  const versions = ['a', 'b', 'c', 'd'].map((name) =>
    guest({
      imports: ADD_HEADER,
      body: `(data (i32.const 16) "x-version${name}")
        (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
          (drop (call $add (i32.const 0) (i32.const 16) (i32.const 9) (i32.const 25) (i32.const 1))) (i32.const 0))
        (func (export "proxy_on_response_headers") (param i32 i32 i32) (result i32)
          (drop (call $add (i32.const 2) (i32.const 16) (i32.const 9) (i32.const 25) (i32.const 1))) (i32.const 0))`,
    }),
  )
  let plugin = host.plugin(versions[0]!)
  const runs: Promise<Awaited<ReturnType<typeof runFilter>>>[] = []
  const closed: Promise<void>[] = []
  for (let swap = 0; swap < 40; swap++) {
    for (let i = 0; i < 10; i++) {
      runs.push(
        runFilter(plugin, { request: { method: 'POST', body: ['a', 'b'] }, response: { body: ['c', 'd'] } }),
      )
    }
    const old = plugin
    plugin = host.plugin(versions[(swap + 1) % versions.length]!)
    closed.push(old.close())
    if (swap % 3 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  for (const run of await Promise.all(runs)) {
    const sent = run.upstream?.headers.find(([name]) => name === 'x-version')?.[1]
    expect(run.response).toMatchObject({ status: 200, body: 'cd', headers: [['x-version', sent]] })
  }
  await Promise.all(closed)
  expect(host.stats.value('wasm.envoy.wasm.runtime.v8.active')).toBe(1)
  await plugin.close()
  expect(host.stats.value('wasm.envoy.wasm.runtime.v8.active')).toBe(0)
})

const ADD_HEADER =
  '(import "env" "proxy_add_header_map_value" (func $add (param i32 i32 i32 i32 i32) (result i32)))'

it('waits with the end of a plugin until the guest says that it is done', async () => {
  const clock = new FakeClock()
  const host = new TestHost(clock)
  const body = `
    (func (export "proxy_on_configure") (param i32 i32) (result i32)
      (drop (call $period (i32.const 10))) (i32.const 1))
    (func (export "proxy_on_queue_ready") (param i32 i32)
      (if (i32.ne (call $done) (i32.const 0)) (then (unreachable))))
    (func (export "proxy_on_done") (param i32) (result i32)
      (drop (call $register (i32.const 0) (i32.const 0) (i32.const 0)))
      (drop (call $enqueue (i32.load (i32.const 0)) (i32.const 0) (i32.const 0)))
      (i32.const 0))
    (data (i32.const 16) "deleted")
    (func (export "proxy_on_delete") (param i32) (drop (call $log (i32.const 2) (i32.const 16) (i32.const 7))))`
  const imports = `${LOG}
    (import "env" "proxy_set_tick_period_milliseconds" (func $period (param i32) (result i32)))
    (import "env" "proxy_register_shared_queue" (func $register (param i32 i32 i32) (result i32)))
    (import "env" "proxy_enqueue_shared_queue" (func $enqueue (param i32 i32 i32) (result i32)))
    (import "env" "proxy_done" (func $done (result i32)))`
  const plugin = host.plugin(guest({ imports, body }))
  const closed = plugin.close()
  await Promise.resolve()
  expect(host.takeLines()).toEqual([])
  clock.advance(1)
  await closed
  expect(host.takeLines()).toEqual(['deleted'])
})
