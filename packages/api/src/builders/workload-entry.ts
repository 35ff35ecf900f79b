import type { WorkloadEntry, WorkloadEntrySpec } from '../gen/types/networking/workload-entry.ts'
import { metadataOf, type ObjectOptions, withoutUndefined } from './object.ts'

/**
 * Options of {@link workloadEntry}: metadata and the fields of the spec. `labels` are those of the workload;
 * `objectLabels` those of the object.
 */
export interface WorkloadEntryOptions extends Omit<ObjectOptions, 'labels'>, WorkloadEntrySpec {
  readonly objectLabels?: Readonly<Record<string, string>>
}

/**
 * A WorkloadEntry: a workload outside of Kubernetes.
 *
 * @example
 * workloadEntry({ name: 'vm-1', address: '10.0.0.7', labels: { app: 'reviews' } })
 */
export function workloadEntry(options: WorkloadEntryOptions): WorkloadEntry {
  const { name, namespace, annotations, objectLabels, ...spec } = options
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'WorkloadEntry',
    metadata: metadataOf(
      withoutUndefined({ name, namespace, annotations, labels: objectLabels }) as ObjectOptions,
    ),
    spec: withoutUndefined(spec),
  }
}
