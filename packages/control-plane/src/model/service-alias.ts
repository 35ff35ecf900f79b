import type { MeshService } from './service.ts'

/**
 * Resolves Services of type ExternalName that stand for another service of the mesh: they are that service under a
 * further name, with its ports, routes and mutual TLS. One whose name nobody has is a service of its own, which the
 * proxy asks DNS for; without ports it is none.
 *
 * @see https://istio.io/latest/docs/ops/best-practices/traffic-management/
 */
export function resolveAliases(services: Map<string, MeshService>): void {
  const external = [...services.values()].filter(({ externalName }) => externalName !== undefined)
  if (external.length === 0) return
  const byHost = new Map<string, MeshService[]>()
  for (const service of services.values()) {
    const list = byHost.get(service.hostname)
    if (list === undefined) byHost.set(service.hostname, [service])
    else list.push(service)
  }
  const aliases = new Map<string, string[]>()
  for (const service of external) {
    const target = targetOf(service, byHost)
    if (target === undefined) {
      if (service.ports.length === 0) services.delete(service.key)
      continue
    }
    services.set(service.key, { ...service, aliasOf: target })
    aliases.set(target, [...(aliases.get(target) ?? []), service.hostname])
  }
  for (const [hostname, names] of aliases)
    for (const service of byHost.get(hostname) ?? [])
      services.set(service.key, { ...service, aliases: names.sort() })
}

/** Hostname of the service at the end of a chain of names; undefined when there is none. */
function targetOf(
  service: MeshService,
  byHost: ReadonlyMap<string, readonly MeshService[]>,
): string | undefined {
  const seen = new Set([service.hostname])
  let name = service.externalName
  while (name !== undefined && !seen.has(name)) {
    seen.add(name)
    const [next] = byHost.get(name) ?? []
    if (next === undefined) return undefined
    if (next.externalName === undefined) return name
    name = next.externalName
  }
  return undefined
}
