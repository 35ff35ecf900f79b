import type { FilterSetup } from './filter-host.ts'

const TYPE = 'type.googleapis.com/'

/** An Envoy bootstrap with one listener a filter, `authz` and `upstream` at one port, and `dead` where nobody listens. */
export function bootstrap(filters: readonly FilterSetup[], upstreamPort: number) {
  return {
    admin: { address: loopback(0) },
    static_resources: {
      listeners: filters.map(listener),
      clusters: [cluster('upstream', upstreamPort), cluster('authz', upstreamPort), cluster('dead', 1)],
    },
  }
}

function listener(filter: FilterSetup) {
  const manager = {
    '@type': `${TYPE}envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: filter.name,
    route_config: {
      virtual_hosts: [
        { name: 'all', domains: ['*'], routes: [{ match: { prefix: '/' }, route: { cluster: 'upstream' } }] },
      ],
    },
    http_filters: [
      { name: filter.name, typed_config: wasmConfig(filter) },
      { name: 'router', typed_config: { '@type': `${TYPE}envoy.extensions.filters.http.router.v3.Router` } },
    ],
  }
  return {
    name: filter.name,
    address: loopback(0),
    filter_chains: [{ filters: [{ name: 'http', typed_config: manager }] }],
  }
}

/** The configuration of a Wasm filter as a control plane sends it. */
function wasmConfig(filter: FilterSetup) {
  return {
    '@type': `${TYPE}envoy.extensions.filters.http.wasm.v3.Wasm`,
    config: {
      name: filter.name,
      root_id: filter.rootId ?? '',
      configuration: { '@type': `${TYPE}google.protobuf.StringValue`, value: filter.configuration ?? '' },
      vm_config: {
        runtime: 'envoy.wasm.runtime.v8',
        code: { local: { inline_bytes: Buffer.from(filter.wasm).toString('base64') } },
      },
    },
  }
}

function cluster(name: string, port: number) {
  return {
    name,
    type: 'STATIC',
    load_assignment: {
      cluster_name: name,
      endpoints: [{ lb_endpoints: [{ endpoint: { address: loopback(port) } }] }],
    },
  }
}

function loopback(port: number) {
  return { socket_address: { address: '127.0.0.1', port_value: port } }
}
