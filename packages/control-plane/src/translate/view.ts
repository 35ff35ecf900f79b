import { TYPE_URLS } from '@batten/xds'
import { isEqual, isSameMap } from '../model/equal.ts'
import { defineQuery, type Reader } from '../model/incremental.ts'
import type { XdsNode } from '../model/node.ts'
import { mtlsOf } from '../model/peer-authentication.ts'
import type { Resource, ResourceView } from '../model/resource.ts'
import { sidecarFor } from '../model/scope.ts'
import type { MeshSnapshot } from '../model/snapshot.ts'
import {
  type ClientClass,
  classKey,
  clientLabelNames,
  type GatewayClass,
  type InboundClass,
  type ListenerClass,
} from './node-class.ts'
import { inboundClusters } from './resources/cluster-inbound.ts'
import { gatewaysFor } from './resources/gateway-servers.ts'
import { inboundTargets } from './resources/inbound-ports.ts'
import { gatewayListeners } from './resources/listener-gateway.ts'
import { inboundListeners } from './resources/listener-inbound.ts'
import { outboundListeners } from './resources/listener-outbound.ts'
import { outboundClusters, outboundEndpoints } from './resources/outbound-clusters.ts'
import { gatewayRoutes } from './resources/route-gateway.ts'
import { clientSecrets, gatewaySecrets } from './resources/secret.ts'
import { sidecarRoutes } from './resources/sidecar-routes.ts'
import { extensionConfigs, pluginsFor } from './resources/wasm-plugins.ts'

/** What translation reads of a node. Everything else (its id, addresses of other pods) makes no difference. */
export type NodeFacts = Pick<
  XdsNode,
  'type' | 'name' | 'namespace' | 'labels' | 'interceptionMode' | 'httpProxyPort' | 'capabilities'
> & { readonly address: string; readonly bindAddress: string }

type Resources = ReadonlyMap<string, Resource>

const NOTHING: Resources = new Map()

/** Keys of the classes that a node belongs to. */
interface NodeClasses {
  readonly client: string
  /** Listeners of a sidecar's outbound side. */
  readonly listener: string
  readonly inbound: string
  readonly gateway: string
  readonly plugins: string
  readonly capabilities: string
  readonly hasHttpProxy: string
}

/** Everything that a node is served. */
export const nodeView = defineQuery<MeshSnapshot, ResourceView>('node-view', (read, factsJson) => {
  const facts = JSON.parse(factsJson!) as NodeFacts
  const classes = read.query(nodeClasses, factsJson!)
  return facts.type === 'sidecar'
    ? read.query(
        sidecarView,
        classes.client,
        classes.listener,
        classes.inbound,
        classes.plugins,
        classes.capabilities,
        classes.hasHttpProxy,
      )
    : read.query(gatewayView, classes.client, classes.gateway, classes.plugins, classes.capabilities)
})

const sidecarView = defineQuery<MeshSnapshot, ResourceView>(
  'sidecar-view',
  (read, client, listener, inbound, plugins, capabilities, hasHttpProxy) =>
    viewOf({
      [TYPE_URLS.CDS]: read.query(sidecarClusters, client!, inbound!),
      [TYPE_URLS.EDS]: read.query(outboundEndpoints, client!),
      [TYPE_URLS.LDS]: read.query(sidecarListeners, listener!, client!, inbound!),
      [TYPE_URLS.RDS]: read.query(sidecarRoutes, client!, hasHttpProxy!),
      [TYPE_URLS.SDS]: read.query(clientSecrets, client!),
      [TYPE_URLS.ECDS]: read.query(extensionConfigs, plugins!, capabilities!),
    }),
  isSameView,
)

const sidecarClusters = defineQuery<MeshSnapshot, Resources>(
  'sidecar-clusters',
  (read, client, inbound) =>
    join(read.query(outboundClusters, client!), read.query(inboundClusters, inbound!)),
  isSameMap,
)

const sidecarListeners = defineQuery<MeshSnapshot, Resources>(
  'sidecar-listeners',
  (read, listener, client, inbound) =>
    join(read.query(outboundListeners, listener!, client!), read.query(inboundListeners, inbound!)),
  isSameMap,
)

const gatewayView = defineQuery<MeshSnapshot, ResourceView>(
  'gateway-view',
  (read, client, gateway, plugins, capabilities) =>
    viewOf({
      [TYPE_URLS.CDS]: read.query(outboundClusters, client!),
      [TYPE_URLS.EDS]: read.query(outboundEndpoints, client!),
      [TYPE_URLS.LDS]: read.query(gatewayListeners, gateway!, client!),
      [TYPE_URLS.RDS]: read.query(gatewayRoutes, gateway!, client!),
      [TYPE_URLS.SDS]: join(read.query(gatewaySecrets, gateway!), read.query(clientSecrets, client!)),
      [TYPE_URLS.ECDS]: read.query(extensionConfigs, plugins!, capabilities!),
    }),
  isSameView,
)

/** Resolves what of the mesh's configuration concerns a node, and puts it into classes by value. */
const nodeClasses = defineQuery<MeshSnapshot, NodeClasses>(
  'node-classes',
  (read, factsJson) => {
    const node = JSON.parse(factsJson!) as NodeFacts
    const labels = JSON.stringify(node.labels)
    const client = clientClass(read, node, labels)
    const plugins = read.query(pluginsFor, node.namespace, labels, node.type)
    const listener: ListenerClass = {
      ...client,
      httpProxyPort: node.httpProxyPort,
      bindAddress: node.bindAddress,
      address: node.address,
      plugins,
    }
    return {
      client: classKey(client),
      listener: classKey(listener),
      inbound: node.type === 'sidecar' ? classKey(inboundClass(read, node, labels, plugins)) : '',
      gateway: node.type === 'sidecar' ? '' : classKey(gatewayClass(read, node, labels, plugins)),
      plugins: JSON.stringify(plugins),
      capabilities: JSON.stringify(node.capabilities),
      hasHttpProxy: String(node.httpProxyPort !== 0),
    }
  },
  isEqual,
)

function clientClass(read: Reader<MeshSnapshot>, node: NodeFacts, labels: string): ClientClass {
  const mesh = read.field('mesh')
  const names = read.query(clientLabelNames)
  const sidecar = node.type === 'sidecar' ? read.query(sidecarFor, node.namespace, labels)?.spec : undefined
  return {
    type: node.type,
    namespace: node.namespace,
    domainSuffix: mesh.domainSuffix,
    labels: Object.fromEntries(
      names.flatMap((name) => (name in node.labels ? [[name, node.labels[name]!]] : [])),
    ),
    interceptionMode: node.type === 'sidecar' ? node.interceptionMode : 'NONE',
    capabilities: node.capabilities,
    egress: sidecar?.egress ?? [],
    /** @translates Sidecar spec.outboundTrafficPolicy.mode -> VirtualHost allow_any or block_all */
    outboundMode:
      sidecar?.outboundTrafficPolicy === undefined
        ? mesh.outboundTrafficPolicy
        : // A policy that names no mode has the first one.
          (sidecar.outboundTrafficPolicy.mode ?? 'REGISTRY_ONLY'),
  }
}

function inboundClass(
  read: Reader<MeshSnapshot>,
  node: NodeFacts,
  labels: string,
  plugins: readonly string[],
): InboundClass {
  const sidecar = read.query(sidecarFor, node.namespace, labels)?.spec
  return {
    namespace: node.namespace,
    interceptionMode: node.interceptionMode,
    capabilities: node.capabilities,
    address: node.address,
    ingress: sidecar?.ingress ?? [],
    targets: read.query(inboundTargets, node.namespace, workloadKey(read, node), labels),
    mtls: read.query(mtlsOf, node.namespace, labels),
    plugins,
    connectionPool: sidecar?.inboundConnectionPool,
  }
}

function gatewayClass(
  read: Reader<MeshSnapshot>,
  node: NodeFacts,
  labels: string,
  plugins: readonly string[],
): GatewayClass {
  const targets = read.query(inboundTargets, node.namespace, workloadKey(read, node), labels)
  return {
    namespace: node.namespace,
    capabilities: node.capabilities,
    bindAddress: node.bindAddress,
    gateways: read.query(gatewaysFor, labels).map(({ title }) => title),
    ports: targets.map(({ servicePort, port }) => ({ servicePort, port })),
    plugins,
  }
}

/** The workload that a node runs beside: by its name, else by an address that only one workload of the namespace has. */
function workloadKey(read: Reader<MeshSnapshot>, node: NodeFacts): string {
  const key = `${node.namespace}/${node.name}`
  if (read.entry('workloads', key) !== undefined) return key
  const candidates = (read.entry('workloadsByAddress', node.address) ?? []).filter(
    ({ namespace }) => namespace === node.namespace,
  )
  return candidates.length === 1 ? candidates[0]!.key : key
}

const MAPS = new WeakMap<ResourceView, ReadonlyMap<string, Resources>>()

function viewOf(byType: Readonly<Record<string, Resources>>): ResourceView {
  const maps = new Map(Object.entries(byType))
  const view: ResourceView = { resources: (typeUrl) => maps.get(typeUrl) ?? NOTHING }
  MAPS.set(view, maps)
  return view
}

function isSameView(a: ResourceView, b: ResourceView): boolean {
  const before = MAPS.get(a)!
  const after = MAPS.get(b)!
  for (const [typeUrl, resources] of after)
    if (!isSameMap(before.get(typeUrl) ?? NOTHING, resources)) return false
  return true
}

/** One map of two that have nothing, or the same, under one name; one of them itself when the other is empty. */
function join(a: Resources, b: Resources): Resources {
  if (b.size === 0) return a
  if (a.size === 0) return b
  return new Map([...a, ...b])
}
