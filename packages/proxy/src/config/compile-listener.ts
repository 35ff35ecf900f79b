import type { Listener, ListenerFilter, TlsInspector } from '@batten/xds'
import type { ListenAddress, ListenerConfig } from '../listener/listener-config.ts'
import { compileAddress } from './compile-address.ts'
import {
  type CompiledFilterChain,
  compileFilterChain,
  type FilterChainScope,
} from './compile-filter-chain.ts'
import type { CompileEnvironment } from './environment.ts'
import type { FieldPath } from './field-path.ts'
import { MessageReader } from './message-reader.ts'
import { unknownExtension, unpackExtension } from './unpack.ts'

/** A compiled listener; its chains say what has to arrive before it may take connections. */
export interface CompiledListener {
  readonly config: ListenerConfig
  /** All chains, the default one included. */
  readonly chains: readonly CompiledFilterChain[]
}

const MEBIBYTE = 1024 * 1024
const DIRECTIONS = { UNSPECIFIED: 'unspecified', INBOUND: 'inbound', OUTBOUND: 'outbound' } as const

/**
 * `Listener` -> {@link ListenerConfig}. Defaults are Envoy's.
 *
 * @param version - content hash of the resource
 */
export function compileListener(
  message: Listener,
  version: string,
  environment: CompileEnvironment,
  at: FieldPath,
  reuse: FilterChainScope['reuse'] = () => undefined,
): CompiledListener {
  const listener = new MessageReader(message, 'Listener', at)
  const direction = DIRECTIONS[listener.take('trafficDirection') ?? 'UNSPECIFIED']
  const scope: FilterChainScope = { direction, environment, reuse }
  refuseSpecialListeners(listener)
  const fallback = listener.nested('defaultFilterChain', 'FilterChain')
  const chains = compileFilterChains(listener, scope)
  const defaultChain =
    fallback === undefined ? undefined : compileFilterChain(fallback, 'default-filter-chain', scope)
  if (chains.length === 0 && defaultChain === undefined)
    throw listener.path('filterChains').invalid('at least one filter chain is required')
  const config: ListenerConfig = {
    name: listener.requiredText('name'),
    address: compileAddress(listener.take('address'), listener.path('address')),
    additionalAddresses: compileAdditionalAddresses(listener),
    bindToPort: compileBindToPort(listener),
    direction,
    statPrefix: listener.text('statPrefix'),
    filterChains: Object.freeze(chains.map((chain) => chain.config)),
    defaultFilterChain: defaultChain?.config,
    inspectors: compileInspectors(listener.each('listenerFilters', 'ListenerFilter')),
    listenerFiltersTimeoutMs: listener.durationMs('listenerFiltersTimeout') ?? 15_000,
    continueOnListenerFiltersTimeout: listener.flag('continueOnListenerFiltersTimeout'),
    connectionBufferLimitBytes: listener.number('perConnectionBufferLimitBytes') ?? MEBIBYTE,
    maxConnections: 0,
    backlog: listener.number('tcpBacklogSize') ?? 0,
    version,
  }
  listener.done()
  return {
    config: Object.freeze(config),
    chains: defaultChain === undefined ? chains : [...chains, defaultChain],
  }
}

function compileFilterChains(
  listener: MessageReader<Listener>,
  scope: FilterChainScope,
): CompiledFilterChain[] {
  const names = new Set<string>()
  const matches = new Map<string, number>()
  return listener.each('filterChains', 'FilterChain').map((chain, i) => {
    const compiled = compileFilterChain(chain, `filter-chain-${i}`, scope)
    const { config } = compiled
    if (names.has(config.name))
      throw chain.path('name').invalid(`${JSON.stringify(config.name)} is used twice`)
    names.add(config.name)
    const key = JSON.stringify(config.match)
    const other = matches.get(key)
    if (other !== undefined)
      throw chain.path('filterChainMatch').invalid(`is the same as that of filter_chains[${other}]`)
    matches.set(key, i)
    return compiled
  })
}

/** Kinds of listeners that are not there yet; the rest of their fields would make no sense. */
function refuseSpecialListeners(listener: MessageReader<Listener>): void {
  if (listener.flag('useOriginalDst'))
    throw listener
      .path('useOriginalDst')
      .unsupported(
        'interception of connections is not supported yet',
        'use explicit ports or the HTTP proxy port',
      )
  if (listener.flag('transparent')) throw listener.path('transparent').unsupported()
  if (listener.flag('freebind')) throw listener.path('freebind').unsupported()
  for (const key of ['udpListenerConfig', 'apiListener', 'internalListener', 'filterChainMatcher'] as const)
    if (listener.has(key)) throw listener.path(key).unsupported()
  listener.choice('drainType', ['DEFAULT', 'MODIFY_ONLY'], 'DEFAULT')
}

function compileAdditionalAddresses(listener: MessageReader<Listener>): readonly ListenAddress[] {
  return Object.freeze(
    listener.each('additionalAddresses', 'AdditionalAddress').map((additional) => {
      const address = compileAddress(additional.take('address'), additional.path('address'))
      additional.done()
      return address
    }),
  )
}

function compileBindToPort(listener: MessageReader<Listener>): boolean {
  const deprecated = listener.nested('deprecatedV1', 'DeprecatedV1')
  const before = deprecated?.flag('bindToPort', true) ?? true
  deprecated?.done()
  return listener.flag('bindToPort', before)
}

function compileInspectors(filters: readonly MessageReader<ListenerFilter>[]): ListenerConfig['inspectors'] {
  const inspectors = { tls: false, http: false }
  for (const filter of filters) {
    filter.requiredText('name')
    const typedConfig = filter.take('typedConfig')
    if (filter.has('filterDisabled')) throw filter.path('filterDisabled').unsupported()
    if (filter.has('configDiscovery')) throw filter.path('configDiscovery').unsupported()
    filter.done()
    const at = filter.path('typedConfig')
    const { name, typeUrl, message } = unpackExtension(typedConfig, at)
    if (name === 'envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector') {
      new MessageReader(message as TlsInspector, 'TlsInspector', at).done()
      inspectors.tls = true
    } else if (name === 'envoy.extensions.filters.listener.http_inspector.v3.HttpInspector')
      inspectors.http = true
    else throw unknownExtension(typeUrl, at)
  }
  return Object.freeze(inspectors)
}
