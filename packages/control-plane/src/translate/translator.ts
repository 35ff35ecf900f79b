import { QueryEngine, type Report } from '../model/incremental.ts'
import type { XdsNode } from '../model/node.ts'
import type { ResourceView } from '../model/resource.ts'
import type { MeshSnapshot } from '../model/snapshot.ts'
import { type NodeFacts, nodeView } from './view.ts'

/**
 * Turns a snapshot of the mesh into what one node is served. Pure: same snapshot and node, same bytes. Work is cached
 * by what it read, so that a change recomputes only what depends on it.
 */
export interface Translator {
  /** The same object for every node that is served the same, for as long as nothing in it changed. */
  view(snapshot: MeshSnapshot, node: XdsNode): ResourceView
  /** How often each kind of result was computed: for metrics, and for tests that count. */
  readonly computed: ReadonlyMap<string, number>
  /** What could not be made of the newest snapshot, or not as written; the rest is not touched by it. */
  readonly problems: readonly Report[]
}

/**
 * Makes a translator. One serves any number of nodes and snapshots.
 *
 * @example
 * const translator = createTranslator()
 * const clusters = translator.view(model.snapshot, node).resources(TYPE_URLS.CDS)
 */
export function createTranslator(): Translator {
  const engine = new QueryEngine<MeshSnapshot>()
  const factsOf = new WeakMap<XdsNode, string>()
  return {
    view(snapshot, node) {
      let facts = factsOf.get(node)
      if (facts === undefined) {
        facts = JSON.stringify(nodeFacts(node))
        factsOf.set(node, facts)
      }
      return engine.run(snapshot, nodeView, facts)
    },
    get computed() {
      return engine.computed
    },
    get problems() {
      return engine.reports
    },
  }
}

function nodeFacts(node: XdsNode): NodeFacts {
  const bindAddress = node.metadata['BIND_ADDRESS']
  return {
    type: node.type,
    name: node.name,
    namespace: node.namespace,
    labels: sortedRecord(node.labels),
    interceptionMode: node.interceptionMode,
    httpProxyPort: node.httpProxyPort,
    capabilities: node.capabilities,
    address: node.ipAddresses[0] ?? '127.0.0.1',
    bindAddress: typeof bindAddress === 'string' && bindAddress !== '' ? bindAddress : '0.0.0.0',
  }
}

/** Equal labels in another order are the same node. */
function sortedRecord(record: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)))
}
