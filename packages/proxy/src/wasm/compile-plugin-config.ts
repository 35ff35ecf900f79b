import { type Any, anyName, codec, type MessageTypes, structToJson, type VmConfig } from '@batten/xds'
import { compileDataSource } from '../config/compile-data-source.ts'
import { FieldPath } from '../config/field-path.ts'
import { MessageReader } from '../config/message-reader.ts'
import type { WasmFailurePolicy } from './plugin-config.ts'

type Wasm = MessageTypes['envoy.extensions.filters.http.wasm.v3.Wasm']

/** A Wasm filter's configuration, read from Envoy's message. */
export interface CompiledPluginConfig {
  readonly name: string
  readonly rootId: string
  readonly configuration: Uint8Array
  readonly failurePolicy: WasmFailurePolicy
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
  const failsOpen = plugin.flag('failOpen')
  const compiled: CompiledPluginConfig = {
    name: plugin.text('name'),
    rootId: plugin.text('rootId'),
    configuration: configurationBytes(plugin.take('configuration')),
    failurePolicy: failsOpen ? 'fail-open' : 'fail-closed',
    ...compileVmConfig(vm),
  }
  plugin.done()
  return compiled
}

function compileVmConfig(vm: MessageReader<VmConfig>) {
  const runtime = vm.text('runtime')
  if (!RUNTIMES.includes(runtime)) {
    const hint = runtime === 'envoy.wasm.runtime.null' ? 'that runtime is code inside of Envoy' : undefined
    throw vm
      .path('runtime')
      .unsupported(`${JSON.stringify(runtime)} is not supported; use ${RUNTIMES[0]}`, hint)
  }
  vm.skip('allowPrecompiled', 'nackOnCodeCacheMiss')
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
