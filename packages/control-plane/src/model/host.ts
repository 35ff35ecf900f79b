/**
 * The full name of a host in an Istio object: a name without dots is a service of the object's own namespace, anything
 * else stands for itself.
 *
 * @example resolveHost('reviews', 'default', 'cluster.local') // 'reviews.default.svc.cluster.local'
 */
export function resolveHost(host: string, namespace: string, domainSuffix: string): string {
  if (host === '*' || host.includes('.') || host.includes(':')) return host
  return `${host}.${namespace}.svc.${domainSuffix}`
}

/** Whether a host pattern (`*`, `*.example.com`, or a name) covers a name or a narrower pattern. */
export function coversHost(pattern: string, host: string): boolean {
  if (pattern === '*') return true
  if (!pattern.startsWith('*')) return pattern === host
  const suffix = pattern.slice(1)
  return host.startsWith('*') ? host.slice(1).endsWith(suffix) : host.endsWith(suffix) && host !== suffix
}

/** Whether two host patterns have a name in common. */
export function hostsOverlap(a: string, b: string): boolean {
  return coversHost(a, b) || coversHost(b, a)
}

/** More specific first: names before wildcards, longer wildcards before shorter ones. */
export function compareSpecificity(a: string, b: string): number {
  const aWild = a.startsWith('*')
  const bWild = b.startsWith('*')
  if (aWild !== bWild) return aWild ? 1 : -1
  if (aWild && a.length !== b.length) return b.length - a.length
  return a < b ? -1 : a > b ? 1 : 0
}

/** Short names by which a client of `clientNamespace` may call a Kubernetes service, besides its full name. */
export function shortNames(hostname: string, clientNamespace: string, domainSuffix: string): string[] {
  const suffix = `.svc.${domainSuffix}`
  if (!hostname.endsWith(suffix)) return []
  const base = hostname.slice(0, -suffix.length)
  const dot = base.lastIndexOf('.')
  if (dot <= 0) return []
  const name = base.slice(0, dot)
  const namespace = base.slice(dot + 1)
  const names = [`${base}.svc`, base]
  if (namespace === clientNamespace) names.push(name)
  return names
}

/** Whether an `exportTo` list (empty: everybody) shows an object of `namespace` to `client`. */
export function isExportedTo(exportTo: readonly string[], namespace: string, client: string): boolean {
  if (exportTo.length === 0) return true
  for (const target of exportTo) {
    if (target === '*' || target === client || (target === '.' && namespace === client)) return true
  }
  return false
}
