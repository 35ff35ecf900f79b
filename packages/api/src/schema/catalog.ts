import * as trafficExtension from './extensions/traffic-extension.ts'
import * as wasm from './extensions/wasm.ts'
import * as wasmPlugin from './extensions/wasm-plugin.ts'
import * as gatewayApiBackendTlsPolicy from './gateway-api/backend-tls-policy.ts'
import * as gatewayApiExternalAuth from './gateway-api/external-auth.ts'
import * as gatewayApiFilters from './gateway-api/filters.ts'
import * as gatewayApiGateway from './gateway-api/gateway.ts'
import * as gatewayApiGatewayClass from './gateway-api/gateway-class.ts'
import * as gatewayApiGrpcRoute from './gateway-api/grpc-route.ts'
import * as gatewayApiHttpRoute from './gateway-api/http-route.ts'
import * as gatewayApiReferenceGrant from './gateway-api/reference-grant.ts'
import * as gatewayApiReferences from './gateway-api/references.ts'
import * as gatewayApiSessionPersistence from './gateway-api/session-persistence.ts'
import * as gatewayApiTcpRoute from './gateway-api/tcp-route.ts'
import * as gatewayApiTlsRoute from './gateway-api/tls-route.ts'
import type { KindSchema } from './kind.ts'
import * as config from './kubernetes/config.ts'
import * as endpointSlice from './kubernetes/endpoint-slice.ts'
import * as namespace from './kubernetes/namespace.ts'
import * as objectMeta from './kubernetes/object-meta.ts'
import * as pod from './kubernetes/pod.ts'
import * as service from './kubernetes/service.ts'
import * as meshExtensionProvider from './mesh/extension-provider.ts'
import * as istioOperator from './mesh/istio-operator.ts'
import * as meshConfig from './mesh/mesh-config.ts'
import * as meshNetworks from './mesh/mesh-networks.ts'
import * as meshProxyConfig from './mesh/proxy-config.ts'
import * as selector from './meta/selector.ts'
import * as status from './meta/status.ts'
import * as targetReference from './meta/target-reference.ts'
import * as destination from './networking/destination.ts'
import * as destinationRule from './networking/destination-rule.ts'
import * as envoyFilter from './networking/envoy-filter.ts'
import * as gateway from './networking/gateway.ts'
import * as httpPolicy from './networking/http-policy.ts'
import * as loadBalancer from './networking/load-balancer.ts'
import * as proxyConfig from './networking/proxy-config.ts'
import * as serverTls from './networking/server-tls.ts'
import * as serviceEntry from './networking/service-entry.ts'
import * as sidecar from './networking/sidecar.ts'
import * as stringMatch from './networking/string-match.ts'
import * as trafficPolicy from './networking/traffic-policy.ts'
import * as virtualService from './networking/virtual-service.ts'
import * as workloadEntry from './networking/workload-entry.ts'
import * as workloadGroup from './networking/workload-group.ts'
import * as authorizationPolicy from './security/authorization-policy.ts'
import * as peerAuthentication from './security/peer-authentication.ts'
import * as requestAuthentication from './security/request-authentication.ts'
import * as telemetry from './telemetry/telemetry.ts'

/** A schema module: what it exports, and the folder and file that is generated from it. */
export interface SchemaModule {
  /** Path below `schema/` and below `gen/types/`, without the ending. */
  readonly path: string
  readonly exports: Readonly<Record<string, unknown>>
}

function module(path: string, exports: Readonly<Record<string, unknown>>): SchemaModule {
  return { path, exports }
}

/** Every schema module, modules before those that use them. */
export const modules: readonly SchemaModule[] = [
  module('meta/selector', selector),
  module('meta/target-reference', targetReference),
  module('meta/status', status),
  module('networking/string-match', stringMatch),
  module('networking/destination', destination),
  module('networking/http-policy', httpPolicy),
  module('networking/virtual-service', virtualService),
  module('networking/load-balancer', loadBalancer),
  module('networking/traffic-policy', trafficPolicy),
  module('networking/destination-rule', destinationRule),
  module('networking/server-tls', serverTls),
  module('networking/gateway', gateway),
  module('networking/workload-entry', workloadEntry),
  module('networking/workload-group', workloadGroup),
  module('networking/service-entry', serviceEntry),
  module('networking/sidecar', sidecar),
  module('networking/envoy-filter', envoyFilter),
  module('networking/proxy-config', proxyConfig),
  module('security/authorization-policy', authorizationPolicy),
  module('security/request-authentication', requestAuthentication),
  module('telemetry/telemetry', telemetry),
  module('security/peer-authentication', peerAuthentication),
  module('extensions/wasm', wasm),
  module('extensions/wasm-plugin', wasmPlugin),
  module('extensions/traffic-extension', trafficExtension),
  module('kubernetes/object-meta', objectMeta),
  module('kubernetes/namespace', namespace),
  module('kubernetes/config', config),
  module('kubernetes/service', service),
  module('kubernetes/pod', pod),
  module('kubernetes/endpoint-slice', endpointSlice),
  module('mesh/extension-provider', meshExtensionProvider),
  module('mesh/proxy-config', meshProxyConfig),
  module('mesh/mesh-config', meshConfig),
  module('mesh/mesh-networks', meshNetworks),
  module('mesh/istio-operator', istioOperator),
  module('gateway-api/references', gatewayApiReferences),
  module('gateway-api/filters', gatewayApiFilters),
  module('gateway-api/external-auth', gatewayApiExternalAuth),
  module('gateway-api/session-persistence', gatewayApiSessionPersistence),
  module('gateway-api/http-route', gatewayApiHttpRoute),
  module('gateway-api/grpc-route', gatewayApiGrpcRoute),
  module('gateway-api/tcp-route', gatewayApiTcpRoute),
  module('gateway-api/tls-route', gatewayApiTlsRoute),
  module('gateway-api/reference-grant', gatewayApiReferenceGrant),
  module('gateway-api/gateway-class', gatewayApiGatewayClass),
  module('gateway-api/backend-tls-policy', gatewayApiBackendTlsPolicy),
  module('gateway-api/gateway', gatewayApiGateway),
]

/** A file that is no object of Kubernetes. */
export interface DocumentSchema {
  readonly name: string
  readonly module: string
}

/** Files that are no objects of Kubernetes. */
export const documents: readonly DocumentSchema[] = [
  { name: 'MeshConfig', module: 'mesh/mesh-config' },
  { name: 'MeshNetworks', module: 'mesh/mesh-networks' },
]

/** Whether an export of a schema module is a kind. */
export function isKind(value: unknown): value is KindSchema {
  return typeof value === 'object' && value !== null && 'plural' in value && 'parts' in value
}
