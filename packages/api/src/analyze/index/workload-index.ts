import type { PodSpec } from '../../gen/types/kubernetes/pod.ts'
import { partChecks } from '../../gen/validators/index.ts'
import { cleaned, type Loose, stringsAt, valueAt } from '../loose.ts'
import type { Resource, SpecOf, StringMap } from '../resource.ts'
import { LabelIndex } from './label-index.ts'

/** A pod, or the pods that the template of a controller makes. */
export interface Workload {
  readonly name: string
  readonly namespace: string
  readonly labels: StringMap
  readonly annotations: StringMap
  readonly spec: Loose<PodSpec>
  readonly resource: Resource
  /** Whether it is a template and not a pod. */
  readonly isTemplate: boolean
}

/** Kinds that make pods of a template, and where the template stands. */
export const TEMPLATE_KINDS: Readonly<Record<string, readonly string[]>> = {
  'apps/Deployment': ['spec', 'template'],
  'apps/StatefulSet': ['spec', 'template'],
  'apps/DaemonSet': ['spec', 'template'],
  'apps/ReplicaSet': ['spec', 'template'],
  'batch/Job': ['spec', 'template'],
  'batch/CronJob': ['spec', 'jobTemplate', 'spec', 'template'],
}

/**
 * The workloads of what is analyzed: pods, and templates whose pods are not among them, so that files which are to be
 * applied give the same picture as the cluster that they lead to.
 *
 * Differs from Istio: analysis sees the pods that templates will make; its own sees pods only.
 */
export class WorkloadIndex extends LabelIndex<Workload> {
  readonly all: readonly Workload[]

  constructor(pods: readonly Resource<SpecOf<'/Pod'>>[], templates: readonly Resource[]) {
    super()
    const podIndex = new LabelIndex<Workload>()
    const workloads = pods.map(podWorkload)
    for (const pod of workloads) podIndex.add(pod, pod.labels, pod.namespace)
    for (const template of templates.map(templateWorkload)) {
      const isThere =
        Object.keys(template.labels).length > 0 && podIndex.has(template.labels, template.namespace)
      if (!isThere) workloads.push(template)
    }
    for (const workload of workloads) this.add(workload, workload.labels, workload.namespace)
    this.all = workloads
  }
}

function podWorkload(pod: Resource<SpecOf<'/Pod'>>): Workload {
  const { name, namespace, labels, annotations, spec } = pod
  return { name, namespace, labels, annotations, spec, resource: pod, isTemplate: false }
}

/** The pods that a controller makes. */
export function templateWorkload(resource: Resource): Workload {
  const template = valueAt(resource.fields, ...(TEMPLATE_KINDS[resource.type] ?? []))
  return {
    name: resource.name,
    namespace: resource.namespace,
    labels: stringsAt(template, 'metadata', 'labels'),
    annotations: stringsAt(template, 'metadata', 'annotations'),
    spec: podSpecOf(template),
    resource,
    isTemplate: true,
  }
}

/** Kinds without a schema here have pods like any other. */
function podSpecOf(template: unknown): Loose<PodSpec> {
  return (cleaned(valueAt(template, 'spec'), partChecks['/Pod']?.['spec']) ?? {}) as Loose<PodSpec>
}
