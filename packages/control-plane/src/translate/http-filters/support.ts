import { HTTP_FILTERS } from '@batten/xds'
import type { NodeCapabilities } from '../../model/node.ts'

/** What a Batten proxy has that does not say which filters it has. */
const BATTEN_FILTERS: ReadonlySet<string> = new Set([HTTP_FILTERS.router, HTTP_FILTERS.wasm])

/** Whether a node has an HTTP filter; what it does not have it would refuse, together with the whole listener. */
export function hasHttpFilter(capabilities: NodeCapabilities, name: string): boolean {
  if (capabilities.httpFilters !== undefined) return capabilities.httpFilters.includes(name)
  return capabilities.userAgent !== 'batten' || BATTEN_FILTERS.has(name)
}
