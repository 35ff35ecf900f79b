import type { ClientTLSSettings, DestinationRuleSpec, TrafficPolicy } from '@batten/api'

/** Names of the Secrets that a client's TLS needs: its certificate for MUTUAL, and the authority of the server. */
export function clientCredentialNamesOf(tls: ClientTLSSettings | undefined): string[] {
  const name = tls?.credentialName
  if (tls === undefined || !name || (tls.mode !== 'SIMPLE' && tls.mode !== 'MUTUAL')) return []
  return [
    ...(tls.mode === 'MUTUAL' ? [name] : []),
    ...(tls.insecureSkipVerify === true ? [] : [`${name}-cacert`]),
  ]
}

/**
 * Whether clients get the Secrets that a rule names. A gateway does; sidecars only by a rule that selects them, since a
 * rule for everybody would make every sidecar wait for a Secret of its own namespace. The others speak plain text.
 */
export function hasCredentials(
  rule: { readonly spec: DestinationRuleSpec; readonly workloadSelector: object | undefined },
  isSidecar: boolean,
): boolean {
  return (!isSidecar || rule.workloadSelector !== undefined) && namesCredentials(rule.spec)
}

/** Whether any TLS settings of a rule name a Secret. */
export function namesCredentials({ trafficPolicy, subsets = [] }: DestinationRuleSpec): boolean {
  return [trafficPolicy, ...subsets.map((subset) => subset.trafficPolicy)].some(policyNamesCredentials)
}

function policyNamesCredentials(policy: TrafficPolicy | undefined): boolean {
  return [policy?.tls, ...(policy?.portLevelSettings ?? []).map(({ tls }) => tls)].some((tls) =>
    Boolean(tls?.credentialName),
  )
}
