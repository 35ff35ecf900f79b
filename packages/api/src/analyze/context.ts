import { CLUSTER_DOMAIN, fullHost } from './index/host-name.ts'
import { append, SelectorIndex } from './index/label-index.ts'
import { definedStrings, ServiceIndex } from './index/service-index.ts'
import { TEMPLATE_KINDS, type Workload, WorkloadIndex } from './index/workload-index.ts'
import type { MeshConfig } from './mesh-config.ts'
import { type MessageArgs, type MessageCode, messageText } from './messages.ts'
import type { FieldPath, Resource, SpecOf, StringMap } from './resource.ts'

/** Something that an analyzer found, before it is known where it stands. */
export interface Report {
  readonly code: MessageCode
  readonly resource: Resource
  readonly args: MessageArgs<MessageCode>
  /** The field that is at fault, as steps or as `spec.http[0]`. */
  readonly path: FieldPath | string
  /** Whether the key is at fault and not the value. */
  readonly atKey: boolean
  /** What to do in this case, when more can be said than the code says. */
  readonly hint: string | undefined
}

/** How {@link AnalysisContext.report} says more. */
export interface ReportOptions {
  readonly hint?: string
  readonly atKey?: boolean
  /**
   * Whether the same sentence about the same object counts again at another place. istioctl tells two messages apart by
   * line, and knows the line of some of them only; of the others one is left.
   *
   * @defaultValue true for codes of Batten, false for those of Istio
   */
  readonly eachPlace?: boolean
}

/** Messages of one code about one object: whoever repairs a hundred things will look again. */
const MAX_PER_OBJECT = 100

/** What {@link AnalysisContext} is made of. */
export interface ContextSources {
  /** All objects; of those with the same kind, namespace and name the last one counts, as when they are applied. */
  readonly resources: readonly Resource[]
  readonly meshConfig: MeshConfig
  /** Mesh networks, if there are any. */
  readonly meshNetworks: Resource | undefined
  /** Objects of further clusters, by the name of the cluster. */
  readonly remoteClusters: ReadonlyMap<string, readonly Resource[]>
  readonly clusterName: string
  readonly kubernetesVersion: string | undefined
  /** Release of Istio that is upgraded from, `1.20`. */
  readonly upgradeFrom: string | undefined
  /** Milliseconds since 1970. */
  readonly now: number
}

/**
 * All that is analyzed, with the indexes that keep an analysis of N objects linear. One is made for each analysis;
 * indexes are built when the first analyzer asks for them.
 */
export class AnalysisContext {
  readonly meshConfig: MeshConfig
  readonly meshNetworks: Resource | undefined
  readonly remoteClusters: ReadonlyMap<string, readonly Resource[]>
  readonly clusterName: string
  readonly kubernetesVersion: string | undefined
  readonly upgradeFrom: string | undefined
  readonly now: number
  readonly clusterDomain = CLUSTER_DOMAIN
  readonly reports: Report[] = []
  /** Objects that a later one of the same name replaces, with the later one. */
  readonly replaced: ReadonlyMap<Resource, Resource>
  readonly #byType = new Map<string, Resource[]>()
  readonly #byName = new Map<string, Resource>()
  #inNamespaces: ReadonlySet<string> | undefined
  readonly #told = new Map<Resource, Map<MessageCode, Set<string>>>()
  #usedNamespaces: ReadonlySet<string> | undefined
  #services: ServiceIndex | undefined
  #workloads: WorkloadIndex | undefined
  #selectingServices: SelectorIndex<Resource<SpecOf<'/Service'>>> | undefined

  constructor(sources: ContextSources) {
    this.meshConfig = sources.meshConfig
    this.meshNetworks = sources.meshNetworks
    this.remoteClusters = sources.remoteClusters
    this.clusterName = sources.clusterName
    this.kubernetesVersion = sources.kubernetesVersion
    this.upgradeFrom = sources.upgradeFrom
    this.now = sources.now
    for (const resource of sources.resources) {
      if (resource.name !== '')
        this.#byName.set(nameKey(resource.type, resource.namespace, resource.name), resource)
    }
    const replaced = new Map<Resource, Resource>()
    for (const resource of sources.resources) {
      const last = this.find(resource.type, resource.namespace, resource.name) as Resource | undefined
      if (last === undefined || last === resource) append(this.#byType, resource.type, resource)
      else replaced.set(resource, last)
    }
    this.replaced = replaced
  }

  get rootNamespace(): string {
    return this.meshConfig.rootNamespace
  }

  /** Objects of a kind, in their order. */
  all<K extends string>(type: K): readonly Resource<SpecOf<K>>[] {
    return (this.#byType.get(type) ?? []) as unknown as readonly Resource<SpecOf<K>>[]
  }

  /** Objects of a kind, also those that later ones replace. */
  given(type: string): readonly Resource[] {
    return [...this.all(type), ...[...this.replaced.keys()].filter((one) => one.type === type)] as Resource[]
  }

  /** One object; the namespace is empty for objects of the cluster. */
  find<K extends string>(type: K, namespace: string, name: string): Resource<SpecOf<K>> | undefined {
    return this.#byName.get(nameKey(type, namespace, name)) as unknown as Resource<SpecOf<K>> | undefined
  }

  /** Whether any object of a kind is known in a namespace, besides those that Istio itself brings. */
  hasAny(type: string, namespace: string): boolean {
    this.#inNamespaces ??= new Set(
      [...this.#byType.values()]
        .flat()
        .filter(({ isBuiltIn }) => !isBuiltIn)
        .map((one) => nameKey(one.type, one.namespace, '')),
    )
    return this.#inNamespaces.has(nameKey(type, namespace, ''))
  }

  /** Namespaces that have an object. */
  get usedNamespaces(): ReadonlySet<string> {
    return (this.#usedNamespaces ??= new Set(
      [...this.#byType.values()].flatMap((list) => list.map(({ namespace }) => namespace)),
    ))
  }

  /** The Namespace object of a namespace, when it is known. */
  namespace(name: string): Resource | undefined {
    return this.find('/Namespace', '', name)
  }

  /** Hosts that traffic can be sent to. */
  get services(): ServiceIndex {
    return (this.#services ??= new ServiceIndex({
      services: this.all('/Service'),
      serviceEntries: this.all('networking.istio.io/ServiceEntry'),
      clusterDomain: this.clusterDomain,
      defaultExportTo: this.meshConfig.exportTo('Service'),
    }))
  }

  /** Pods, and the templates of those that are still to come. */
  get workloads(): WorkloadIndex {
    return (this.#workloads ??= new WorkloadIndex(
      this.all('/Pod'),
      Object.keys(TEMPLATE_KINDS).flatMap((type) => this.all(type)),
    ))
  }

  /** Services that select workloads with these labels. */
  servicesSelecting(labels: StringMap, namespace: string): readonly Resource<SpecOf<'/Service'>>[] {
    if (this.#selectingServices === undefined) {
      this.#selectingServices = new SelectorIndex()
      for (const service of this.all('/Service')) {
        const selector = definedStrings(service.spec.selector)
        if (Object.keys(selector).length > 0)
          this.#selectingServices.add(service, selector, service.namespace)
      }
    }
    return this.#selectingServices.matching(labels, namespace)
  }

  /** Workloads that a selector of an object applies to: those of its namespace, or all for the root namespace. */
  selectedWorkloads(selector: StringMap, namespace: string): readonly Workload[] {
    return this.workloads.select(selector, namespace === this.rootNamespace ? undefined : namespace)
  }

  /** Full name of a host as seen from a namespace. */
  fullHost(host: string, namespace: string): string {
    return fullHost(host, namespace, this.clusterDomain)
  }

  /**
   * Records what an analyzer found, at most 100 messages of one code about one object. Nothing is recorded about objects
   * that Istio itself brings.
   */
  report<C extends MessageCode>(
    resource: Resource,
    code: C,
    args: MessageArgs<C>,
    path: FieldPath | string = ['metadata', 'name'],
    { hint, atKey = false, eachPlace = code.startsWith('BAT') }: ReportOptions = {},
  ): void {
    if (resource.isBuiltIn) return
    const byCode = this.#told.get(resource) ?? new Map<MessageCode, Set<string>>()
    this.#told.set(resource, byCode)
    const told = byCode.get(code) ?? new Set()
    if (told.size >= MAX_PER_OBJECT) return
    const place = typeof path === 'string' ? path : path.join('\n')
    const sentence = `${messageText(code, args)}\n${eachPlace ? place : ''}`
    if (told.has(sentence)) return
    byCode.set(code, told.add(sentence))
    this.reports.push({
      code,
      resource,
      args: args as unknown as MessageArgs<MessageCode>,
      path,
      atKey,
      hint,
    })
  }
}

function nameKey(type: string, namespace: string, name: string): string {
  return `${type}\n${namespace}\n${name}`
}
