import type { RequestHeaders } from '../header-map.ts'
import { matchesHeader } from './header-match.ts'
import { matchesQuery } from './query-match.ts'
import type { Route, RouteMatch, VirtualHost } from './route-config.ts'
import { TO_HTTPS } from './to-https.ts'

/**
 * The first route of a virtual host that matches, undefined when none does.
 *
 * @param random - uniform in [0, 1), for routes that take a share of the requests
 * @see https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/route/v3/route_components.proto#config-route-v3-routematch
 */
export function findRoute(
  virtualHost: VirtualHost,
  headers: RequestHeaders,
  random: () => number,
): Route | undefined {
  if (virtualHost.requireTls !== 'none' && headers.get('x-forwarded-proto') !== 'https') return TO_HTTPS
  const path = pathOnly(headers.path)
  const { routes } = virtualHost
  // By index: an iterator allocates for each step.
  for (let i = 0; i < routes.length; i++)
    if (matches(routes[i]!.match, path, headers, random)) return routes[i]
  return undefined
}

/** A path without query and fragment. */
export function pathOnly(path: string): string {
  for (let i = 0; i < path.length; i++) {
    const code = path.charCodeAt(i)
    if (code === 0x3f || code === 0x23) return path.slice(0, i)
  }
  return path
}

function matches(match: RouteMatch, path: string, headers: RequestHeaders, random: () => number): boolean {
  if (!matchesPath(match, path, headers)) return false
  if (match.grpcOnly && !isGrpc(headers)) return false
  for (let i = 0; i < match.headers.length; i++) if (!matchesHeader(match.headers[i]!, headers)) return false
  if (match.queryParameters.length > 0 && !matchesQuery(match.queryParameters, headers.path)) return false
  return match.fraction === undefined || random() < match.fraction
}

function matchesPath(
  { path: rule, caseSensitive }: RouteMatch,
  path: string,
  headers: RequestHeaders,
): boolean {
  // A CONNECT request has no path: only its own matcher takes it.
  if (headers.method === 'CONNECT') return rule.kind === 'connect'
  switch (rule.kind) {
    case 'prefix':
      return caseSensitive
        ? path.startsWith(rule.value)
        : path.toLowerCase().startsWith(rule.value.toLowerCase())
    case 'exact':
      return caseSensitive ? path === rule.value : path.toLowerCase() === rule.value.toLowerCase()
    case 'path-separated-prefix': {
      const { value } = rule
      const start = path.slice(0, value.length)
      if (caseSensitive ? start !== value : start.toLowerCase() !== value.toLowerCase()) return false
      return path.length === value.length || path.charCodeAt(value.length) === 0x2f
    }
    case 'regex':
      return rule.regex.matches(path)
    case 'connect':
      return false
  }
}

/** Whether a request is gRPC by its content type. */
export function isGrpc(headers: { get(name: string): string | undefined }): boolean {
  const type = headers.get('content-type')
  if (type === undefined || !type.startsWith('application/grpc')) return false
  return type.length === 16 || type[16] === '+'
}
