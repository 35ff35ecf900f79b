import type { Any, ExtensionConfigSource, HttpFilter } from '@batten/xds'
import type { Slot } from '../http/connection-manager-config.ts'
import type { HttpFilterContext, HttpFilterDefinition, HttpFilterFactory } from '../http/filter.ts'
import { compileConfigSource } from './compile-config-source.ts'
import { type CompileEnvironment, filledSlot } from './environment.ts'
import type { FieldPath } from './field-path.ts'
import { IGNORED_EXTENSIONS } from './ignored-fields.ts'
import type { MessageReader } from './message-reader.ts'
import type { ResourceReferences } from './resource-references.ts'
import { compileTracked } from './tracked-message.ts'
import { hasCodec, typedConfigOf } from './typed-struct.ts'
import { unknownExtension, unpackExtension } from './unpack.ts'

/** What a chain of HTTP filters belongs to. */
export interface HttpFilterChainScope {
  readonly direction: HttpFilterContext['direction']
  readonly statPrefix: string
  readonly environment: CompileEnvironment
  readonly references: ResourceReferences
}

/** `http_filters` -> one slot each, the router last. Filters that only report are left out (`ignored-fields.ts`). */
export function compileHttpFilters(
  filters: readonly MessageReader<HttpFilter>[],
  scope: HttpFilterChainScope,
  at: FieldPath,
): readonly Slot<HttpFilterFactory>[] {
  const slots: Slot<HttpFilterFactory>[] = []
  const names = new Set<string>()
  filters.forEach((filter, i) => {
    const name = filter.requiredText('name')
    if (names.has(name))
      throw filter.path('name').invalid(`${JSON.stringify(name)} is used twice in this chain`)
    names.add(name)
    const compiled = compileHttpFilter(filter, name, scope)
    if (compiled === undefined) return
    const isLast = i === filters.length - 1
    if (compiled.terminal !== isLast)
      throw filter.at.invalid(
        isLast
          ? `the last filter must end the chain; ${name} does not`
          : `${name} ends the chain and must be the last filter`,
      )
    slots.push(compiled.slot)
  })
  if (slots.length === 0) throw at.invalid('at least the router is required')
  return Object.freeze(slots)
}

function compileHttpFilter(
  filter: MessageReader<HttpFilter>,
  name: string,
  scope: HttpFilterChainScope,
): { slot: Slot<HttpFilterFactory>; terminal: boolean } | undefined {
  const isOptional = filter.flag('isOptional')
  const typedConfig = filter.take('typedConfig')
  const discovery = filter.nested('configDiscovery', 'ExtensionConfigSource')
  if (filter.flag('disabled')) throw filter.path('disabled').unsupported()
  filter.done()
  if (discovery !== undefined) return { slot: referToExtension(discovery, name, scope), terminal: false }
  const at = filter.path('typedConfig')
  const unpacked = unpackFilter(typedConfig, at, isOptional)
  if (unpacked === undefined) return undefined
  const definition = scope.environment.httpFilters.find(unpacked.name)
  if (definition === undefined) {
    if (isOptional || Object.hasOwn(IGNORED_EXTENSIONS, unpacked.name)) return undefined
    throw unknownExtension(unpacked.typeUrl, at)
  }
  const factory = compileWith(definition, unpacked, name, scope, at)
  return { slot: filledSlot(name, factory), terminal: definition.terminal ?? false }
}

function unpackFilter(typedConfig: Any | undefined, at: FieldPath, isOptional: boolean) {
  try {
    return unpackExtension(typedConfig, at)
  } catch (error) {
    if (isOptional) return undefined
    throw error
  }
}

function compileWith(
  definition: HttpFilterDefinition,
  unpacked: ReturnType<typeof unpackExtension>,
  name: string,
  scope: HttpFilterChainScope,
  at: FieldPath,
): HttpFilterFactory {
  const context = scope.environment.filterContext(scope.direction, scope.statPrefix, name)
  return at.within(() => {
    const config = typedConfigOf(unpacked, at)
    if (!hasCodec(unpacked)) return definition.compile(config, context)
    return compileTracked(config as object, unpacked.name, at, (message) =>
      definition.compile(message, context),
    )
  })
}

/** A filter that ECDS delivers. */
function referToExtension(
  discovery: MessageReader<ExtensionConfigSource>,
  name: string,
  scope: HttpFilterChainScope,
): Slot<HttpFilterFactory> {
  const source = discovery.nested('configSource', 'ConfigSource')
  if (source === undefined) throw discovery.path('configSource').invalid('is required')
  const allowed = discovery.list('typeUrls').map((typeUrl) => typeUrl.slice(typeUrl.lastIndexOf('/') + 1))
  if (allowed.length === 0) throw discovery.path('typeUrls').invalid('at least one type URL is required')
  const defaultConfig = discovery.take('defaultConfig')
  const withoutWarming = discovery.flag('applyDefaultConfigWithoutWarming')
  discovery.done()

  const compile = (any: Any, at: FieldPath): HttpFilterFactory => {
    const unpacked = unpackExtension(any, at)
    if (!allowed.includes(unpacked.name))
      throw at.invalid(
        `${unpacked.name} is not one of the types that the listener takes: ${allowed.join(', ')}`,
      )
    const definition = scope.environment.httpFilters.find(unpacked.name)
    if (definition === undefined) throw unknownExtension(unpacked.typeUrl, at)
    if (definition.terminal === true) throw at.invalid('a filter that ends the chain cannot come from ECDS')
    return compileWith(definition, unpacked, name, scope, at)
  }
  const fallback =
    defaultConfig === undefined ? undefined : compile(defaultConfig, discovery.path('defaultConfig'))
  const slot: Slot<HttpFilterFactory> = { name, current: withoutWarming ? fallback : undefined }
  scope.references.extensions.push({
    name,
    ...compileConfigSource(source),
    slot,
    compile,
    fallback,
    withoutWarming,
  })
  return slot
}

/** `typed_per_filter_config` -> what `stream.routeConfig(name)` gives, by filter name. */
export function compileFilterConfigs(
  configs: Readonly<Record<string, Any>> | undefined,
  environment: Pick<CompileEnvironment, 'httpFilters'>,
  at: FieldPath,
): ReadonlyMap<string, unknown> {
  const result = new Map<string, unknown>()
  for (const [name, any] of Object.entries(configs ?? {})) {
    const here = at.key(name)
    const unpacked = unpackExtension(any, here)
    const definition = environment.httpFilters.findForRoute(unpacked.name)
    if (definition?.compileRouteConfig === undefined) {
      if (Object.hasOwn(IGNORED_EXTENSIONS, unpacked.name)) continue
      throw unknownExtension(unpacked.typeUrl, here)
    }
    result.set(
      name,
      here.within(() => definition.compileRouteConfig!(typedConfigOf(unpacked, here))),
    )
  }
  return result
}
