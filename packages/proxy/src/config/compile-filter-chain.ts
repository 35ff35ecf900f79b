import {
  codec,
  contentVersion,
  type Filter,
  type FilterChain,
  type FilterChainMatch as FilterChainMatchMessage,
  type HttpConnectionManager,
  type TcpProxy,
} from '@batten/xds'
import { ChainLifetime } from '../listener/chain-lifetime.ts'
import type { FilterChainConfig, FilterChainMatch, ListenerConfig } from '../listener/listener-config.ts'
import type { NetworkFilterFactory } from '../network/filter.ts'
import { compileCidrRanges } from './compile-address.ts'
import { compileConnectionManager } from './compile-connection-manager.ts'
import { compileTcpProxy } from './compile-tcp-proxy.ts'
import { compileDownstreamTransport } from './compile-transport-socket.ts'
import type { CompileEnvironment } from './environment.ts'
import { IGNORED_EXTENSIONS } from './ignored-fields.ts'
import { MessageReader } from './message-reader.ts'
import { ResourceReferences } from './resource-references.ts'
import { typedConfigOf } from './typed-struct.ts'
import { unknownExtension, unpackExtension } from './unpack.ts'

/** What a filter chain belongs to. */
export interface FilterChainScope {
  readonly direction: ListenerConfig['direction']
  readonly environment: CompileEnvironment
  /** An equal chain of the listener that is replaced: it is used again, with its filters and what they hold. */
  readonly reuse: (version: string) => CompiledFilterChain | undefined
}

/** A compiled filter chain with what it needs of other resources. */
export interface CompiledFilterChain {
  readonly config: FilterChainConfig
  readonly references: ResourceReferences
  readonly lifetime: ChainLifetime
}

const HTTP_CONNECTION_MANAGER =
  'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager'
const TCP_PROXY = 'envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy'

const SOURCE_TYPES = { ANY: 'any', SAME_IP_OR_LOOPBACK: 'same-ip-or-loopback', EXTERNAL: 'external' } as const

/** `FilterChain` -> {@link FilterChainConfig}. */
export function compileFilterChain(
  chain: MessageReader<FilterChain>,
  fallbackName: string,
  scope: FilterChainScope,
): CompiledFilterChain {
  const name = chain.text('name') || fallbackName
  const encoded = codec('envoy.config.listener.v3.FilterChain').encode({ ...chain.message, name })
  const version = `${contentVersion(encoded)}-${scope.direction}`
  const equal = scope.reuse(version)
  if (equal !== undefined) return equal

  const references = new ResourceReferences()
  const lifetime = new ChainLifetime()
  const match = chain.nested('filterChainMatch', 'FilterChainMatch')
  const filters = chain.each('filters', 'Filter')
  if (chain.flag('useProxyProto')) throw chain.path('useProxyProto').unsupported()
  const tls = compileDownstreamTransport(chain.nested('transportSocket', 'TransportSocket'), references)
  const transportSocketConnectTimeoutMs = chain.durationMs('transportSocketConnectTimeout')
  chain.done()
  const config: FilterChainConfig = {
    name,
    match: match === undefined ? ANY : compileFilterChainMatch(match),
    tls,
    transportSocketConnectTimeoutMs,
    filters: compileNetworkFilters(filters, chain, scope, references),
    version,
    lifetime,
  }
  return { config: Object.freeze(config), references, lifetime }
}

const ANY: FilterChainMatch = Object.freeze({
  destinationPort: undefined,
  prefixRanges: [],
  serverNames: [],
  transportProtocol: '',
  applicationProtocols: [],
  directSourcePrefixRanges: [],
  sourceType: 'any',
  sourcePrefixRanges: [],
  sourcePorts: [],
})

function compileFilterChainMatch(match: MessageReader<FilterChainMatchMessage>): FilterChainMatch {
  const serverNames = match.list('serverNames').map((name, i) => {
    if (name === '*' || (name.includes('*') && !/^\*\.[^*]+$/.test(name)))
      throw match
        .path('serverNames')
        .index(i)
        .invalid(`${JSON.stringify(name)}: only "*.example.com" is a wildcard`)
    return name.toLowerCase()
  })
  const transportProtocol = match.text('transportProtocol')
  if (transportProtocol !== '' && transportProtocol !== 'tls' && transportProtocol !== 'raw_buffer')
    throw match
      .path('transportProtocol')
      .unsupported(`${JSON.stringify(transportProtocol)} is not supported yet`)
  const result: FilterChainMatch = {
    destinationPort: match.number('destinationPort'),
    prefixRanges: compileCidrRanges(match.each('prefixRanges', 'CidrRange')),
    serverNames,
    transportProtocol,
    applicationProtocols: match.list('applicationProtocols'),
    directSourcePrefixRanges: compileCidrRanges(match.each('directSourcePrefixRanges', 'CidrRange')),
    sourceType: SOURCE_TYPES[match.take('sourceType') ?? 'ANY'],
    sourcePrefixRanges: compileCidrRanges(match.each('sourcePrefixRanges', 'CidrRange')),
    sourcePorts: match.list('sourcePorts'),
  }
  match.done()
  return Object.freeze(result)
}

function compileNetworkFilters(
  filters: readonly MessageReader<Filter>[],
  chain: MessageReader<FilterChain>,
  scope: FilterChainScope,
  references: ResourceReferences,
): readonly NetworkFilterFactory[] {
  if (filters.length === 0)
    throw chain
      .path('filters')
      .unsupported('a chain without filters, which closes every connection, is not supported yet')
  const factories: NetworkFilterFactory[] = []
  filters.forEach((filter, i) => {
    const factory = compileNetworkFilter(filter, scope, references)
    if (factory === undefined) return
    const isLast = i === filters.length - 1
    if (factory.terminal !== isLast)
      throw filter.at.invalid(
        isLast
          ? `the last filter must end the chain; ${factory.name} does not`
          : `${factory.name} ends the chain and must be the last filter`,
      )
    factories.push(factory)
  })
  if (factories.at(-1)?.terminal !== true)
    throw chain.path('filters').invalid('the last filter must end the chain')
  return Object.freeze(factories)
}

function compileNetworkFilter(
  filter: MessageReader<Filter>,
  { direction, environment }: FilterChainScope,
  references: ResourceReferences,
): NetworkFilterFactory | undefined {
  filter.requiredText('name')
  const at = filter.path('typedConfig')
  const typedConfig = filter.take('typedConfig')
  if (filter.has('configDiscovery')) throw filter.path('configDiscovery').unsupported()
  filter.done()
  const unpacked = unpackExtension(typedConfig, at)
  switch (unpacked.name) {
    case HTTP_CONNECTION_MANAGER: {
      const message = typedConfigOf(unpacked, at) as HttpConnectionManager
      const manager = new MessageReader(message, 'HttpConnectionManager', at)
      const config = compileConnectionManager(manager, direction, environment, references)
      return environment.createConnectionManager(config)
    }
    case TCP_PROXY: {
      const proxy = new MessageReader(typedConfigOf(unpacked, at) as TcpProxy, 'TcpProxy', at)
      return environment.createTcpProxy(compileTcpProxy(proxy, references, environment))
    }
  }
  if (Object.hasOwn(IGNORED_EXTENSIONS, unpacked.name)) return undefined
  throw unknownExtension(unpacked.typeUrl, at)
}
