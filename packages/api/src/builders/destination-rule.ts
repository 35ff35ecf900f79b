import type {
  DestinationRule,
  DestinationRuleSpec,
  Subset,
} from '../gen/types/networking/destination-rule.ts'
import type { TrafficPolicy } from '../gen/types/networking/traffic-policy.ts'
import { type ObjectOptions, objectOf } from './object.ts'

/** Options of {@link destinationRule}: metadata and the fields of the spec. */
export interface DestinationRuleOptions extends ObjectOptions, DestinationRuleSpec {}

/**
 * A DestinationRule: subsets and policies of a host.
 *
 * @example
 * destinationRule({ name: 'reviews', host: 'reviews', subsets: [subset('v1'), subset('v2')] })
 */
export function destinationRule(options: DestinationRuleOptions): DestinationRule {
  return objectOf('networking.istio.io/v1', 'DestinationRule', options)
}

/** A subset; without labels it is that of the label `version`. @example subset('v2') */
export function subset(
  name: string,
  labels: Readonly<Record<string, string>> = { version: name },
  trafficPolicy?: TrafficPolicy,
): Subset {
  return { name, labels: { ...labels }, ...(trafficPolicy === undefined ? {} : { trafficPolicy }) }
}
