import * as builders from '../groups/builders.ts'
import * as gatewayApi from '../groups/gateway-api.ts'
import type { KubernetesObject } from '../k8s.ts'

/** A plain constructor that can write an object. */
export interface ObjectBuilder {
  readonly name: string
  /** Module that exports it. */
  readonly from: string
  readonly build: (options: never) => KubernetesObject
  /** Version that the constructor writes. */
  readonly apiVersion: string
}

const ISTIO = {
  AuthorizationPolicy: builders.authorizationPolicy,
  DestinationRule: builders.destinationRule,
  EnvoyFilter: builders.envoyFilter,
  Gateway: builders.gateway,
  PeerAuthentication: builders.peerAuthentication,
  ProxyConfig: builders.proxyConfig,
  RequestAuthentication: builders.requestAuthentication,
  ServiceEntry: builders.serviceEntry,
  Sidecar: builders.sidecar,
  Telemetry: builders.telemetry,
  TrafficExtension: builders.trafficExtension,
  VirtualService: builders.virtualService,
  WasmPlugin: builders.wasmPlugin,
  WorkloadEntry: builders.workloadEntry,
  WorkloadGroup: builders.workloadGroup,
}

const GATEWAY_API = {
  BackendTLSPolicy: gatewayApi.backendTlsPolicy,
  Gateway: gatewayApi.gateway,
  GatewayClass: gatewayApi.gatewayClass,
  GRPCRoute: gatewayApi.grpcRoute,
  HTTPRoute: gatewayApi.httpRoute,
  ReferenceGrant: gatewayApi.referenceGrant,
  TCPRoute: gatewayApi.tcpRoute,
  TLSRoute: gatewayApi.tlsRoute,
}

const CORE = {
  Namespace: builders.namespace,
  Pod: builders.pod,
  Service: builders.service,
  ServiceAccount: builders.serviceAccount,
  ConfigMap: builders.configMap,
}

/** The constructor of a kind, if there is one that takes metadata and the fields of the spec. */
export function builderOf(group: string, kind: string): ObjectBuilder | undefined {
  const [table, from] =
    group === ''
      ? [CORE, '@batten/api']
      : group === 'gateway.networking.k8s.io'
        ? [GATEWAY_API, '@batten/api/gateway-api']
        : group.endsWith('.istio.io')
          ? [ISTIO, '@batten/api']
          : [{}, '']
  if (!Object.hasOwn(table, kind)) return undefined
  const build = (table as Readonly<Record<string, ObjectBuilder['build']>>)[kind]!
  return { name: build.name, from, build, apiVersion: build({ name: 'x' } as never).apiVersion }
}
