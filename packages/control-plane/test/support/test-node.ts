import { jsonToStruct, type Node } from '@batten/xds'
import type { XdsNode } from '../../src/model/node.ts'
import { parseNode } from '../../src/serve/parse-node.ts'

/** A node as a proxy shows it in its first request. For tests. */
export function testNode(
  options: {
    name?: string
    namespace?: string
    serviceAccount?: string
    userAgent?: string
    type?: string
  } = {},
): Node {
  const { name = 'reviews-v1', namespace = 'shop', serviceAccount = 'reviews', type = 'sidecar' } = options
  return {
    id: `${type}~127.0.0.1~${name}.${namespace}~${namespace}.svc.cluster.local`,
    cluster: `${name}.${namespace}`,
    userAgentName: options.userAgent ?? 'batten',
    metadata: jsonToStruct({ NAMESPACE: namespace, SERVICE_ACCOUNT: serviceAccount, LABELS: { app: name } }),
  }
}

export function testXdsNode(options: Parameters<typeof testNode>[0] = {}): XdsNode {
  return parseNode(testNode(options))
}
