import { coversHost } from '../../../model/host.ts'

/** One `hosts` item of a server. */
export interface ServerHost {
  /** Namespace of VirtualServices that may use it; `*` is any. */
  readonly namespace: string
  readonly host: string
}

/**
 * `servers[].hosts` item -> host and the namespaces that may attach to it: `ns/host`, `./host` for the Gateway's own.
 *
 * @translates Gateway spec.servers[].hosts -> VirtualHost.domains
 * @see https://istio.io/latest/docs/reference/config/networking/gateway/#Server
 */
export function parseServerHost(item: string, gatewayNamespace: string): ServerHost {
  const slash = item.indexOf('/')
  if (slash === -1) return { namespace: '*', host: item }
  const namespace = item.slice(0, slash)
  return { namespace: namespace === '.' ? gatewayNamespace : namespace, host: item.slice(slash + 1) }
}

/** The hosts that a VirtualService serves at a server: of each overlapping pair the narrower one. */
export function attachedHosts(
  serverHosts: readonly ServerHost[],
  virtualService: { readonly namespace: string; readonly hosts: readonly string[] },
): string[] {
  const attached = new Set<string>()
  for (const { namespace, host } of serverHosts) {
    if (namespace !== '*' && namespace !== virtualService.namespace) continue
    for (const wanted of virtualService.hosts) {
      if (coversHost(host, wanted)) attached.add(wanted)
      else if (coversHost(wanted, host)) attached.add(host)
    }
  }
  return [...attached]
}
