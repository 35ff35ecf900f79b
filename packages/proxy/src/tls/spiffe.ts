/** A SPIFFE ID taken apart. */
export interface SpiffeId {
  /** Lower case by definition. */
  readonly trustDomain: string
  /** Everything behind the trust domain, with the leading slash; empty for the trust domain itself. */
  readonly path: string
}

/** Identity of a workload in the form that Istio gives it: `spiffe://<trust domain>/ns/<namespace>/sa/<account>`. */
export interface WorkloadIdentity {
  readonly trustDomain: string
  readonly namespace: string
  readonly serviceAccount: string
}

/** The specification's limit. */
const MAX_SPIFFE_ID_BYTES = 2048
const TRUST_DOMAIN = /^[a-z0-9._-]{1,255}$/
const PATH_SEGMENT = /^[A-Za-z0-9._-]+$/

/**
 * Parses a SPIFFE ID; undefined when the text is none.
 *
 * @see https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE-ID.md
 */
export function parseSpiffeId(uri: string): SpiffeId | undefined {
  if (uri.length > MAX_SPIFFE_ID_BYTES || !uri.startsWith('spiffe://')) return undefined
  const rest = uri.slice('spiffe://'.length)
  const slash = rest.indexOf('/')
  const trustDomain = slash < 0 ? rest : rest.slice(0, slash)
  const path = slash < 0 ? '' : rest.slice(slash)
  if (!TRUST_DOMAIN.test(trustDomain)) return undefined
  if (path !== '') {
    for (const segment of path.slice(1).split('/'))
      if (!PATH_SEGMENT.test(segment) || segment === '.' || segment === '..') return undefined
  }
  return { trustDomain, path }
}

/** Parses the SPIFFE ID of an Istio workload; undefined when the text is something else. */
export function parseWorkloadIdentity(uri: string): WorkloadIdentity | undefined {
  const id = parseSpiffeId(uri)
  if (id === undefined) return undefined
  const [, ns, namespace, sa, serviceAccount, ...rest] = id.path.split('/')
  if (
    ns !== 'ns' ||
    sa !== 'sa' ||
    namespace === undefined ||
    serviceAccount === undefined ||
    rest.length > 0
  )
    return undefined
  return { trustDomain: id.trustDomain, namespace, serviceAccount }
}

/** @example workloadSpiffeId({ trustDomain: 'cluster.local', namespace: 'default', serviceAccount: 'reviews' }) */
export function workloadSpiffeId(identity: WorkloadIdentity): string {
  return `spiffe://${identity.trustDomain}/ns/${identity.namespace}/sa/${identity.serviceAccount}`
}
