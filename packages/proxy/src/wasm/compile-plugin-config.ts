import { type Any, anyName, codec, type MessageTypes, structToJson, type VmConfig } from '@batten/xds'
import { compileDataSource } from '../config/compile-data-source.ts'
import { FieldPath } from '../config/field-path.ts'
import { MessageReader } from '../config/message-reader.ts'
import type { WasmFailurePolicy } from './plugin-config.ts'

type Wasm = MessageTypes['envoy.extensions.filters.http.wasm.v3.Wasm']
type PluginConfigMessage = MessageTypes['envoy.extensions.wasm.v3.PluginConfig']

/** A Wasm filter's configuration, read from Envoy's message. */
export interface CompiledPluginConfig {
  readonly name: string
  readonly rootId: string
  readonly configuration: Uint8Array
  readonly failurePolicy: WasmFailurePolicy
  /** Least time between two starts under `fail-reload`, milliseconds; undefined for the default. */
  readonly reloadBackoffMs: number | undefined
  readonly vmId: string
  readonly vmConfiguration: Uint8Array
  readonly environment: Readonly<Record<string, string>>
  /** The module. */
  readonly code: Uint8Array
}

/** Runtimes that this host stands in for; the others are other engines for the same modules. */
const RUNTIMES = ['envoy.wasm.runtime.v8', 'envoy.wasm.runtime.wamr', 'envoy.wasm.runtime.wasmtime']

const START = FieldPath.of('wasm')
/** How paths start here; the caller knows where the message stands. */
const START_TEXT = `${START}: `

/**
 * `envoy.extensions.filters.http.wasm.v3.Wasm` -> what the host needs. Everything that is set and not supported is
 * refused by name.
 *
 * @see https://www.envoyproxy.io/docs/envoy/latest/api-v3/extensions/wasm/v3/wasm.proto
 */
export function compilePluginConfig(message: Wasm): CompiledPluginConfig {
  const wasm = new MessageReader(message, 'Wasm', START)
  const plugin = wasm.nested('config', 'PluginConfig')
  if (plugin === undefined) throw wasm.path('config').invalid('is required')
  wasm.done()
  const vm = plugin.nested('vmConfig', 'VmConfig')
  if (vm === undefined) throw plugin.path('vmConfig').invalid('is required')
  if (plugin.flag('allowOnHeadersStopIteration')) {
    throw plugin
      .path('allowOnHeadersStopIteration')
      .unsupported('a request whose headers are held does not show its body to the module')
  }
  const compiled: CompiledPluginConfig = {
    name: plugin.text('name'),
    rootId: plugin.text('rootId'),
    configuration: configurationBytes(plugin.take('configuration')),
    failurePolicy: failurePolicyOf(plugin),
    reloadBackoffMs: reloadBackoffOf(plugin),
    ...compileVmConfig(vm),
  }
  plugin.done()
  return compiled
}

const POLICIES = {
  UNSPECIFIED: undefined,
  FAIL_RELOAD: 'fail-reload',
  FAIL_CLOSED: 'fail-closed',
  FAIL_OPEN: 'fail-open',
} as const
const POLICY_NAMES = ['UNSPECIFIED', 'FAIL_RELOAD', 'FAIL_CLOSED', 'FAIL_OPEN'] as const

/**
 * `failure_policy`, or `fail_open`, which it took the place of.
 *
 * Differs from Envoy: `FAIL_OPEN` lets the request pass too in which the module fails; only `fail_open` does there.
 */
function failurePolicyOf(plugin: MessageReader<PluginConfigMessage>): WasmFailurePolicy {
  const failsOpen = plugin.flag('failOpen')
  const policy = POLICIES[plugin.choice('failurePolicy', POLICY_NAMES, 'UNSPECIFIED')]
  if (policy === undefined) return failsOpen ? 'fail-open' : 'fail-closed'
  if (failsOpen) throw plugin.path('failOpen').invalid('cannot be set together with failure_policy')
  return policy
}

function reloadBackoffOf(plugin: MessageReader<PluginConfigMessage>): number | undefined {
  const reload = plugin.nested('reloadConfig', 'ReloadConfig')
  const backoff = reload?.nested('backoff', 'BackoffStrategy')
  // Bounds waits that grow; these do not.
  backoff?.durationMs('maxInterval')
  const base = backoff?.durationMs('baseInterval')
  backoff?.done()
  reload?.done()
  return base
}

function compileVmConfig(vm: MessageReader<VmConfig>) {
  const runtime = vm.text('runtime')
  if (!RUNTIMES.includes(runtime)) {
    const hint = runtime === 'envoy.wasm.runtime.null' ? 'that runtime is code inside of Envoy' : undefined
    throw vm
      .path('runtime')
      .unsupported(`${JSON.stringify(runtime)} is not supported; use ${RUNTIMES[0]}`, hint)
  }
  // Of no effect: modules are compiled here, and never fetched.
  vm.flag('allowPrecompiled')
  vm.flag('nackOnCodeCacheMiss')
  const code = vm.nested('code', 'AsyncDataSource')
  const local = code?.nested('local', 'DataSource')
  if (code === undefined) throw vm.path('code').invalid('is required')
  if (local === undefined) {
    throw code
      .path('remote')
      .unsupported('modules are not fetched by the proxy yet', 'send the module in local.inline_bytes')
  }
  const bytes = compileDataSource(local)
  if (bytes.length === 0) throw code.path('local').invalid('the module is empty')
  code.done()
  const variables = vm.nested('environmentVariables', 'EnvironmentVariables')
  const environment: Record<string, string> = {}
  if (variables !== undefined) {
    for (const key of variables.list('hostEnvKeys')) {
      const value = process.env[key]
      if (value !== undefined) environment[key] = value
    }
    Object.assign(environment, variables.take('keyValues') ?? {})
    variables.done()
  }
  const compiled = {
    vmId: vm.text('vmId'),
    vmConfiguration: configurationBytes(vm.take('configuration')),
    environment,
    code: bytes,
  }
  vm.done()
  return compiled
}

/**
 * What the module sees of an `Any`: the text of a `StringValue`, the bytes of a `BytesValue`, the JSON of a `Struct`,
 * the encoded message of everything else.
 */
function configurationBytes(any: Any | undefined): Uint8Array {
  const value = any?.value ?? new Uint8Array(0)
  if (any === undefined) return value
  switch (anyName(any)) {
    case 'google.protobuf.StringValue':
      return Buffer.from(codec('google.protobuf.StringValue').decode(value).value ?? '', 'utf8')
    case 'google.protobuf.BytesValue':
      return new Uint8Array(codec('google.protobuf.BytesValue').decode(value).value ?? [])
    case 'google.protobuf.Struct':
      return Buffer.from(JSON.stringify(structToJson(codec('google.protobuf.Struct').decode(value))), 'utf8')
    default:
      return new Uint8Array(value)
  }
}

/** A field path relative to the message, for callers that put their own before it. */
export function relativePath(where: string | undefined): string | undefined {
  return where?.startsWith(START_TEXT) === true ? where.slice(START_TEXT.length) : where
}
