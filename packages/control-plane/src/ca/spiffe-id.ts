/** Who a workload is inside its mesh: what tokens and certificates prove. */
export interface WorkloadIdentity {
  readonly namespace: string
  readonly serviceAccount: string
}

/** A SPIFFE ID in Istio's form, taken apart. */
export interface SpiffeId extends WorkloadIdentity {
  readonly trustDomain: string
}

/** RFC 1123 names as Kubernetes has them; an identity never carries a character that means something in a URI. */
const NAME = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/
const SPIFFE = /^spiffe:\/\/([a-z0-9._-]{1,255})\/ns\/([^/]+)\/sa\/([^/]+)$/

/** `spiffe://<trust domain>/ns/<namespace>/sa/<service account>` */
export function formatSpiffeId(trustDomain: string, identity: WorkloadIdentity): string {
  return `spiffe://${trustDomain}/ns/${identity.namespace}/sa/${identity.serviceAccount}`
}

/** @returns undefined for anything that is not exactly Istio's form */
export function parseSpiffeId(uri: string): SpiffeId | undefined {
  const match = SPIFFE.exec(uri)
  if (match === null) return undefined
  const identity = { namespace: match[2]!, serviceAccount: match[3]! }
  return isWorkloadIdentity(identity) ? { trustDomain: match[1]!, ...identity } : undefined
}

/** True for names that may stand in a certificate. */
export function isWorkloadIdentity(identity: WorkloadIdentity): boolean {
  return NAME.test(identity.namespace) && NAME.test(identity.serviceAccount)
}
