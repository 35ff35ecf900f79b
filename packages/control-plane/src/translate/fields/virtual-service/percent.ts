import type { FractionalPercent } from '@batten/xds'

/** Envoy counts in millionths, which keeps four digits of a percentage: 0.0001 % is the least. */
export function percentToFraction(percent: number): FractionalPercent {
  return { numerator: Math.round(percent * 10_000), denominator: 'MILLION' }
}
