import type { ApiConfigSource, ConfigSource, GrpcService } from '@batten/xds'
import type { MessageReader } from './message-reader.ts'

/** Where a resource comes from. */
export type ResourceSource =
  /** The aggregated stream of `dynamic_resources.ads_config`. */
  | { readonly kind: 'ads' }
  /** A file with a `DiscoveryResponse`, read again when it changes. */
  | { readonly kind: 'path'; readonly path: string }
  /** `static_resources` of the bootstrap (secrets without an `sds_config`). */
  | { readonly kind: 'static' }
  /** This machine: the authorities that it trusts, which no server has to deliver. */
  | { readonly kind: 'machine' }
  /** A gRPC stream of its own. */
  | { readonly kind: 'grpc'; readonly api: GrpcApi }

export interface GrpcApi {
  readonly cluster: string
  /** Delta or state of the world. */
  readonly delta: boolean
  readonly authority: string | undefined
  readonly initialMetadata: readonly (readonly [string, string])[]
}

export interface CompiledConfigSource {
  readonly source: ResourceSource
  /** How long a resource that waits for it may wait; 0 is for ever; Envoy's default is 15 s. */
  readonly initialFetchTimeoutMs: number
}

/** `ConfigSource` -> where to ask, and how long to wait. */
export function compileConfigSource(config: MessageReader<ConfigSource> | undefined): CompiledConfigSource {
  if (config === undefined) return { source: { kind: 'ads' }, initialFetchTimeoutMs: 15_000 }
  const ads = config.take('ads')
  const api = config.nested('apiConfigSource', 'ApiConfigSource')
  const file = config.nested('pathConfigSource', 'PathConfigSource')
  const plainPath = config.text('path')
  const initialFetchTimeoutMs = config.durationMs('initialFetchTimeout') ?? 15_000
  config.choice('resourceApiVersion', ['V3', 'AUTO'], 'V3')
  config.done()
  if (ads !== undefined) return { source: { kind: 'ads' }, initialFetchTimeoutMs }
  if (file !== undefined) {
    const path = file.requiredText('path')
    if (file.has('watchedDirectory')) file.nested('watchedDirectory', 'WatchedDirectory')
    file.done()
    return { source: { kind: 'path', path }, initialFetchTimeoutMs }
  }
  if (plainPath !== '') return { source: { kind: 'path', path: plainPath }, initialFetchTimeoutMs }
  if (api !== undefined)
    return { source: { kind: 'grpc', api: compileApiConfigSource(api) }, initialFetchTimeoutMs }
  throw config.at.invalid('names no source', 'use `ads: {}`')
}

/** `ApiConfigSource` over gRPC. */
export function compileApiConfigSource(api: MessageReader<ApiConfigSource>): GrpcApi {
  const type = api.choice(
    'apiType',
    ['GRPC', 'DELTA_GRPC', 'AGGREGATED_GRPC', 'AGGREGATED_DELTA_GRPC'],
    'GRPC' as never,
  )
  api.choice('transportApiVersion', ['V3', 'AUTO'], 'V3')
  const services = api.each('grpcServices', 'GrpcService')
  const service = services[0]
  if (service === undefined) throw api.path('grpcServices').invalid('one gRPC service is required')
  if (services.length > 1)
    throw api.path('grpcServices').index(1).unsupported('fall-back services are not supported yet')
  const target = compileGrpcService(service)
  api.done()
  return { ...target, delta: type === 'DELTA_GRPC' || type === 'AGGREGATED_DELTA_GRPC' }
}

function compileGrpcService(service: MessageReader<GrpcService>): Omit<GrpcApi, 'delta'> {
  const envoyGrpc = service.nested('envoyGrpc', 'EnvoyGrpc')
  if (envoyGrpc === undefined) throw service.path('envoyGrpc').unsupported('only envoy_grpc is supported')
  const cluster = envoyGrpc.requiredText('clusterName')
  const authority = envoyGrpc.text('authority')
  envoyGrpc.done()
  const initialMetadata = service.each('initialMetadata', 'HeaderValue').map((header): [string, string] => {
    const pair: [string, string] = [header.requiredText('key').toLowerCase(), header.text('value')]
    header.done()
    return pair
  })
  service.done()
  return { cluster, authority: authority === '' ? undefined : authority, initialMetadata }
}
