import type { ReferenceGrant, ReferenceGrantSpec } from '../../gen/types/gateway-api/reference-grant.ts'
import { type New, type OptionsOf, objectOf } from '../object.ts'

/** Options of {@link referenceGrant}: metadata and the fields of the spec. */
export interface ReferenceGrantOptions extends OptionsOf<ReferenceGrant>, ReferenceGrantSpec {}

/**
 * A ReferenceGrant: which objects of other namespaces may refer to this one.
 *
 * @example
 * referenceGrant({
 *   name: 'routes',
 *   from: [{ group: 'gateway.networking.k8s.io', kind: 'HTTPRoute', namespace: 'web' }],
 *   to: [{ group: '', kind: 'Service' }],
 * })
 * @see https://gateway-api.sigs.k8s.io/api-types/referencegrant/
 */
export function referenceGrant(options: ReferenceGrantOptions): New<ReferenceGrant> {
  return objectOf('gateway.networking.k8s.io/v1beta1', 'ReferenceGrant', options)
}
