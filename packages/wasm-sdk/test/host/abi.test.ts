import { setTimeout as sleep } from 'node:timers/promises'
import { runFilter } from '@batten/proxy/wasm'
import { describe, expect, it } from 'vitest'
import { guest, LOG, TestHost } from '../support/guest.ts'

/** Host functions by name, with their parameters; all return an i32. */
const IMPORTS: Readonly<Record<string, string>> = {
  proxy_get_header_map_value: 'i32 i32 i32 i32 i32',
  proxy_get_header_map_pairs: 'i32 i32 i32',
  proxy_set_header_map_pairs: 'i32 i32 i32',
  proxy_get_header_map_size: 'i32 i32',
  proxy_replace_header_map_value: 'i32 i32 i32 i32 i32',
  proxy_remove_header_map_value: 'i32 i32 i32',
  proxy_get_buffer_bytes: 'i32 i32 i32 i32 i32',
  proxy_set_buffer_bytes: 'i32 i32 i32 i32 i32',
  proxy_get_buffer_status: 'i32 i32 i32',
  proxy_get_property: 'i32 i32 i32 i32',
  proxy_set_property: 'i32 i32 i32 i32',
  proxy_continue_stream: 'i32',
  proxy_close_stream: 'i32',
  proxy_set_effective_context: 'i32',
  proxy_done: '',
  proxy_define_metric: 'i32 i32 i32 i32',
  proxy_increment_metric: 'i32 i64',
  proxy_record_metric: 'i32 i64',
  proxy_get_metric: 'i32 i32',
  proxy_get_shared_data: 'i32 i32 i32 i32 i32',
  proxy_set_shared_data: 'i32 i32 i32 i32 i32',
  proxy_resolve_shared_queue: 'i32 i32 i32 i32 i32',
  proxy_dequeue_shared_queue: 'i32 i32 i32',
  proxy_http_call: 'i32 i32 i32 i32 i32 i32 i32 i32 i32 i32',
  proxy_call_foreign_function: 'i32 i32 i32 i32 i32 i32',
  proxy_get_current_time_nanoseconds: 'i32',
  proxy_get_log_level: 'i32',
  proxy_send_local_response: 'i32 i32 i32 i32 i32 i32 i32 i32',
}

const imports = [
  LOG,
  ...Object.entries(IMPORTS).map(([name, params]) =>
    `(import "env" "${name}" (func $${name.slice(6)} (param ${params}) (result i32)))`.replace(
      '(param )',
      '',
    ),
  ),
].join('\n')

/** Texts at fixed places: `:path`, `x-absent`, `name`, and 2000 onwards for results. */
const DATA = `(data (i32.const 16) ":path") (data (i32.const 32) "x-absent") (data (i32.const 48) "name")
  (data (i32.const 64) "request\\00path") (data (i32.const 96) "clear_route_cache") (data (i32.const 128) "X-New")
  (data (i32.const 160) "request\\00path\\00deep")`

/** The result of one call in the request headers callback, as the status of the answer, less 200. */
async function statusOf(call: string, path = '/path'): Promise<number> {
  const body = `${DATA}
    (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
      (drop (call $send_local_response
        (i32.add (i32.const 200) ${call})
        (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const -1)))
      (i32.const 0))`
  const run = await runFilter(new TestHost().plugin(guest({ imports, body })), { request: { path } })
  return run.response!.status - 200
}

function call(name: string, ...args: (number | string)[]): string {
  return `(call $${name} ${args.map((arg) => (typeof arg === 'number' ? `(i32.const ${arg})` : arg)).join(' ')})`
}

const OK = 0
const NOT_FOUND = 1
const BAD_ARGUMENT = 2
const SERIALIZATION_FAILURE = 3
const INVALID_MEMORY_ACCESS = 6
const UNIMPLEMENTED = 12
/** Beyond the one page of memory. */
const OUTSIDE = 65_536

describe('the status of host functions', () => {
  it.each<[string, string, number]>([
    ['a header that is there', call('get_header_map_value', 0, 16, 5, 2000, 2004), OK],
    ['a header that is not', call('get_header_map_value', 0, 32, 8, 2000, 2004), NOT_FOUND],
    ['a map that does not exist', call('get_header_map_value', 8, 16, 5, 2000, 2004), BAD_ARGUMENT],
    ['a map that is not there yet', call('get_header_map_value', 2, 16, 5, 2000, 2004), BAD_ARGUMENT],
    ['all of a map that is not there yet', call('get_header_map_pairs', 2, 2000, 2004), OK],
    ['the size of a map that is not there yet', call('get_header_map_size', 2, 2000), BAD_ARGUMENT],
    [
      'a name outside of the memory',
      call('get_header_map_value', 0, OUTSIDE - 4, 5, 2000, 2004),
      INVALID_MEMORY_ACCESS,
    ],
    [
      'a name at the end of the address space',
      call('get_header_map_value', 0, -4, 5, 2000, 2004),
      INVALID_MEMORY_ACCESS,
    ],
    [
      'a result outside of the memory',
      call('get_header_map_value', 0, 16, 5, OUTSIDE, 2004),
      INVALID_MEMORY_ACCESS,
    ],
    ['a change of a map that is not there', call('replace_header_map_value', 2, 128, 5, 48, 4), BAD_ARGUMENT],
    ['a change of a header', call('replace_header_map_value', 0, 128, 5, 48, 4), OK],
    ['the removal of a header that is not there', call('remove_header_map_value', 0, 32, 8), OK],
    ['pairs that make no sense', call('set_header_map_pairs', 0, 16, 8), OK],
    ['a body that is not there, which is empty', call('get_buffer_bytes', 0, 0, 10, 2000, 2004), OK],
    ['a change of a body that is not there', call('set_buffer_bytes', 0, 0, 0, 48, 4), BAD_ARGUMENT],
    ['the body of a callout without one', call('get_buffer_bytes', 4, 0, 10, 2000, 2004), NOT_FOUND],
    ['a buffer that does not exist', call('get_buffer_bytes', 9, 0, 10, 2000, 2004), BAD_ARGUMENT],
    ['the configuration, after the start', call('get_buffer_bytes', 7, 0, 10, 2000, 2004), NOT_FOUND],
    ['the configuration of the VM', call('get_buffer_bytes', 6, 0, 10, 2000, 2004), OK],
    ['a range that is longer than what is left', call('get_buffer_bytes', 6, 1, -1, 2000, 2004), OK],
    ['a change of the configuration', call('set_buffer_bytes', 6, 0, 100, 48, 4), BAD_ARGUMENT],
    ['the size of the configuration', call('get_buffer_status', 6, 2000, 2004), OK],
    ['a group of properties', call('get_property', 64, 7, 2000, 2004), SERIALIZATION_FAILURE],
    ['what stands below a property', call('get_property', 160, 17, 2000, 2004), NOT_FOUND],
    ['a property', call('get_property', 64, 12, 2000, 2004), OK],
    ['a property that does not exist', call('get_property', 48, 4, 2000, 2004), NOT_FOUND],
    ['a property to set', call('set_property', 48, 4, 48, 4), OK],
    ['going on upstream', call('continue_stream', 3), UNIMPLEMENTED],
    ['going on nowhere', call('continue_stream', 4), BAD_ARGUMENT],
    ['closing nothing', call('close_stream', 4), BAD_ARGUMENT],
    ['a context that does not exist', call('set_effective_context', 99), BAD_ARGUMENT],
    ['an end that nobody waits for', call('done'), NOT_FOUND],
    ['a metric of no kind', call('define_metric', 3, 48, 4, 2000), BAD_ARGUMENT],
    ['a counter', call('define_metric', 0, 48, 4, 2000), OK],
    ['an increment of an unknown metric', call('increment_metric', 400, '(i64.const 1)'), NOT_FOUND],
    ['the value of an unknown metric', call('get_metric', 400, 2000), BAD_ARGUMENT],
    ['shared data that is not there', call('get_shared_data', 48, 4, 2000, 2004, 2008), NOT_FOUND],
    ['shared data over a version of nothing', call('set_shared_data', 48, 4, 48, 4, 7), OK],
    ['a queue that does not exist', call('resolve_shared_queue', 0, 0, 48, 4, 2000), NOT_FOUND],
    ['an item of a queue that does not exist', call('dequeue_shared_queue', 5, 2000, 2004), NOT_FOUND],
    ['a callout without headers', call('http_call', 48, 4, 0, 0, 0, 0, 0, 0, 100, 2000), 10],
    ['a callout with a negative time', call('http_call', 48, 4, 0, 0, 0, 0, 0, 0, -1, 2000), BAD_ARGUMENT],
    ['a foreign function', call('call_foreign_function', 96, 17, 0, 0, 0, 0), OK],
    ['a foreign function that does not exist', call('call_foreign_function', 48, 4, 0, 0, 0, 0), NOT_FOUND],
    ['the time', call('get_current_time_nanoseconds', 2000), OK],
    [
      'the time, outside of the memory',
      call('get_current_time_nanoseconds', OUTSIDE - 7),
      INVALID_MEMORY_ACCESS,
    ],
    ['the level of the log', call('get_log_level', 2000), OK],
    ['a line of a level that does not exist', call('log', 6, 48, 4), BAD_ARGUMENT],
    ['a line outside of the memory', call('log', 2, OUTSIDE, 1), INVALID_MEMORY_ACCESS],
    [
      'an answer that is no final status',
      call('send_local_response', 100, 0, 0, 0, 0, 0, 0, -1),
      BAD_ARGUMENT,
    ],
  ])('is right for %s', async (_title, expression, expected) => {
    expect(await statusOf(expression)).toBe(expected)
  })

  it('tells an absent header from an empty one only since ABI 0.2.0', async () => {
    const body = `${DATA}
      (func (export "proxy_on_request_headers") (param i32 i32) (result i32)
        (if ${call('get_header_map_value', 0, 32, 8, 2000, 2004)} (then (unreachable)))
        (if (i32.load (i32.const 2004)) (then (unreachable)))
        (i32.const 0))`
    const old = `(import "env" "proxy_get_header_map_value"
      (func $get_header_map_value (param i32 i32 i32 i32 i32) (result i32)))`
    const run = await runFilter(new TestHost().plugin(guest({ abi: '0_1_0', imports: old, body })))
    expect(run.response?.status).toBe(200)
  })

  it('keeps what an older guest continues by name', async () => {
    const body = `(func (export "proxy_on_request_headers") (param i32 i32) (result i32)
      (drop (call $continue)) (i32.const 1))`
    const old = '(import "env" "proxy_continue_request" (func $continue (result i32)))'
    const run = await runFilter(new TestHost().plugin(guest({ abi: '0_1_0', imports: old, body })))
    expect(run.response?.status).toBe(200)
  })
})

/** Whether the upstream was reached, or the request waits, or was answered or reset. */
async function outcome(wasm: Uint8Array, body?: readonly string[]): Promise<string> {
  const run = runFilter(new TestHost().plugin(wasm), {
    request: body === undefined ? {} : { method: 'POST', body },
    response: { body: 'answer' },
  })
  const finished = await Promise.race([run, sleep(20, undefined)])
  if (finished === undefined) return 'waits'
  if (finished.resetDetails !== undefined) return 'reset'
  return finished.upstream === undefined
    ? 'answered'
    : `went on with ${JSON.stringify(finished.upstream.body)}`
}

describe('what a guest answers', () => {
  it.each([
    [0, 'went on with ""'],
    [1, 'waits'],
    [2, 'went on with ""'],
    [3, 'waits'],
    [4, 'waits'],
    [77, 'waits'],
  ])('to headers: %d means that the request %s', async (action, expected) => {
    const body = `(func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32) (i32.const ${action}))`
    expect(await outcome(guest({ body }))).toBe(expected)
  })

  it.each([
    ['continues', 0, 0, 'went on with "onetwothree"'],
    ['buffers until the end', 1, 0, 'went on with "onetwothree"'],
    ['buffers for ever', 1, 1, 'waits'],
    ['takes the pieces, then continues', 3, 0, 'went on with "three"'],
    ['takes everything', 3, 3, 'waits'],
  ])('to a body: a guest that %s', async (_title, before, atEnd, expected) => {
    const body = `(func (export "proxy_on_request_body") (param i32 i32) (param $end i32) (result i32)
      (select (i32.const ${atEnd}) (i32.const ${before}) (local.get $end)))`
    expect(await outcome(guest({ body }), ['one', 'two', 'three'])).toBe(expected)
  })

  it('sees everything collected so far, with what it changed, after it asked to buffer', async () => {
    const body = `(data (i32.const 16) "[") (data (i32.const 17) "]")
      (func (export "proxy_on_request_body") (param i32) (param $size i32) (param $end i32) (result i32)
        (drop ${call('set_buffer_bytes', 0, 0, 0, 16, 1)})
        (drop ${call('set_buffer_bytes', 0, 99, 0, 17, 1)})
        (i32.eqz (local.get $end)))`
    expect(await outcome(guest({ imports, body }), ['one', 'two', 'three'])).toBe(
      'went on with "[[[one]two]three]"',
    )
  })

  it('may let the request go on in the callback in which it stops it', async () => {
    const body = `(func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
      (drop ${call('continue_stream', 0)}) (i32.const 1))`
    expect(await outcome(guest({ imports, body }))).toBe('went on with ""')
  })

  it('may reset the stream', async () => {
    const body = `(func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
      (drop ${call('close_stream', 0)}) (i32.const 0))`
    expect(await outcome(guest({ imports, body }))).toBe('reset')
  })

  it('cannot change the middle of a body, as in Envoy', async () => {
    const body = `(func (export "proxy_on_request_body") (param i32 i32 i32) (result i32)
      (if (i32.ne ${call('set_buffer_bytes', 0, 1, 1, 16, 1)} (i32.const 2)) (then (unreachable)))
      (i32.const 0))`
    expect(await outcome(guest({ imports, body }), ['one'])).toBe('went on with "one"')
  })

  it('cannot use request headers any more once the request went on', async () => {
    const body = `${DATA}
      (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32) (i32.const 0))
      (func (export "proxy_on_response_headers") (param i32 i32 i32) (result i32)
        (if (i32.ne ${call('get_header_map_value', 0, 16, 5, 2000, 2004)} (i32.const 2)) (then (unreachable)))
        (if (i32.ne ${call('get_property', 64, 12, 2000, 2004)} (i32.const 1)) (then (unreachable)))
        (i32.const 0))
      (func (export "proxy_on_log") (param i32)
        (if ${call('get_header_map_value', 0, 16, 5, 2000, 2004)} (then (unreachable)))
        (if ${call('get_property', 64, 12, 2000, 2004)} (then (unreachable)))
        (if (i32.ne ${call('replace_header_map_value', 0, 16, 5, 48, 4)} (i32.const 2)) (then (unreachable)))
        (drop ${call('log', 2, 48, 4)}))`
    const host = new TestHost()
    const plugin = host.plugin(guest({ imports, body }))
    expect((await runFilter(plugin)).response?.status).toBe(200)
    expect(host.takeLines()).toEqual(['name'])
  })

  it('adds trailers while the last piece of a body passes', async () => {
    const add =
      '(import "env" "proxy_add_header_map_value" (func $add (param i32 i32 i32 i32 i32) (result i32)))'
    const body = `${DATA}
      (func (export "proxy_on_response_body") (param i32 i32) (param $end i32) (result i32)
        (if (local.get $end) (then (drop ${call('add', 3, 128, 5, 48, 4)})))
        (i32.const 0))`
    const run = await runFilter(new TestHost().plugin(guest({ imports: add, body })), {
      response: { body: ['a', 'b'] },
    })
    expect(run.response).toMatchObject({ body: 'ab', trailers: [['x-new', 'name']] })
  })
})
