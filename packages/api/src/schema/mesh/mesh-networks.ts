import { field, list, map, message, text, uint32 } from '../node.ts'

/** Endpoints of a network. */
export const NetworkEndpoints = message(
  'NetworkEndpoints',
  'Endpoints of a network.',
  {
    fromCidr: text('Addresses, as a CIDR.', { example: '192.168.0.0/16' }),
    fromRegistry: text('Name of a cluster, all of whose endpoints count.', { example: 'cluster1' }),
  },
  { oneOfs: [{ name: 'NetworkEndpointsKind', fields: ['fromCidr', 'fromRegistry'], mustBeSet: true }] },
)

/** A gateway of a network. */
export const IstioNetworkGateway = message(
  'IstioNetworkGateway',
  'A gateway into a network.',
  {
    registryServiceName: text('Service of the gateway.'),
    address: text('Address of the gateway.'),
    port: uint32('Port of the gateway.', { example: '15443' }),
    locality: text('Locality of the gateway.'),
  },
  {
    required: ['port'],
    oneOfs: [
      { name: 'IstioNetworkGatewayKind', fields: ['registryServiceName', 'address'], mustBeSet: true },
    ],
  },
)

/** A network. */
export const Network = message('Network', 'A network: endpoints that reach each other.', {
  endpoints: list(NetworkEndpoints, 'Endpoints of the network.'),
  gateways: list(IstioNetworkGateway, 'Gateways into the network.'),
})

/** The networks of a mesh. */
export const MeshNetworks = message(
  'MeshNetworks',
  'The networks of the mesh.',
  { networks: map(field(Network, 'A network.'), 'Networks by name.') },
  {
    example:
      'networks:\n  east:\n    endpoints: [{ fromRegistry: cluster1 }]\n    gateways: [{ address: 1.1.1.1, port: 15443 }]',
  },
)
