import { append } from './label-index.ts'

/** Domain of the services of Kubernetes. */
export const CLUSTER_DOMAIN = 'cluster.local'

/** The full name of a host: a short name is one of a service in `namespace`. */
export function fullHost(host: string, namespace: string, domain = CLUSTER_DOMAIN): string {
  if (host === '' || host.includes('.') || host.startsWith('*')) return host
  return `${host}.${namespace}.svc.${domain}`
}

/** Host name of a Service. */
export function serviceHost(name: string, namespace: string, domain = CLUSTER_DOMAIN): string {
  return `${name}.${namespace}.svc.${domain}`
}

/** Wildcards that cover a host, the narrowest first: `a.b.c` is in `*.b.c`, `*.c` and `*`; `*.b.c` is in itself. */
export function wildcardsOf(host: string): string[] {
  const out: string[] = []
  const name = host.startsWith('*.') ? host.slice(2) : host
  // `*.b.c` is covered by itself as well as by what is wider.
  if (host.startsWith('*.')) out.push(host)
  for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1))
    out.push(`*${name.slice(dot)}`)
  if (host !== '*') out.push('*')
  else if (!out.includes('*')) out.push('*')
  return out
}

/** The part of a `namespace/host` that comes first; undefined without one. */
export function splitScopedHost(text: string): { namespace: string | undefined; host: string } {
  const slash = text.indexOf('/')
  if (slash < 0) return { namespace: undefined, host: text }
  return { namespace: text.slice(0, slash), host: text.slice(slash + 1) }
}

/** Finds things by host names, with wildcards on either side, without comparing all with all. */
export class HostIndex<T> {
  readonly #exact = new Map<string, T[]>()
  /** Things under each wildcard that covers them. */
  readonly #below = new Map<string, T[]>()

  add(host: string, item: T): void {
    append(this.#exact, host, item)
    for (const wildcard of wildcardsOf(host)) if (wildcard !== host) append(this.#below, wildcard, item)
  }

  /** Things with this host. */
  same(host: string): readonly T[] {
    return this.#exact.get(host) ?? []
  }

  /** Things whose host is a wildcard that covers `host`, or the same; the narrowest first. */
  covering(host: string): T[] {
    const out = [...this.same(host)]
    for (const wildcard of wildcardsOf(host)) if (wildcard !== host) out.push(...this.same(wildcard))
    return out
  }

  /** Things whose host has a name in common with `host`. */
  overlapping(host: string): T[] {
    const out = this.covering(host)
    if (host.startsWith('*')) out.push(...(this.#below.get(host) ?? []))
    return out
  }
}
