import type { AnalysisContext } from '../context.ts'
import type { Resource, SpecOf } from '../resource.ts'
import { SelectorIndex } from './label-index.ts'
import { definedStrings } from './service-index.ts'
import type { Workload } from './workload-index.ts'

/** A PeerAuthentication as analyzers see it. */
export type PeerAuthenticationResource = Resource<SpecOf<'security.istio.io/PeerAuthentication'>>

/** What a workload asks of its clients, and who says so. */
export interface MtlsMode {
  readonly mode: 'STRICT' | 'PERMISSIVE' | 'DISABLE'
  /** Undefined for what holds when nobody says anything. */
  readonly source: PeerAuthenticationResource | undefined
}

/** Which mTLS mode holds for a workload: its own, that of its namespace or that of the mesh, the first that is set. */
export class PeerAuthenticationIndex {
  readonly #modes: ReadonlySet<string | undefined>
  readonly #rootNamespace: string
  readonly #selecting = new SelectorIndex<PeerAuthenticationResource>()
  readonly #ofNamespace = new Map<string, PeerAuthenticationResource>()

  constructor(context: AnalysisContext) {
    const all = context.all('security.istio.io/PeerAuthentication')
    this.#modes = new Set(all.map(({ spec }) => spec.mtls?.mode))
    this.#rootNamespace = context.rootNamespace
    for (const one of all) {
      const selector = definedStrings(one.spec.selector?.matchLabels)
      if (Object.keys(selector).length > 0) this.#selecting.add(one, selector, one.namespace)
      else if (!this.#ofNamespace.has(one.namespace)) this.#ofNamespace.set(one.namespace, one)
    }
  }

  /** Whether some PeerAuthentication asks for a mode, so that it is worth looking for workloads that have it. */
  hasMode(mode: MtlsMode['mode']): boolean {
    return this.#modes.has(mode)
  }

  modeOf({ labels, namespace }: Workload): MtlsMode {
    const candidates = [
      this.#selecting.matching(labels, namespace)[0],
      this.#ofNamespace.get(namespace),
      this.#ofNamespace.get(this.#rootNamespace),
    ]
    for (const source of candidates) {
      const mode = source?.spec.mtls?.mode
      if (source !== undefined && mode !== undefined && mode !== 'UNSET') return { mode, source }
    }
    return { mode: 'PERMISSIVE', source: undefined }
  }
}
