import type {
  DestinationRule,
  DestinationRuleSpec,
  Subset,
} from '../gen/types/networking/destination-rule.ts'
import type { TrafficPolicy } from '../gen/types/networking/traffic-policy.ts'
import { type New, type OptionsOf, objectOf } from './object.ts'

/** Options of {@link destinationRule}: metadata and the fields of the spec. */
export interface DestinationRuleOptions extends OptionsOf<DestinationRule>, DestinationRuleSpec {}

/**
 * A DestinationRule: subsets and policies of a host.
 *
 * @example
 * destinationRule({ name: 'reviews', host: 'reviews', subsets: [subset('v1'), subset('v2')] })
 * @see https://istio.io/latest/docs/reference/config/networking/destination-rule/
 */
export function destinationRule(options: DestinationRuleOptions): New<DestinationRule> {
  return objectOf('networking.istio.io/v1', 'DestinationRule', options)
}

/**
 * A subset of the pods of a host; without labels, those whose label `version` is the name of the subset.
 *
 * @example
 * subset('v2')
 * subset('canary', { track: 'canary' }, { connectionPool: { tcp: { maxConnections: 10 } } })
 */
export function subset(
  name: string,
  labels: Readonly<Record<string, string>> = { version: name },
  trafficPolicy?: TrafficPolicy,
): Subset {
  return { name, labels: { ...labels }, ...(trafficPolicy === undefined ? {} : { trafficPolicy }) }
}
