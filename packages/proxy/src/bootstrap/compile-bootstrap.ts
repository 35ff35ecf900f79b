import {
  type Bootstrap,
  type Bootstrap_DynamicResources,
  type Bootstrap_StaticResources,
  type Node,
  structToJson,
  type TypedExtensionConfig,
} from '@batten/xds'
import { type CompiledAddress, compileAddress } from '../config/compile-address.ts'
import {
  type CompiledConfigSource,
  compileApiConfigSource,
  compileConfigSource,
  type GrpcApi,
} from '../config/compile-config-source.ts'
import { FieldPath } from '../config/field-path.ts'
import { IGNORED_BOOTSTRAP_EXTENSIONS } from '../config/ignored-fields.ts'
import { MessageReader } from '../config/message-reader.ts'
import { unknownExtension } from '../config/unpack.ts'
import type { LoadedBootstrap } from './bootstrap.ts'

/** A bootstrap, read field by field. Static listeners, clusters and secrets stay messages: `server/` compiles them. */
export interface BootstrapConfig {
  readonly origin: string
  /** For the config dump. */
  readonly message: Bootstrap
  readonly node: Node
  /** undefined: no admin pages. */
  readonly adminAddress: CompiledAddress | undefined
  readonly staticResources: Required<Bootstrap_StaticResources>
  /** The stream for everything that says `ads: {}`. */
  readonly ads: GrpcApi | undefined
  readonly listenerSource: CompiledConfigSource | undefined
  readonly clusterSource: CompiledConfigSource | undefined
  /** Keys of `layered_runtime`, none of which has an effect here. */
  readonly runtimeKeys: readonly string[]
}

/** Overrides of the bootstrap's node: Envoy's `--service-node` and `--service-cluster`. */
export interface NodeOverrides {
  readonly id?: string | undefined
  readonly cluster?: string | undefined
}

/** @throws BattenError naming the file and the field that is not supported */
export function compileBootstrap(loaded: LoadedBootstrap, overrides: NodeOverrides = {}): BootstrapConfig {
  const at = FieldPath.of(loaded.origin)
  const bootstrap = new MessageReader(loaded.message, 'Bootstrap', at)
  const dynamic = bootstrap.nested('dynamicResources', 'DynamicResources')
  const admin = bootstrap.nested('admin', 'Admin')
  const config: BootstrapConfig = {
    origin: loaded.origin,
    message: loaded.message,
    node: compileNode(bootstrap, overrides),
    adminAddress: admin?.has('address')
      ? compileAddress(admin.take('address'), admin.path('address'))
      : undefined,
    staticResources: compileStaticResources(bootstrap),
    ...compileDynamicResources(dynamic),
    runtimeKeys: compileRuntime(bootstrap),
  }
  admin?.done()
  const manager = bootstrap.nested('clusterManager', 'ClusterManager')
  manager?.done()
  refuseExtensions(bootstrap.each('bootstrapExtensions', 'TypedExtensionConfig'))
  bootstrap.done()
  return Object.freeze(config)
}

function compileNode(bootstrap: MessageReader<Bootstrap>, overrides: NodeOverrides): Node {
  const node = bootstrap.nested('node', 'Node')
  const result: Node = {
    id: overrides.id ?? node?.text('id') ?? '',
    cluster: overrides.cluster ?? node?.text('cluster') ?? '',
    metadata: node?.take('metadata'),
    locality: node?.take('locality'),
    dynamicParameters: node?.take('dynamicParameters'),
  }
  node?.skip('id', 'cluster')
  node?.done()
  return result
}

function compileStaticResources(bootstrap: MessageReader<Bootstrap>): Required<Bootstrap_StaticResources> {
  const resources = bootstrap.nested('staticResources', 'StaticResources')
  const result = {
    listeners: resources?.take('listeners') ?? [],
    clusters: resources?.take('clusters') ?? [],
    secrets: resources?.take('secrets') ?? [],
  }
  resources?.done()
  return result
}

function compileDynamicResources(
  dynamic: MessageReader<Bootstrap_DynamicResources> | undefined,
): Pick<BootstrapConfig, 'ads' | 'listenerSource' | 'clusterSource'> {
  if (dynamic === undefined) return { ads: undefined, listenerSource: undefined, clusterSource: undefined }
  const adsConfig = dynamic.nested('adsConfig', 'ApiConfigSource')
  const ads = adsConfig === undefined ? undefined : compileApiConfigSource(adsConfig)
  const source = (key: 'ldsConfig' | 'cdsConfig'): CompiledConfigSource | undefined => {
    const config = dynamic.nested(key, 'ConfigSource')
    if (config === undefined) return undefined
    const compiled = compileConfigSource(config)
    if (compiled.source.kind === 'grpc')
      throw config.path('apiConfigSource').unsupported('use `ads: {}` with an ads_config')
    if (compiled.source.kind === 'ads' && ads === undefined)
      throw config.path('ads').invalid('there is no dynamic_resources.ads_config')
    return compiled
  }
  const result = { ads, listenerSource: source('ldsConfig'), clusterSource: source('cdsConfig') }
  dynamic.done()
  return result
}

/** There is no runtime; the keys are listed in a warning, since Envoy would look at some of them. */
function compileRuntime(bootstrap: MessageReader<Bootstrap>): readonly string[] {
  const runtime = bootstrap.nested('layeredRuntime', 'LayeredRuntime')
  const keys = runtime
    ?.each('layers', 'RuntimeLayer')
    .flatMap((layer) => Object.keys(structToJson(layer.take('staticLayer') ?? {})))
  return keys ?? []
}

function refuseExtensions(extensions: readonly MessageReader<TypedExtensionConfig>[]): void {
  for (const extension of extensions) {
    const typeUrl = extension.take('typedConfig')?.typeUrl ?? ''
    const name = typeUrl.slice(typeUrl.lastIndexOf('/') + 1)
    if (!Object.hasOwn(IGNORED_BOOTSTRAP_EXTENSIONS, name))
      throw unknownExtension(typeUrl, extension.path('typedConfig'))
  }
}
