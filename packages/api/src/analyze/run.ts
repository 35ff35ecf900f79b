// Analysis of configuration across objects: `analyze()`, its options, and how its parts are put together.
import { BattenError, errorMessage } from '@batten/core/errors'
import type { KubernetesObject } from '../k8s.ts'
import { isFields } from '../validate/check.ts'
import type { Finding } from '../validate/findings.ts'
import type { Validatable } from '../validate/validate.ts'
import type { ParsedDocument, ParsedObject } from '../yaml/parse.ts'
import type { Analyzer } from './analyzer.ts'
import { analyzers } from './analyzers/index.ts'
import { builtInResources } from './built-in.ts'
import { AnalysisContext } from './context.ts'
import { isSystemNamespace } from './index/mesh-membership.ts'
import { type ConfigInput, configsOf } from './mesh-config.ts'
import { type AnalysisMessage, documentMessage, internalError, messageOf, sortedMessages } from './message.ts'
import { type Resource, resourceOf } from './resource.ts'
import { type Suppression, Suppressions } from './suppression.ts'

/** Options of {@link analyze}. */
export interface AnalyzeOptions {
  /** Analyzers to run, by name (see {@link analyzers}). @defaultValue all but the optional ones */
  readonly analyzers?: readonly string[]
  /** Reports only about objects of these namespaces, and of the cluster. @defaultValue all namespaces */
  readonly namespaces?: readonly string[]
  /** Namespace of objects that name none. @defaultValue `default`, which messages then do not print */
  readonly defaultNamespace?: string
  /** Messages that are not wanted. */
  readonly suppress?: readonly Suppression[]
  /** Mesh configuration. @defaultValue the one of the ConfigMap `istio` in `istio-system`, or Istio's defaults */
  readonly meshConfig?: ConfigInput
  /** Mesh networks. @defaultValue those of the ConfigMap `istio` */
  readonly meshNetworks?: ConfigInput
  /**
   * Whether Istio's default ingress gateway is taken for installed. Say `false` for objects that come from a cluster,
   * which has a gateway or has none.
   *
   * @defaultValue true
   */
  readonly builtIns?: boolean
  /** Whether documents that cannot be read, or hold no object, are passed over in silence. @defaultValue false */
  readonly ignoreUnknown?: boolean
  /** Objects of further clusters of the mesh, by cluster. */
  readonly remoteClusters?: Readonly<Record<string, readonly Validatable[]>>
  /** Name of the cluster that the objects belong to. @defaultValue `Kubernetes` */
  readonly clusterName?: string
  /** Version of Kubernetes that the objects are for, `1.31.2`. */
  readonly kubernetesVersion?: string
  /** Release of Istio that is upgraded from, `1.20`: reports what depends on defaults that later releases changed. */
  readonly upgradeFrom?: string
  /** Time at which certificates must be valid, in milliseconds since 1970. @defaultValue now */
  readonly now?: number
}

/**
 * Looks for mistakes that show only when objects are seen together: what is referenced and does not exist, what
 * contradicts something else, what can have no effect. Runs the analyzers of `istioctl analyze`, with its codes,
 * and checks of our own.
 *
 * Never throws for what is in an object; about one object at most 100 messages of the same code are reported. Everything that is passed counts: Services, Pods, Namespaces, Secrets too.
 *
 * @throws BattenError `ANALYZE_ANALYZER_UNKNOWN` for a name that no analyzer has, `ANALYZE_CONFIG_UNREADABLE` for a
 * mesh configuration that is no YAML
 * @example
 * const { documents } = fromYaml(text, { file: 'shop.yaml' })
 * for (const { level, code, origin, message } of analyze(documents)) console.log(level, code, origin, message)
 * @see https://istio.io/latest/docs/reference/config/analysis/
 */
export function analyze(
  input: Validatable | readonly Validatable[],
  options: AnalyzeOptions = {},
): AnalysisMessage[] {
  const { objects, documents } = sorted(input)
  const { resources, unreadable } = resourcesOf(objects, options)
  const configMaps = resources.filter(({ type }) => type === '/ConfigMap')
  const { meshConfig, meshNetworks, unread: unreadConfigs } = configsOf(options, configMaps)
  const builtIns = options.builtIns === false ? [] : builtInResources(meshConfig, resources)
  const remotes = Object.entries(options.remoteClusters ?? {})
  const context = new AnalysisContext({
    resources: [...resources, ...builtIns],
    meshConfig,
    meshNetworks,
    remoteClusters: new Map(
      remotes.map(([cluster, remote]) => [cluster, resourcesOf(sorted(remote).objects, options).resources]),
    ),
    clusterName: options.clusterName ?? 'Kubernetes',
    kubernetesVersion: options.kubernetesVersion,
    upgradeFrom: options.upgradeFrom,
    now: options.now ?? Date.now(),
  })
  for (const [configMap, key, problem] of unreadConfigs)
    context.report(configMap, 'IST0106', [problem], ['data', key])
  const failures = chosen(options.analyzers).flatMap((analyzer) => run(analyzer, context))
  const unread =
    options.ignoreUnknown === true ? [] : [...unreadable, ...documents.flatMap(({ findings }) => findings)]
  return sortedMessages([...failures, ...unread.map(documentMessage), ...wanted(context, options)])
}

/** An object that is to be analyzed, and where it came from. */
interface Given {
  readonly object: KubernetesObject
  readonly parsed: ParsedObject | undefined
}

/** Objects, and the documents that hold none. */
function sorted(input: Validatable | readonly Validatable[]): {
  objects: Given[]
  documents: ParsedDocument[]
} {
  const objects: Given[] = []
  const documents: ParsedDocument[] = []
  const list: readonly Validatable[] = isList(input) ? input : [input]
  for (const one of list) {
    if (holds(one, isDocument)) {
      documents.push(one)
      for (const parsed of one.objects) objects.push({ object: parsed.object, parsed })
    } else if (holds(one, isParsed)) objects.push({ object: one.object, parsed: one })
    else objects.push({ object: one as KubernetesObject, parsed: undefined })
  }
  return { objects, documents }
}

/** Whether something is of a kind; what cannot even be looked at is not. */
function holds<T extends Validatable>(
  input: Validatable,
  is: (input: Validatable) => input is T,
): input is T {
  try {
    return is(input)
  } catch {
    return false
  }
}

function isList(input: Validatable | readonly Validatable[]): input is readonly Validatable[] {
  return Array.isArray(input)
}

function isDocument(input: Validatable): input is ParsedDocument {
  return isFields(input) && Array.isArray(input['objects']) && Array.isArray(input['findings'])
}

function isParsed(input: Validatable): input is ParsedObject {
  return isFields(input) && typeof input['position'] === 'function'
}

interface Resources {
  readonly resources: readonly Resource[]
  /** What is no object of Kubernetes, and what cannot be looked at. */
  readonly unreadable: readonly Finding[]
}

function resourcesOf(objects: readonly Given[], { defaultNamespace }: AnalyzeOptions): Resources {
  const resources: Resource[] = []
  const unreadable: Finding[] = []
  for (const [i, { object, parsed }] of objects.entries()) {
    const which = parsed === undefined ? `object ${i + 1}` : 'the object'
    try {
      const resource = resourceOf(object, parsed, { defaultNamespace })
      if (resource !== undefined) resources.push(resource)
      else
        unreadable.push(
          unreadableFinding(`${which} is none of Kubernetes: it has no apiVersion and kind`, parsed),
        )
    } catch (thrown) {
      unreadable.push(unreadableFinding(`${which} cannot be read: ${errorMessage(thrown)}`, parsed))
    }
  }
  return { resources, unreadable }
}

function unreadableFinding(message: string, parsed: ParsedObject | undefined): Finding {
  const place = parsed?.file === undefined ? {} : { file: parsed.file, range: parsed.position([]) }
  return { code: 'SCHEMA_TYPE', severity: 'error', layer: 'schema', path: '', message, ...place }
}

function chosen(names: readonly string[] | undefined): readonly Analyzer[] {
  if (names === undefined) return analyzers.filter(({ isOptional }) => isOptional !== true)
  return names.map((name) => {
    const found = analyzers.find(({ name: own, aliases = [] }) => own === name || aliases.includes(name))
    if (found !== undefined) return found
    throw new BattenError('ANALYZE_ANALYZER_UNKNOWN', {
      message: `there is no analyzer ${JSON.stringify(name)}`,
      hint: 'batten analyze -L lists them',
    })
  })
}

/** One analyzer that fails does not keep the others from running. */
function run(analyzer: Analyzer, context: AnalysisContext): AnalysisMessage[] {
  try {
    analyzer.analyze(context)
    return []
  } catch (thrown) {
    return [internalError(`${analyzer.name}: ${errorMessage(thrown)}`)]
  }
}

function wanted(context: AnalysisContext, options: AnalyzeOptions): AnalysisMessage[] {
  const suppressions = new Suppressions(options.suppress ?? [])
  const namespaces = options.namespaces === undefined ? undefined : new Set(options.namespaces)
  const reports = context.reports
    .filter(({ code, resource }) => !suppressions.covers(code, resource))
    .filter(({ resource }) => !isSystemNamespace(ownNamespace(resource)))
    .filter(({ resource }) => namespaces === undefined || isWithin(resource, namespaces))
  // The places in one document are looked up together: it is parsed once for all of them.
  return [...Map.groupBy(reports, ({ resource }) => resource).values()].flat().map(messageOf)
}

/** A Namespace belongs to itself; other objects of the cluster belong to every namespace. */
function isWithin(resource: Resource, namespaces: ReadonlySet<string>): boolean {
  const own = ownNamespace(resource)
  return own === '' || namespaces.has(own)
}

function ownNamespace({ type, name, namespace }: Resource): string {
  return type === '/Namespace' ? name : namespace
}
