import { createSelfSignedAuthority, type WorkloadIdentity } from '@batten/control-plane'

/** A certificate authority for tests, in memory. */
export interface TestCertificates {
  /** PEM of the root. */
  readonly root: string
  /** A certificate whose only name is the workload's SPIFFE ID. */
  issueWorkload(
    identity: WorkloadIdentity,
  ): Promise<{ readonly certificateChain: string; readonly privateKey: string }>
  /** A certificate for DNS names and addresses. */
  issueServer(
    names: readonly string[],
  ): Promise<{ readonly certificateChain: string; readonly privateKey: string }>
  close(): void
}

/**
 * Makes a certificate authority for a test; two of them do not trust each other.
 *
 * @param options.trustDomain - default `cluster.local`
 * @example
 * const foreign = createTestCertificates()
 * const { certificateChain, privateKey } = await foreign.issueWorkload({ namespace: 'default', serviceAccount: 'reviews' })
 */
export function createTestCertificates(options: { readonly trustDomain?: string } = {}): TestCertificates {
  const authority = createSelfSignedAuthority(options)
  return {
    root: authority.trustBundle,
    issueWorkload: async (identity) => authority.issueWorkload(identity),
    issueServer: async (names) => authority.issueServer([...names]),
    close: () => authority.close(),
  }
}
