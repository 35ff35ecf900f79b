import type { QueryParameterMatch } from './route-config.ts'

/** The first value of every parameter of a query, percent-encoding left as it is, as in Envoy. */
export function parseQuery(path: string): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>()
  const start = path.indexOf('?')
  if (start < 0) return parameters
  const fragment = path.indexOf('#', start)
  const query = path.slice(start + 1, fragment < 0 ? undefined : fragment)
  for (const part of query.split('&')) {
    if (part === '') continue
    const equals = part.indexOf('=')
    const name = equals < 0 ? part : part.slice(0, equals)
    if (!parameters.has(name)) parameters.set(name, equals < 0 ? '' : part.slice(equals + 1))
  }
  return parameters
}

/** Whether a path with query fulfils every condition. */
export function matchesQuery(matches: readonly QueryParameterMatch[], path: string): boolean {
  const parameters = parseQuery(path)
  for (const { name, value, isAbsent } of matches) {
    const actual = parameters.get(name)
    if (isAbsent === true) {
      if (actual !== undefined) return false
      continue
    }
    if (actual === undefined || (value !== undefined && !value.matches(actual))) return false
  }
  return true
}
