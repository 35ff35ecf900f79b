import type { Headers } from '@batten/api'
import type { HeaderValueOption } from '@batten/xds'

/** Header changes, in the fields that routes and weighted clusters share. */
export interface HeaderMutations {
  requestHeadersToAdd?: HeaderValueOption[]
  requestHeadersToRemove?: string[]
  responseHeadersToAdd?: HeaderValueOption[]
  responseHeadersToRemove?: string[]
  /** `Host` is no header to Envoy: setting it rewrites the authority. */
  hostRewriteLiteral?: string
}

const HOST_NAMES: ReadonlySet<string> = new Set(['host', ':authority'])

/**
 * `headers` -> header mutations of a route or a weighted cluster. `set` overwrites, `add` appends.
 *
 * @translates VirtualService spec.http[].headers.request -> Route.request_headers_to_add, request_headers_to_remove
 * @translates VirtualService spec.http[].headers.response -> Route.response_headers_to_add, response_headers_to_remove
 * @translates VirtualService spec.http[].route[].headers.request -> ClusterWeight.request_headers_to_add, request_headers_to_remove
 * @translates VirtualService spec.http[].route[].headers.response -> ClusterWeight.response_headers_to_add, response_headers_to_remove
 * @see https://istio.io/latest/docs/reference/config/networking/virtual-service/#Headers
 */
export function headersToMutations(headers: Headers | undefined): HeaderMutations {
  const mutations: HeaderMutations = {}
  const { request, response } = headers ?? {}
  const requestAdd = [
    ...options(withoutHost(request?.set), 'OVERWRITE_IF_EXISTS_OR_ADD'),
    ...options(withoutHost(request?.add), 'APPEND_IF_EXISTS_OR_ADD'),
  ]
  const responseAdd = [
    ...options(response?.set, 'OVERWRITE_IF_EXISTS_OR_ADD'),
    ...options(response?.add, 'APPEND_IF_EXISTS_OR_ADD'),
  ]
  if (requestAdd.length > 0) mutations.requestHeadersToAdd = requestAdd
  if (responseAdd.length > 0) mutations.responseHeadersToAdd = responseAdd
  if ((request?.remove ?? []).length > 0) mutations.requestHeadersToRemove = request!.remove!
  if ((response?.remove ?? []).length > 0) mutations.responseHeadersToRemove = response!.remove!
  const host = hostOf(request?.set) ?? hostOf(request?.add)
  if (host !== undefined) mutations.hostRewriteLiteral = host
  return mutations
}

function options(
  headers: Readonly<Record<string, string>> | undefined,
  appendAction: NonNullable<HeaderValueOption['appendAction']>,
): HeaderValueOption[] {
  return Object.entries(headers ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => ({ header: { key, value }, appendAction }))
}

function withoutHost(
  headers: Readonly<Record<string, string>> | undefined,
): Readonly<Record<string, string>> | undefined {
  if (headers === undefined) return undefined
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !HOST_NAMES.has(name.toLowerCase())))
}

function hostOf(headers: Readonly<Record<string, string>> | undefined): string | undefined {
  return Object.entries(headers ?? {}).find(([name]) => HOST_NAMES.has(name.toLowerCase()))?.[1]
}
