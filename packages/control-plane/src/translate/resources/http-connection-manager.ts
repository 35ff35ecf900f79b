import {
  type Filter,
  type HttpConnectionManager,
  NETWORK_FILTERS,
  packAny,
  type RouteConfiguration,
} from '@batten/xds'
import type { Reader } from '../../model/incremental.ts'
import type { MeshConfig } from '../../model/mesh-config.ts'
import type { NodeCapabilities } from '../../model/node.ts'
import type { MeshSnapshot } from '../../model/snapshot.ts'
import { type MeshWasmPlugin, pluginByKey } from '../../model/wasm-plugin.ts'
import { ZERO } from '../duration.ts'
import { meshConfigToAccessLog } from '../fields/mesh-config/access-log.ts'
import { type HttpFilterContext, httpFilters } from '../http-filters/index.ts'
import type { ListenerClass } from '../node-class.ts'
import { ADS } from '../tls-context.ts'
import { isPluginActive } from './extension-config.ts'

/** What a connection manager is made for. */
export interface HttpManagerOptions {
  readonly statPrefix: string
  readonly direction: HttpFilterContext['direction']
  /** Name of a route configuration, or one that is part of the listener. */
  readonly routes: string | RouteConfiguration
  readonly port: number
  readonly capabilities: NodeCapabilities
  /** Object keys of plugins. */
  readonly plugins: readonly string[]
}

/** The HTTP connection manager of a filter chain. */
export function httpConnectionManager(read: Reader<MeshSnapshot>, options: HttpManagerOptions): Filter {
  const { direction, routes, capabilities } = options
  const mesh = read.field('mesh')
  const message: HttpConnectionManager = {
    statPrefix: options.statPrefix,
    ...(typeof routes === 'string'
      ? { rds: { routeConfigName: routes, configSource: ADS } }
      : { routeConfig: routes }),
    httpFilters: httpFilters({
      capabilities,
      direction,
      traffic: { side: direction === 'inbound' ? 'SERVER' : 'CLIENT', port: options.port },
      plugins: activePlugins(read, options.plugins),
    }),
    serverName: 'istio-envoy',
    streamIdleTimeout: ZERO,
    useRemoteAddress: { value: direction === 'gateway' },
    ...pathNormalization(mesh),
    upgradeConfigs: [{ upgradeType: 'websocket' }],
    ...clientCertificate(direction),
    ...(direction === 'gateway' ? {} : { generateRequestId: { value: true } }),
  }
  const accessLog = meshConfigToAccessLog(mesh)
  if (accessLog.length > 0) message.accessLog = accessLog
  return {
    name: NETWORK_FILTERS.httpConnectionManager,
    typedConfig: packAny(
      'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
      message,
    ),
  }
}

function activePlugins(read: Reader<MeshSnapshot>, keys: readonly string[]): MeshWasmPlugin[] {
  return keys.flatMap((key) => (read.query(isPluginActive, key) ? (read.query(pluginByKey, key) ?? []) : []))
}

/** Paths are normalised before they are matched, as Istio's `BASE` does by default. */
function pathNormalization(mesh: MeshConfig): Partial<HttpConnectionManager> {
  switch (mesh.pathNormalization) {
    case 'NONE':
      return {}
    case 'BASE':
      return { normalizePath: { value: true } }
    case 'MERGE_SLASHES':
      return { normalizePath: { value: true }, mergeSlashes: true }
    case 'DECODE_AND_MERGE_SLASHES':
      return {
        normalizePath: { value: true },
        mergeSlashes: true,
        pathWithEscapedSlashesAction: 'UNESCAPE_AND_FORWARD',
      }
  }
}

/** What the application learns of client certificates: a gateway starts a new header, a sidecar adds to it. */
function clientCertificate(direction: HttpFilterContext['direction']): Partial<HttpConnectionManager> {
  if (direction === 'outbound') return {}
  return {
    forwardClientCertDetails: direction === 'gateway' ? 'SANITIZE_SET' : 'APPEND_FORWARD',
    setCurrentClientCertDetails: {
      subject: { value: true },
      dns: true,
      uri: true,
      ...(direction === 'gateway' ? { cert: true } : {}),
    },
  }
}

/** The connection manager of an outbound listener. */
export function outboundHttpFilter(
  read: Reader<MeshSnapshot>,
  node: ListenerClass,
  routes: string,
  name: string,
  port: number,
) {
  return httpConnectionManager(read, {
    statPrefix: `outbound_${name}`,
    direction: 'outbound',
    routes,
    port,
    capabilities: node.capabilities,
    plugins: node.plugins,
  })
}
