import { BattenError } from '@batten/core'
import { createProxy } from '@batten/proxy'
import { expect, it } from 'vitest'
import { bootstrap } from './support/bootstrap.ts'
import { guest } from './support/guest.ts'

type WasmConfig = ReturnType<typeof validConfig>

function validConfig() {
  const config = bootstrap([{ name: 'f', wasm: guest() }], 1)
  return { config, wasm: config.static_resources.listeners[0]!.filter_chains[0]!.filters[0]! }
}

/** What the proxy says about a listener whose Wasm filter was changed. */
async function complaint(change: (plugin: Record<string, never>, vm: Record<string, unknown>) => void) {
  const { config, wasm }: WasmConfig = validConfig()
  const filter = wasm.typed_config.http_filters[0] as unknown as {
    typed_config: { config: Record<string, never> & { vm_config: Record<string, unknown> } }
  }
  const plugin = filter.typed_config.config
  change(plugin, plugin.vm_config)
  try {
    const proxy = createProxy({ bootstrap: { json: config } })
    await proxy.start()
    await proxy.close()
  } catch (error) {
    if (!(error instanceof BattenError)) throw error
    return { code: error.code, where: error.where?.split('typed_config.').at(-1), message: error.message }
  }
  return 'accepted'
}

const inline = (bytes: Uint8Array) => ({ local: { inline_bytes: Buffer.from(bytes).toString('base64') } })

it.each<[string, Parameters<typeof complaint>[0], object | string]>([
  ['a module that works', () => {}, 'accepted'],
  [
    'a truncated module',
    (_plugin, vm) => Object.assign(vm, { code: inline(guest().subarray(0, 70)) }),
    {
      code: 'PROXY_WASM_MALFORMED',
      where: 'config.vm_config',
      message: expect.stringMatching(/^Wasm filter f: the module is truncated: it has 70 bytes/),
    },
  ],
  [
    'a module that traps when it is configured',
    (_plugin, vm) => {
      const body = '(func (export "proxy_on_configure") (param i32 i32) (result i32) (unreachable))'
      Object.assign(vm, { code: inline(guest({ body })) })
    },
    {
      code: 'PROXY_WASM_START',
      where: 'config.vm_config',
      message: 'Wasm filter f: the module failed in proxy_on_configure: unreachable',
    },
  ],
  [
    'code inside of Envoy',
    (_plugin, vm) => Object.assign(vm, { runtime: 'envoy.wasm.runtime.null' }),
    {
      code: 'PROXY_UNSUPPORTED_FIELD',
      where: 'config.vm_config.runtime',
      message: '"envoy.wasm.runtime.null" is not supported; use envoy.wasm.runtime.v8',
    },
  ],
  [
    'a module that the proxy would have to fetch',
    (_plugin, vm) => Object.assign(vm, { code: { remote: { sha256: 'x' } } }),
    {
      code: 'PROXY_UNSUPPORTED_FIELD',
      where: 'config.vm_config.code.remote',
      message: 'modules are not fetched by the proxy yet',
    },
  ],
  [
    'no module',
    (_plugin, vm) => Object.assign(vm, { code: undefined }),
    { code: 'PROXY_INVALID_CONFIG', where: 'config.vm_config.code', message: 'is required' },
  ],
  [
    'a restriction that is not enforced',
    (plugin) =>
      Object.assign(plugin, { capability_restriction_config: { allowed_capabilities: { proxy_log: {} } } }),
    {
      code: 'PROXY_UNSUPPORTED_FIELD',
      where: 'config.capability_restriction_config',
      message: 'not supported yet',
    },
  ],
  [
    'requests that pass when the module fails',
    (plugin) => Object.assign(plugin, { fail_open: true }),
    'accepted',
  ],
  [
    'a module that is started again when it fails',
    (plugin) =>
      Object.assign(plugin, {
        failure_policy: 'FAIL_RELOAD',
        reload_config: { backoff: { base_interval: '2s', max_interval: '20s' } },
      }),
    'accepted',
  ],
  [
    'a module that may come compiled',
    (_plugin, vm) => Object.assign(vm, { allow_precompiled: true, nack_on_code_cache_miss: true }),
    'accepted',
  ],
  [
    'two policies at once',
    (plugin) => Object.assign(plugin, { failure_policy: 'FAIL_CLOSED', fail_open: true }),
    {
      code: 'PROXY_INVALID_CONFIG',
      where: 'config.fail_open',
      message: 'cannot be set together with failure_policy',
    },
  ],
  [
    'bodies of requests whose headers are held',
    (plugin) => Object.assign(plugin, { allow_on_headers_stop_iteration: true }),
    {
      code: 'PROXY_UNSUPPORTED_FIELD',
      where: 'config.allow_on_headers_stop_iteration',
      message: 'a request whose headers are held does not show its body to the module',
    },
  ],
  [
    'a configuration in JSON form',
    (plugin) =>
      Object.assign(plugin, {
        configuration: { '@type': 'type.googleapis.com/google.protobuf.Struct', value: { a: 1 } },
      }),
    'accepted',
  ],
])('says about %s what is wrong, and where', async (_title, change, expected) => {
  expect(await complaint(change)).toEqual(expected)
})
