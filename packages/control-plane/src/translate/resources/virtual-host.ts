import { codec, type RouteConfiguration, type VirtualHost } from '@batten/xds'
import type { Reader } from '../../model/incremental.ts'
import type { Resource } from '../../model/resource.ts'
import type { MeshSnapshot } from '../../model/snapshot.ts'
import { encodeResource, guarded } from '../resource-encoder.ts'

/** Longest body of a direct response that Envoy is told to accept. */
export const MAX_DIRECT_RESPONSE_BYTES = 1_048_576

/** A virtual host whose domains nobody else has; undefined when none is left. */
export class VirtualHostList {
  readonly #hosts: VirtualHost[] = []
  readonly #domains = new Set<string>()
  readonly #names = new Set<string>()

  /** Adds a virtual host with those of its domains that are still free: Envoy refuses a domain that is there twice. */
  add(host: VirtualHost): void {
    const domains = (host.domains ?? []).filter((domain) => !this.#domains.has(domain.toLowerCase()))
    if (domains.length === 0 || this.#names.has(host.name ?? '')) return
    for (const domain of domains) this.#domains.add(domain.toLowerCase())
    this.#names.add(host.name ?? '')
    this.#hosts.push({ ...host, domains })
  }

  has(domain: string): boolean {
    return this.#domains.has(domain.toLowerCase())
  }

  get hosts(): VirtualHost[] {
    return this.#hosts
  }
}

/** An address as an authority has it: IPv6 in brackets. */
export function authorityOf(address: string): string {
  return address.includes(':') && !address.startsWith('[') ? `[${address}]` : address
}

/**
 * A route configuration as a resource. A virtual host that cannot be encoded is told, and answers 500; the others are
 * not touched.
 */
export function encodeRoutes(read: Reader<MeshSnapshot>, message: RouteConfiguration): Resource {
  const name = message.name ?? ''
  const encode = (one: RouteConfiguration) =>
    encodeResource('envoy.config.route.v3.RouteConfiguration', name, one)
  try {
    return encode(message)
  } catch {
    const virtualHosts = (message.virtualHosts ?? []).map((host) => encodable(read, host))
    return encode({ ...message, virtualHosts })
  }
}

function encodable(read: Reader<MeshSnapshot>, host: VirtualHost): VirtualHost {
  const bytes = guarded(read, `virtual host ${host.name}`, () =>
    codec('envoy.config.route.v3.VirtualHost').encode(host),
  )
  if (bytes !== undefined) return host
  const { name, domains } = host
  return { name, domains, routes: [{ match: { prefix: '/' }, directResponse: { status: 500 } }] }
}
