import type { WorkloadGroup, WorkloadGroupSpec } from '../gen/types/networking/workload-group.ts'
import { type New, type OptionsOf, objectOf } from './object.ts'

/** Options of {@link workloadGroup}: metadata and the fields of the spec. */
export interface WorkloadGroupOptions extends OptionsOf<WorkloadGroup>, WorkloadGroupSpec {}

/**
 * A WorkloadGroup: what workloads outside of Kubernetes have in common.
 *
 * @example
 * workloadGroup({ name: 'reviews', template: { serviceAccount: 'reviews', ports: { http: 8080 } } })
 * @see https://istio.io/latest/docs/reference/config/networking/workload-group/
 */
export function workloadGroup(options: WorkloadGroupOptions): New<WorkloadGroup> {
  return objectOf('networking.istio.io/v1', 'WorkloadGroup', options)
}
