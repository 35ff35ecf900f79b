import { type LocalNode, nodeMetadata } from './node.ts'

/** How a proxy of this machine reaches its control plane. */
export interface ControlPlaneEndpoint {
  /** The port that speaks TLS: ADS and the certificate authority. */
  readonly tlsPort: number
  /** PEM file of the mesh's roots. */
  readonly rootFile: string
}

/** Name that the control plane's certificate carries. */
export const CONTROL_PLANE_NAME = 'istiod.istio-system.svc'

const ADS = { ads: {}, resourceApiVersion: 'V3' }

/**
 * An Envoy bootstrap, as Istio's injector would write it: ADS over mutual TLS with the workload's own certificate, which
 * comes from the SDS cluster `sds-grpc`.
 *
 * @param sdsSocket - the Unix socket of an agent that serves SDS; without it the proxy is its own agent
 */
export function bootstrapOf(
  node: LocalNode,
  controlPlane: ControlPlaneEndpoint,
  sdsSocket?: string,
): Record<string, unknown> {
  return {
    node: {
      id: nodeId(node),
      cluster: `${node.labels.app ?? node.name}.${node.namespace}`,
      metadata: nodeMetadata(node),
    },
    admin: { address: socketAddress('127.0.0.1', node.adminPort) },
    dynamicResources: {
      adsConfig: {
        apiType: 'DELTA_GRPC',
        transportApiVersion: 'V3',
        setNodeOnFirstMessageOnly: true,
        grpcServices: [{ envoyGrpc: { clusterName: 'xds-grpc' } }],
      },
      ldsConfig: { ...ADS, initialFetchTimeout: '0s' },
      cdsConfig: { ...ADS, initialFetchTimeout: '0s' },
    },
    staticResources: {
      clusters: [
        {
          ...grpcCluster('xds-grpc', socketAddress('127.0.0.1', controlPlane.tlsPort)),
          transportSocket: {
            name: 'envoy.transport_sockets.tls',
            typedConfig: {
              '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext',
              sni: CONTROL_PLANE_NAME,
              commonTlsContext: {
                alpnProtocols: ['h2'],
                tlsCertificateSdsSecretConfigs: [{ name: 'default', sdsConfig: SDS }],
                validationContext: {
                  trustedCa: { filename: controlPlane.rootFile },
                  matchTypedSubjectAltNames: [{ sanType: 'DNS', matcher: { exact: CONTROL_PLANE_NAME } }],
                },
              },
            },
          },
        },
        ...(sdsSocket === undefined ? [] : [grpcCluster('sds-grpc', { pipe: { path: sdsSocket } })]),
      ],
    },
  }
}

/** Istio's node id: `<type>~<ip>~<pod>.<namespace>~<namespace>.svc.<domain>`. */
export function nodeId(node: LocalNode): string {
  return `${node.type}~127.0.0.1~${node.name}.${node.namespace}~${node.namespace}.svc.cluster.local`
}

const SDS = {
  apiConfigSource: {
    apiType: 'GRPC',
    transportApiVersion: 'V3',
    setNodeOnFirstMessageOnly: true,
    grpcServices: [{ envoyGrpc: { clusterName: 'sds-grpc' } }],
  },
  initialFetchTimeout: '0s',
  resourceApiVersion: 'V3',
}

function socketAddress(address: string, portValue: number) {
  return { socketAddress: { address, portValue } }
}

function grpcCluster(name: string, address: object) {
  return {
    name,
    type: 'STATIC',
    connectTimeout: '1s',
    typedExtensionProtocolOptions: {
      'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
        '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
        explicitHttpConfig: { http2ProtocolOptions: {} },
      },
    },
    loadAssignment: { clusterName: name, endpoints: [{ lbEndpoints: [{ endpoint: { address } }] }] },
  }
}
