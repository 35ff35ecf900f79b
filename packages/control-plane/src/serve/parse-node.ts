import { isIP } from 'node:net'
import { type JsonObject, type Node, structToJson } from '@batten/xds'
import { controlPlaneError } from '../errors.ts'
import type { NodeType, XdsNode } from '../model/node.ts'

const NODE_TYPES: ReadonlySet<string> = new Set<NodeType>(['sidecar', 'router', 'waypoint'])
/** A pod name has 253 characters, a namespace 63. */
const MAX_ID_LENGTH = 1024
const MAX_ADDRESSES = 64

/**
 * Reads a node as the first request of a stream shows it: id `<type>~<ip>~<name>.<namespace>~<namespace>.svc.<domain>`
 * and Istio's metadata.
 *
 * @throws BattenError `XDS_BAD_NODE` that says which part is wrong
 * @see https://istio.io/latest/docs/ops/diagnostic-tools/proxy-cmd/
 */
export function parseNode(node: Node | undefined): XdsNode {
  const id = node?.id ?? ''
  if (node === undefined || id === '') throw badNode('the first request of a stream has no node id', '')
  if (id.length > MAX_ID_LENGTH) throw badNode(`the node id has ${id.length} characters`, id)
  const parts = id.split('~')
  if (parts.length !== 4) throw badNode(`it has ${parts.length} parts in place of 4`, id)
  const [type, address, name, domain] = parts as [string, string, string, string]
  if (!NODE_TYPES.has(type)) throw badNode(`"${type}" is no node type (sidecar, router or waypoint)`, id)
  const metadata = structToJson(node.metadata ?? {})
  const text = textOf(metadata)
  const namespace = text('NAMESPACE') || domain.split('.')[0]!
  if (namespace === '') throw badNode('it has no namespace', id)
  const isBatten = (node.userAgentName ?? '').startsWith('batten')
  const httpFilters = httpFiltersOf(node)
  return {
    id,
    type: type as NodeType,
    ipAddresses: addressesOf(address, text('INSTANCE_IPS'), id),
    name: workloadName(name, namespace),
    namespace,
    dnsDomain: domain,
    labels: stringRecord(metadata['LABELS']),
    serviceAccount: text('SERVICE_ACCOUNT'),
    clusterId: text('CLUSTER_ID'),
    network: text('NETWORK'),
    locality: {
      region: node.locality?.region ?? '',
      zone: node.locality?.zone ?? '',
      subZone: node.locality?.subZone ?? '',
    },
    interceptionMode: interceptionModeOf(text('INTERCEPTION_MODE')),
    httpProxyPort: portOf(metadata),
    metadata,
    capabilities: {
      userAgent: isBatten ? 'batten' : 'envoy',
      http2: !isBatten || (node.clientFeatures ?? []).includes('batten.http2'),
      istioExtensions: isTrue(metadata['ISTIO_EXTENSIONS']),
      ...(isBatten && httpFilters.length > 0 ? { httpFilters } : {}),
      ...(isBatten ? { features: featuresOf(node) } : {}),
    },
  }
}

function addressesOf(address: string, instanceIps: string, id: string): string[] {
  const listed = instanceIps
    .split(',')
    .map((ip) => ip.trim())
    .filter((ip) => isIP(ip) !== 0)
    .slice(0, MAX_ADDRESSES)
  if (listed.length > 0) return listed
  if (isIP(address) === 0) throw badNode(`"${address}" is no IP address, and INSTANCE_IPS holds none`, id)
  return [address]
}

/** `reviews-v1-abc.shop` in the namespace `shop` is `reviews-v1-abc`. */
function workloadName(name: string, namespace: string): string {
  return name.endsWith(`.${namespace}`) ? name.slice(0, -namespace.length - 1) : name
}

function interceptionModeOf(mode: string): XdsNode['interceptionMode'] {
  return mode === 'NONE' || mode === 'TPROXY' ? mode : 'REDIRECT'
}

/** `batten.mirror` of `client_features` is `mirror`. */
function featuresOf(node: Node): string[] {
  const prefix = 'batten.'
  const own = (node.clientFeatures ?? []).filter((name) => name.startsWith(prefix))
  return own.map((name) => name.slice(prefix.length)).sort()
}

/** HTTP filters that the proxy has, as Envoy lists its extensions. */
function httpFiltersOf(node: Node): string[] {
  const filters = (node.extensions ?? []).filter(({ category }) => category === 'envoy.filters.http')
  return filters.map(({ name }) => name ?? '').sort()
}

/** `HTTP_PROXY_PORT`, or `proxyHttpPort` of the node's own mesh settings. */
function portOf(metadata: JsonObject): number {
  const port = Number(metadata['HTTP_PROXY_PORT'] ?? objectOf(metadata['PROXY_CONFIG'])['proxyHttpPort'] ?? 0)
  return Number.isInteger(port) && port > 0 && port < 65_536 ? port : 0
}

function textOf(metadata: JsonObject): (key: string) => string {
  return (key) => {
    const value = metadata[key]
    return typeof value === 'string' ? value : ''
  }
}

function stringRecord(value: unknown): Record<string, string> {
  const entries = Object.entries(objectOf(value)).filter((entry) => typeof entry[1] === 'string')
  return Object.fromEntries(entries) as Record<string, string>
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {}
}

function isTrue(value: unknown): boolean {
  return value === true || value === 'true'
}

function badNode(reason: string, id: string) {
  return controlPlaneError('XDS_BAD_NODE', {
    message: `the node cannot be served: ${reason}`,
    ...(id === '' ? {} : { where: id.slice(0, 200) }),
    hint: 'a node id is <type>~<ip>~<pod>.<namespace>~<namespace>.svc.<domain>, with Istio metadata beside it',
  })
}
