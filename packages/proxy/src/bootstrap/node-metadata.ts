import { createRequire } from 'node:module'
import { type Node, structToJson } from '@batten/xds'

/** What this proxy calls itself in `user_agent_name`: control planes decide by it what to send. */
export const USER_AGENT = 'batten'

/** What an extension of this proxy is called and which configuration it takes. */
export interface NodeExtension {
  readonly name: string
  readonly category: string
  readonly typeUrls: readonly string[]
}

/** What a control plane may send to this proxy that an older one refuses; see `proxy-features.ts` of the control plane. */
const CLIENT_FEATURES: readonly string[] = ['batten.system-roots', 'batten.tcp-keepalive']

/** Version of this package. */
export function proxyVersion(): string {
  const { version } = createRequire(import.meta.url)('../../package.json') as { version: string }
  return version
}

/**
 * The `Node` of the first request of every stream: what the bootstrap says, and what this proxy is and has.
 *
 * @see https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/core/v3/base.proto#config-core-v3-node
 */
export function describeNode(node: Node, extensions: readonly NodeExtension[]): Node {
  const [majorNumber = 0, minorNumber = 0, patch = 0] = proxyVersion()
    .split(/[.-]/)
    .map((part) => Number(part) || 0)
  return {
    ...node,
    userAgentName: USER_AGENT,
    userAgentBuildVersion: { version: { majorNumber, minorNumber, patch } },
    extensions: extensions.map((extension) => ({ ...extension, typeUrls: [...extension.typeUrls] })),
    clientFeatures: [...CLIENT_FEATURES],
  }
}

/** What filters see of the node. */
export function nodeForFilters(node: Node): {
  readonly id: string
  readonly cluster: string
  readonly metadata: Readonly<Record<string, unknown>>
} {
  return Object.freeze({
    id: node.id ?? '',
    cluster: node.cluster ?? '',
    metadata: node.metadata === undefined ? {} : structToJson(node.metadata),
  })
}
