import type { TrafficSelector } from '@batten/api'

/** A listener as plugins tell them apart. */
export interface PluginTraffic {
  /** Gateways count as clients. */
  readonly side: 'CLIENT' | 'SERVER'
  readonly port: number
}

/**
 * `match` -> whether a plugin is in the chain of a listener. Any item may match; no items match everything.
 *
 * @translates WasmPlugin spec.match[].mode -> HttpConnectionManager.http_filters (which listeners)
 * @translates WasmPlugin spec.match[].ports -> HttpConnectionManager.http_filters (which listeners)
 * @see https://istio.io/latest/docs/reference/config/proxy_extensions/wasm-plugin/#WasmPlugin-TrafficSelector
 */
export function matchesTraffic(
  match: readonly TrafficSelector[] | undefined,
  traffic: PluginTraffic,
): boolean {
  if (match === undefined || match.length === 0) return true
  return match.some(({ mode, ports }) => {
    const isSide =
      mode === undefined || mode === 'UNDEFINED' || mode === 'CLIENT_AND_SERVER' || mode === traffic.side
    const isPort =
      ports === undefined || ports.length === 0 || ports.some(({ number }) => number === traffic.port)
    return isSide && isPort
  })
}
