import type { Analyzer } from '../analyzer.ts'
import { conflictingMeshHosts } from './virtual-service/conflicting-mesh-hosts.ts'
import { destinationHosts } from './virtual-service/destination-hosts.ts'
import { destinationSubsets } from './virtual-service/destination-subsets.ts'
import { gatewayReferences } from './virtual-service/gateways.ts'
import { jwtClaimRoutes } from './virtual-service/jwt-claim-routes.ts'

/** Every analyzer: one file and one line here. */
export const analyzers: readonly Analyzer[] = [
  conflictingMeshHosts,
  destinationHosts,
  destinationSubsets,
  gatewayReferences,
  jwtClaimRoutes,
]
