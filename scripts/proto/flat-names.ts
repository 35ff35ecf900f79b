/** A type that wants a short name. */
interface Candidate {
  readonly name: string
  readonly packageName: string
  readonly type: string
}

/**
 * Who gets the bare name where several packages define it. The others get the distinguishing part of their package
 * in front: `RouteRetryPolicy`, `HttpRBAC`.
 */
const OWNERS: Readonly<Record<string, string>> = {
  CidrRange: 'envoy.config.core.v3',
  DoubleRange: 'envoy.type.v3',
  Filter: 'envoy.config.listener.v3',
  HealthCheck: 'envoy.config.core.v3',
  HttpProtocolOptions: 'envoy.extensions.upstreams.http.v3',
  HttpService: 'envoy.config.core.v3',
  Int32Range: 'envoy.type.v3',
  Int64Range: 'envoy.type.v3',
  ListStringMatcher: 'envoy.type.matcher.v3',
  Matcher: 'xds.type.matcher.v3',
  Metadata: 'envoy.config.core.v3',
  PluginConfig: 'envoy.extensions.wasm.v3',
  RBAC: 'envoy.config.rbac.v3',
  RegexMatcher: 'envoy.type.matcher.v3',
  StringMatcher: 'envoy.type.matcher.v3',
  TypedExtensionConfig: 'envoy.config.core.v3',
  TypedStruct: 'xds.type.v3',
}

/** Words of a package name that distinguish nothing. */
const NOISE = new Set(
  'envoy config extensions filter filters type google protobuf service clusters compression v1 v3 v1alpha1 v2alpha1'.split(
    ' ',
  ),
)

/** Full name -> short exported name; no two are equal. */
export function flatNames(candidates: readonly Candidate[]): Map<string, string> {
  const byType = new Map<string, Candidate[]>()
  for (const candidate of candidates) {
    const list = byType.get(candidate.type)
    if (list === undefined) byType.set(candidate.type, [candidate])
    else list.push(candidate)
  }
  const result = new Map<string, string>()
  const taken = new Map<string, string>()
  for (const [type, list] of byType) {
    for (const candidate of list) {
      const bare = list.length === 1 || OWNERS[type.split('_')[0]!] === candidate.packageName
      const alias = bare ? type : `${prefix(candidate)}${type}`
      const other = taken.get(alias)
      if (other !== undefined) throw new Error(`${alias} would be ${other} and ${candidate.name}`)
      taken.set(alias, candidate.name)
      result.set(candidate.name, alias)
    }
  }
  return result
}

function prefix({ packageName, type }: Candidate): string {
  const parts = packageName.split('.').filter((part) => !NOISE.has(part))
  const last = parts.at(-1)?.replaceAll('_', '') ?? ''
  if (parts.length > 1 && type.toLowerCase().startsWith(last)) parts.pop()
  return parts
    .map((part) => part.replace(/(?:^|_)(.)/g, (_, letter: string) => letter.toUpperCase()))
    .join('')
}
