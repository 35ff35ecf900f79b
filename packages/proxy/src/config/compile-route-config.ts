import type { RouteConfiguration } from '@batten/xds'
import type { RouteConfig } from '../http/route/route-config.ts'
import { VirtualHostTable } from '../http/route/virtual-host-match.ts'
import { compileHeaderMutations } from './compile-header-mutations.ts'
import { compileMetadata } from './compile-metadata.ts'
import { compileVirtualHost } from './compile-virtual-host.ts'
import type { FieldPath } from './field-path.ts'
import { MessageReader } from './message-reader.ts'
import type { RouteContext } from './route-context.ts'

export interface CompiledRouteConfig {
  readonly config: RouteConfig
  /** Every cluster that a route names: they have to be there before the routes are used. */
  readonly clusters: ReadonlySet<string>
}

/** What a route configuration needs of the proxy around it. */
export type RouteEnvironment = Pick<RouteContext, 'values' | 'filterConfigs'>

/** `RouteConfiguration` -> {@link RouteConfig}. Defaults are Envoy's. */
export function compileRouteConfig(
  message: RouteConfiguration,
  environment: RouteEnvironment,
  at: FieldPath,
): CompiledRouteConfig {
  const reader = new MessageReader(message, 'RouteConfiguration', at)
  const context: RouteContext = {
    ...environment,
    clusters: new Set(),
    maxDirectResponseBytes: reader.number('maxDirectResponseBodySizeBytes') ?? 4096,
  }
  const inherited = context.filterConfigs(
    reader.take('typedPerFilterConfig'),
    reader.path('typedPerFilterConfig'),
  )
  const hosts = reader.each('virtualHosts', 'VirtualHost')
  const virtualHosts = Object.freeze(hosts.map((host) => compileVirtualHost(host, context, inherited)))
  checkDomains(hosts.map((host) => ({ at: host.at, domains: host.message.domains ?? [] })))
  const hostTable = new VirtualHostTable(virtualHosts, reader.flag('ignorePortInHostMatching'))
  compileMetadata(reader.nested('metadata', 'Metadata'))
  const config: RouteConfig = {
    name: reader.text('name'),
    virtualHosts,
    findVirtualHost: (authority) => hostTable.find(authority),
    mutations: compileHeaderMutations(reader, context.values),
    mostSpecificWins: reader.flag('mostSpecificHeaderMutationsWins'),
  }
  reader.done()
  return { config: Object.freeze(config), clusters: context.clusters }
}

/** A domain belongs to one virtual host. As in Envoy, `*` elsewhere than in front or at the end is a letter. */
function checkDomains(hosts: readonly { at: FieldPath; domains: readonly string[] }[]): void {
  const owners = new Map<string, FieldPath>()
  for (const host of hosts) {
    host.domains.forEach((domain, i) => {
      const at = host.at.field('domains').index(i)
      const lower = domain.toLowerCase()
      const other = owners.get(lower)
      if (other !== undefined) throw at.invalid(`${JSON.stringify(domain)} is also in ${other}`)
      owners.set(lower, host.at)
    })
  }
}
