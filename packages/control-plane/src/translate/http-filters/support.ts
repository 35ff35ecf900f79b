import { HTTP_FILTERS } from '@batten/xds'
import type { NodeCapabilities } from '../../model/node.ts'

/** What Batten's proxy had in its first version; later ones say which filters they have. */
const BATTEN_FILTERS: ReadonlySet<string> = new Set([
  HTTP_FILTERS.cors,
  HTTP_FILTERS.fault,
  HTTP_FILTERS.router,
  HTTP_FILTERS.wasm,
])

/** Whether a node has an HTTP filter; what it does not have it would refuse, together with the whole listener. */
export function hasHttpFilter(capabilities: NodeCapabilities, name: string): boolean {
  if (capabilities.httpFilters !== undefined) return capabilities.httpFilters.includes(name)
  return capabilities.userAgent !== 'batten' || BATTEN_FILTERS.has(name)
}
