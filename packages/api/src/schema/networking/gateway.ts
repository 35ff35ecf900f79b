import { defineKind } from '../kind.ts'
import { IstioStatus } from '../meta/status.ts'
import { field, list, message, text, textMap, texts, uint32 } from '../node.ts'
import { ServerTLSSettings } from './server-tls.ts'

/** A port of a server. */
export const Port = message(
  'Port',
  'A port that a gateway listens on.',
  {
    number: uint32('Number of the port.', { example: '443' }),
    protocol: text('HTTP, HTTPS, HTTP2, HTTP3, GRPC, GRPC-WEB, MONGO, TCP or TLS.', { example: 'HTTPS' }),
    name: text('Name of the port, unique in the gateway.', { example: 'https' }),
    targetPort: uint32('Port of the pod.', { deprecated: 'has no effect' }),
  },
  { required: ['number', 'protocol', 'name'], example: 'number: 80\nname: http\nprotocol: HTTP' },
)

/** A server of a gateway. */
export const Server = message(
  'Server',
  'A port of a gateway, the hosts it serves and its TLS.',
  {
    port: field(Port, 'The port.'),
    bind: text('Address or Unix socket to listen on.', { defaults: 'all addresses' }),
    hosts: texts('Hosts that are served: `name`, `*.name`, `*`, each also with `namespace/` before it.', {
      example: '[bookinfo.example.com]',
    }),
    tls: field(ServerTLSSettings, 'TLS. Needed for HTTPS and TLS ports.'),
    defaultEndpoint: text('Not used.', { deprecated: 'has no effect' }),
    name: text('Name of the server, unique in the gateway.'),
  },
  {
    required: ['port', 'hosts'],
    example: 'port: { number: 80, name: http, protocol: HTTP }\nhosts: [bookinfo.example.com]',
  },
)

/** What a Gateway says. */
export const GatewaySpec = message(
  'GatewaySpec',
  'Ports and hosts of a gateway proxy at the edge of the mesh.',
  {
    servers: list(Server, 'Servers of the gateway.'),
    selector: textMap('Labels of the gateway pods, in any namespace.', {
      example: '{ istio: ingressgateway }',
    }),
  },
  { anchor: 'Gateway' },
)

/** The kind. */
export const Gateway = defineKind({
  kind: 'Gateway',
  group: 'networking.istio.io',
  versions: ['v1', 'v1alpha3', 'v1beta1'],
  plural: 'gateways',
  shortNames: ['gw'],
  scope: 'Namespaced',
  origin: 'istio',
  description:
    'Ports, hosts and TLS of proxies at the edge of the mesh. Routes come from VirtualServices that name it.',
  docs: 'https://istio.io/latest/docs/reference/config/networking/gateway/',
  parts: { spec: field(GatewaySpec, 'Ports and hosts of a gateway proxy.'), status: IstioStatus },
  example: `apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: bookinfo }
spec:
  selector: { istio: ingressgateway }
  servers:
  - port: { number: 80, name: http, protocol: HTTP }
    hosts: ["*"]`,
})
