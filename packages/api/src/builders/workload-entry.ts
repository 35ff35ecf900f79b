import type { WorkloadEntry, WorkloadEntrySpec } from '../gen/types/networking/workload-entry.ts'
import { type New, type OptionsOf, objectOf, withoutUndefined } from './object.ts'

/**
 * Options of {@link workloadEntry}: metadata and the fields of the spec. `labels` are those of the workload;
 * `objectLabels` those of the object.
 */
export interface WorkloadEntryOptions extends Omit<OptionsOf<WorkloadEntry>, 'labels'>, WorkloadEntrySpec {
  /** Labels of the object. */
  readonly objectLabels?: Readonly<Record<string, string>>
}

/**
 * A WorkloadEntry: a workload outside of Kubernetes.
 *
 * @example
 * workloadEntry({ name: 'vm-1', address: '10.0.0.7', labels: { app: 'reviews' } })
 * @see https://istio.io/latest/docs/reference/config/networking/workload-entry/
 */
export function workloadEntry(options: WorkloadEntryOptions): New<WorkloadEntry> {
  const { objectLabels, labels, ...rest } = options
  const object = objectOf<WorkloadEntry>('networking.istio.io/v1', 'WorkloadEntry', {
    ...rest,
    ...(objectLabels === undefined ? {} : { labels: objectLabels }),
  })
  return labels === undefined
    ? object
    : { ...object, spec: { ...object.spec, labels: withoutUndefined(labels) } }
}
