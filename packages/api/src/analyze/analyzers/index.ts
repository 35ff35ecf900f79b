import type { Analyzer } from '../analyzer.ts'
import { alphaAnnotations } from './annotation/alpha.ts'
import { annotationPlacement } from './annotation/placement.ts'
import { policyConditions } from './authorization-policy/conditions.ts'
import { policyCoverage } from './authorization-policy/coverage.ts'
import { policyWorkloads } from './authorization-policy/workloads-and-namespaces.ts'
import { applicationUid } from './deployment/application-uid.ts'
import { deploymentServices } from './deployment/services.ts'
import { caCertificates } from './destination-rule/ca-certificates.ts'
import { hostsAndSubsets } from './destination-rule/hosts-and-subsets.ts'
import { ruleMerges } from './destination-rule/merges.ts'
import { ruleMtls } from './destination-rule/mtls.ts'
import { patchOperations } from './envoy-filter/patch-operations.ts'
import { exportToNamespaces } from './export-to/namespaces.ts'
import { duplicateCertificates } from './gateway/certificates.ts'
import { clientCertificates } from './gateway/client-certificates.ts'
import { conflictingGateways } from './gateway/conflicts.ts'
import { gatewayPorts } from './gateway/ports.ts'
import { privateKeys } from './gateway/private-keys.ts'
import { gatewaySecrets } from './gateway/secrets.ts'
import { classesAndListeners } from './gateway-api/classes-and-listeners.ts'
import { routeReferences } from './gateway-api/routes.ts'
import { imageAuto } from './injection/image-auto.ts'
import { injection } from './injection/namespaces-and-pods.ts'
import { proxyImages } from './injection/proxy-images.ts'
import { crdServedVersions, crdVersions } from './kubernetes-gateway/crd-versions.ts'
import { policySelectors } from './kubernetes-gateway/policy-selectors.ts'
import { deprecatedFields } from './mesh/deprecated-fields.ts'
import { extensionProviders } from './mesh/extension-providers.ts'
import { kubernetesVersion } from './mesh/kubernetes-version.ts'
import { meshNetworks } from './mesh/networks.ts'
import { upgradeCompatibility } from './mesh/upgrade.ts'
import { duplicateObjects } from './object/duplicates.ts'
import { peerAuthenticationSelectors } from './peer-authentication/selectors.ts'
import { jwksFetching } from './request-authentication/jwks-fetching.ts'
import { schemaValidation } from './schema/validation.ts'
import { multiClusterServices } from './service/multi-cluster.ts'
import { portNames } from './service/port-names.ts'
import { targetPorts } from './service/target-ports.ts'
import { serviceEntryAddresses } from './service-entry/addresses.ts'
import { conflictingProtocols } from './service-entry/conflicting-protocols.ts'
import { serviceEntryWorkloads } from './service-entry/workloads.ts'
import { egressHosts } from './sidecar/egress-hosts.ts'
import { sidecarSelectors } from './sidecar/selectors.ts'
import { negativeConditions } from './status/negative-conditions.ts'
import { telemetryDefaults } from './telemetry/defaults.ts'
import { lightstepProviders } from './telemetry/lightstep.ts'
import { telemetryProviders } from './telemetry/providers.ts'
import { telemetrySelectors } from './telemetry/selectors.ts'
import { conflictingMeshHosts } from './virtual-service/conflicting-mesh-hosts.ts'
import { delegates } from './virtual-service/delegates.ts'
import { destinationHosts } from './virtual-service/destination-hosts.ts'
import { destinationSubsets } from './virtual-service/destination-subsets.ts'
import { gatewayHostConflicts } from './virtual-service/gateway-host-conflicts.ts'
import { gatewayReferences } from './virtual-service/gateways.ts'
import { jwtClaimRoutes } from './virtual-service/jwt-claim-routes.ts'
import { routeWeights } from './virtual-service/weights.ts'
import { externalControlPlane } from './webhook/external-control-plane.ts'
import { injectionWebhooks } from './webhook/injection-webhooks.ts'
import { workloadSelectors } from './workload/selectors.ts'
import { groupServiceAccounts } from './workload-group/service-accounts.ts'

/** Every analyzer: one file and one line here. They do not depend on each other; the order is that of the list. */
export const analyzers: readonly Analyzer[] = [
  annotationPlacement,
  alphaAnnotations,
  policyWorkloads,
  jwksFetching,
  negativeConditions,
  deploymentServices,
  applicationUid,
  deprecatedFields,
  caCertificates,
  hostsAndSubsets,
  patchOperations,
  externalControlPlane,
  duplicateCertificates,
  conflictingGateways,
  gatewayPorts,
  gatewaySecrets,
  injection,
  proxyImages,
  imageAuto,
  policySelectors,
  crdVersions,
  crdServedVersions,
  kubernetesVersion,
  upgradeCompatibility,
  meshNetworks,
  multiClusterServices,
  portNames,
  serviceEntryAddresses,
  conflictingProtocols,
  sidecarSelectors,
  telemetryDefaults,
  telemetryProviders,
  telemetrySelectors,
  lightstepProviders,
  conflictingMeshHosts,
  destinationHosts,
  destinationSubsets,
  gatewayReferences,
  jwtClaimRoutes,
  injectionWebhooks,
  ...schemaValidation,
  // Checks that Istio's analysis does not have.
  policyConditions,
  policyCoverage,
  ruleMerges,
  ruleMtls,
  exportToNamespaces,
  clientCertificates,
  privateKeys,
  classesAndListeners,
  routeReferences,
  extensionProviders,
  duplicateObjects,
  peerAuthenticationSelectors,
  targetPorts,
  serviceEntryWorkloads,
  egressHosts,
  delegates,
  gatewayHostConflicts,
  routeWeights,
  workloadSelectors,
  groupServiceAccounts,
]
