import { defineKind } from '../kind.ts'
import { WorkloadSelector } from '../meta/selector.ts'
import { IstioStatus } from '../meta/status.ts'
import { PolicyTargetReference } from '../meta/target-reference.ts'
import { choice, field, freeForm, int32, list, message, text, textMap, uint32 } from '../node.ts'
import { PORT_RULE } from './workload-entry.ts'

/** What is patched. */
export const EnvoyFilterApplyTo = choice(
  'EnvoyFilterApplyTo',
  'Which part of the configuration of Envoy is patched.',
  {
    INVALID: 'Not allowed.',
    LISTENER: 'A listener.',
    FILTER_CHAIN: 'A filter chain of a listener.',
    NETWORK_FILTER: 'A network filter of a filter chain.',
    HTTP_FILTER: 'An HTTP filter of a connection manager.',
    ROUTE_CONFIGURATION: 'A route configuration.',
    VIRTUAL_HOST: 'A virtual host of a route configuration.',
    HTTP_ROUTE: 'A route of a virtual host.',
    CLUSTER: 'A cluster.',
    EXTENSION_CONFIG: 'An extension configuration that is fetched on its own.',
    BOOTSTRAP: 'The bootstrap. Takes effect when the proxy starts.',
    LISTENER_FILTER: 'A listener filter.',
  },
)

/** Which proxies and listeners are patched. */
export const EnvoyFilterPatchContext = choice(
  'EnvoyFilterPatchContext',
  'Which side of which proxies is patched.',
  {
    ANY: 'All listeners of sidecars and gateways.',
    SIDECAR_INBOUND: 'Traffic to the workload of a sidecar.',
    SIDECAR_OUTBOUND: 'Traffic from the workload of a sidecar.',
    GATEWAY: 'Gateways.',
    WAYPOINT: 'Waypoints.',
  },
)

/** How a patch is applied. */
export const EnvoyFilterOperation = choice('EnvoyFilterOperation', 'How a patch is applied.', {
  INVALID: 'Not allowed.',
  MERGE: 'The value is merged into what matches.',
  ADD: 'The value is added to the list.',
  REMOVE: 'What matches is removed.',
  INSERT_BEFORE: 'The value is put before what matches.',
  INSERT_AFTER: 'The value is put after what matches.',
  INSERT_FIRST: 'The value is put at the beginning of the list.',
  REPLACE: 'The value takes the place of what matches.',
  MERGE_AND_REPLACE_LIST: 'As MERGE, but lists are replaced.',
})

/** Where an added filter belongs. */
export const EnvoyFilterClass = choice('EnvoyFilterClass', 'Where an added filter belongs in the chain.', {
  UNSPECIFIED: 'Where the operation says.',
  AUTHN: 'After those of Istio that check identities.',
  AUTHZ: 'After those of Istio that check permissions.',
  STATS: 'Before those of Istio that count.',
})

/** Which routes of a virtual host match, by what they do. */
export const EnvoyFilterRouteAction = choice('EnvoyFilterRouteAction', 'What a route does.', {
  ANY: 'Anything.',
  ROUTE: 'Forwards.',
  REDIRECT: 'Redirects.',
  DIRECT_RESPONSE: 'Answers by itself.',
})

/** Proxies by their metadata. */
export const EnvoyFilterProxyMatch = message(
  'EnvoyFilterProxyMatch',
  'Chooses proxies.',
  {
    proxyVersion: text('Regular expression for the version of the proxy.', { example: '^1\\.27.*' }),
    metadata: textMap('Node metadata that the proxy must have.'),
  },
  { anchor: 'EnvoyFilter-ProxyMatch' },
)

/** A filter in a filter. */
export const EnvoyFilterSubFilterMatch = message(
  'EnvoyFilterSubFilterMatch',
  'Chooses an HTTP filter of a connection manager.',
  { name: text('Name of the filter.') },
  { anchor: 'EnvoyFilter-ListenerMatch-SubFilterMatch' },
)

/** A filter of a chain. */
export const EnvoyFilterFilterMatch = message(
  'EnvoyFilterFilterMatch',
  'Chooses a network filter.',
  {
    name: text('Name of the filter.', { example: 'envoy.filters.network.http_connection_manager' }),
    subFilter: field(EnvoyFilterSubFilterMatch, 'Chooses an HTTP filter in it.'),
  },
  { anchor: 'EnvoyFilter-ListenerMatch-FilterMatch' },
)

/** A filter chain. */
export const EnvoyFilterFilterChainMatch = message(
  'EnvoyFilterFilterChainMatch',
  'Chooses filter chains. All that is set must hold.',
  {
    name: text('Name of the chain.'),
    sni: text('A server name that the chain is for.'),
    transportProtocol: text('`raw_buffer` or `tls`.'),
    applicationProtocols: text('ALPN names that the chain is for, with commas between.'),
    filter: field(EnvoyFilterFilterMatch, 'A filter of the chain.'),
    destinationPort: uint32('Port that the chain is for.'),
    transportSocket: text('Name of the transport socket of the chain.', { since: '1.31' }),
  },
  { anchor: 'EnvoyFilter-ListenerMatch-FilterChainMatch' },
)

/** A listener. */
export const EnvoyFilterListenerMatch = message(
  'EnvoyFilterListenerMatch',
  'Chooses listeners. All that is set must hold.',
  {
    portNumber: uint32('Port of the listener, or of the service.'),
    portName: text('Name of the port of the service.'),
    filterChain: field(EnvoyFilterFilterChainMatch, 'Filter chains of the listener.'),
    listenerFilter: text('Name of a listener filter.'),
    name: text('Name of the listener.'),
  },
  { anchor: 'EnvoyFilter-ListenerMatch' },
)

/** A route. */
export const EnvoyFilterRouteMatch = message(
  'EnvoyFilterRouteMatch',
  'Chooses routes of a virtual host.',
  {
    name: text('Name of the route.'),
    action: field(EnvoyFilterRouteAction, 'What the route does.', { defaults: 'ANY' }),
  },
  { anchor: 'EnvoyFilter-RouteConfigurationMatch-RouteMatch' },
)

/** A virtual host. */
export const EnvoyFilterVirtualHostMatch = message(
  'EnvoyFilterVirtualHostMatch',
  'Chooses virtual hosts.',
  {
    name: text('Name of the virtual host: `host:port`.'),
    route: field(EnvoyFilterRouteMatch, 'Routes of the virtual host.'),
    domainName: text('A domain of the virtual host.'),
  },
  { anchor: 'EnvoyFilter-RouteConfigurationMatch-VirtualHostMatch' },
)

/** A route configuration. */
export const EnvoyFilterRouteConfigurationMatch = message(
  'EnvoyFilterRouteConfigurationMatch',
  'Chooses route configurations. All that is set must hold.',
  {
    portNumber: uint32('Port of the service, or of the gateway server.'),
    portName: text('Name of the port of a gateway server.'),
    gateway: text('Gateway as `namespace/name`. For the context GATEWAY.'),
    vhost: field(EnvoyFilterVirtualHostMatch, 'Virtual hosts of the configuration.'),
    name: text('Name of the route configuration.'),
  },
  { anchor: 'EnvoyFilter-RouteConfigurationMatch' },
)

/** A cluster. */
export const EnvoyFilterClusterMatch = message(
  'EnvoyFilterClusterMatch',
  'Chooses clusters. All that is set must hold.',
  {
    portNumber: uint32('Port of the service.'),
    service: text('Full name of the service.'),
    subset: text('Subset of the service.'),
    name: text('Name of the cluster.'),
  },
  { anchor: 'EnvoyFilter-ClusterMatch' },
)

/** A route of a waypoint. */
export const EnvoyFilterWaypointRouteMatch = message(
  'EnvoyFilterWaypointRouteMatch',
  'Chooses routes of a waypoint.',
  { name: text('Name of the route.') },
  { anchor: 'EnvoyFilter-WaypointMatch-RouteMatch' },
)

/** Part of a waypoint. */
export const EnvoyFilterWaypointMatch = message(
  'EnvoyFilterWaypointMatch',
  'Chooses parts of a waypoint. For the context WAYPOINT.',
  {
    portNumber: uint32('Port of the service.', { rules: [PORT_RULE] }),
    filter: field(EnvoyFilterFilterMatch, 'A filter.'),
    route: field(EnvoyFilterWaypointRouteMatch, 'Routes.'),
  },
  { since: '1.29', anchor: 'EnvoyFilter-WaypointMatch' },
)

/** What a patch is for. */
export const EnvoyConfigObjectMatch = message(
  'EnvoyConfigObjectMatch',
  'Chooses what is patched. All that is set must hold.',
  {
    context: field(EnvoyFilterPatchContext, 'Which side of which proxies.', { defaults: 'ANY' }),
    proxy: field(EnvoyFilterProxyMatch, 'Which proxies.'),
    listener: field(EnvoyFilterListenerMatch, 'Which listeners.'),
    routeConfiguration: field(EnvoyFilterRouteConfigurationMatch, 'Which route configurations.'),
    cluster: field(EnvoyFilterClusterMatch, 'Which clusters.'),
    waypoint: field(EnvoyFilterWaypointMatch, 'Which parts of a waypoint.'),
  },
  {
    oneOfs: [
      { name: 'EnvoyConfigObjectTypes', fields: ['listener', 'routeConfiguration', 'cluster', 'waypoint'] },
    ],
    rules: [
      {
        rule: 'has(self.context) ? ((self.context == "WAYPOINT") ? has(self.waypoint) : !has(self.waypoint)) : !has(self.waypoint)',
        message: 'only support waypointMatch when context is WAYPOINT',
      },
    ],
    anchor: 'EnvoyFilter-EnvoyConfigObjectMatch',
  },
)

/** A change. */
export const EnvoyFilterPatch = message(
  'EnvoyFilterPatch',
  'The change itself.',
  {
    operation: field(EnvoyFilterOperation, 'How the change is applied.'),
    value: freeForm('Configuration of Envoy as JSON.'),
    filterClass: field(EnvoyFilterClass, 'Where an added filter belongs.', { defaults: 'UNSPECIFIED' }),
  },
  { anchor: 'EnvoyFilter-Patch' },
)

/** A change and what it is for. */
export const EnvoyConfigObjectPatch = message(
  'EnvoyConfigObjectPatch',
  'A change to the configuration of Envoy.',
  {
    applyTo: field(EnvoyFilterApplyTo, 'Which part of the configuration is changed.'),
    match: field(EnvoyConfigObjectMatch, 'Which of these parts.', { defaults: 'all' }),
    patch: field(EnvoyFilterPatch, 'The change.'),
  },
  { anchor: 'EnvoyFilter-EnvoyConfigObjectPatch' },
)

/** What an EnvoyFilter says. */
export const EnvoyFilterSpec = message(
  'EnvoyFilterSpec',
  'Changes to the configuration of Envoy that the control plane generates.',
  {
    workloadSelector: field(WorkloadSelector, 'Workloads it is for.', {
      defaults: 'all of the namespace; in the root namespace, all of the mesh',
    }),
    targetRefs: list(PolicyTargetReference, 'What it is attached to. Not together with `workloadSelector`.', {
      maxItems: 16,
    }),
    configPatches: list(EnvoyConfigObjectPatch, 'The changes, in order.'),
    priority: int32('Order among EnvoyFilters: lower comes first, negative before the default.', {
      defaults: '0',
    }),
  },
  {
    anchor: 'EnvoyFilter',
    rules: [
      {
        rule: '(has(self.workloadSelector) ? 1 : 0) + (has(self.targetRefs) ? 1 : 0) <= 1',
        message: 'only one of targetRefs or workloadSelector can be set',
      },
    ],
  },
)

/** The kind. */
export const EnvoyFilter = defineKind({
  kind: 'EnvoyFilter',
  group: 'networking.istio.io',
  versions: ['v1alpha3'],
  plural: 'envoyfilters',
  scope: 'Namespaced',
  origin: 'istio',
  description:
    'Changes the configuration of Envoy that the control plane generates. Depends on its internals.',
  docs: 'https://istio.io/latest/docs/reference/config/networking/envoy-filter/',
  parts: { spec: field(EnvoyFilterSpec, 'Changes to the configuration of Envoy.'), status: IstioStatus },
  example: `apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: { name: idle-timeout }
spec:
  configPatches:
  - applyTo: NETWORK_FILTER
    match:
      listener:
        filterChain:
          filter: { name: envoy.filters.network.http_connection_manager }
    patch:
      operation: MERGE
      value:
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          common_http_protocol_options: { idle_timeout: 30s }`,
})
