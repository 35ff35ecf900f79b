import { isSameList } from '../../model/equal.ts'
import { defineQuery } from '../../model/incremental.ts'
import type { MeshSnapshot } from '../../model/snapshot.ts'

/** SPIFFE ID of a service account. */
export function spiffeId(trustDomain: string, namespace: string, serviceAccount: string): string {
  return `spiffe://${trustDomain}/ns/${namespace}/sa/${serviceAccount}`
}

/** SPIFFE IDs of the workloads behind a service, sorted: which server may answer for it. */
export const serviceIdentities = defineQuery<MeshSnapshot, readonly string[]>(
  'service-identities',
  (read, serviceKey) => {
    const { trustDomain, trustDomainAliases } = read.field('mesh')
    const ids = new Set<string>()
    for (const { serviceAccount, namespace } of read.entry('endpoints', serviceKey!) ?? []) {
      if (serviceAccount === '') continue
      if (serviceAccount.startsWith('spiffe://')) ids.add(serviceAccount)
      else
        for (const domain of [trustDomain, ...trustDomainAliases])
          ids.add(spiffeId(domain, namespace, serviceAccount))
    }
    return [...ids].sort()
  },
  isSameList,
)
