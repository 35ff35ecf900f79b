/** `envoy.type.v3.FractionalPercent` as a filter's configuration has it. */
export interface FractionalPercent {
  readonly numerator?: number | undefined
  readonly denominator?: string | undefined
}

const DENOMINATORS: Readonly<Record<string, number>> = {
  HUNDRED: 100,
  TEN_THOUSAND: 10_000,
  MILLION: 1_000_000,
}

/** A share in [0, 1]; 0 for a message that is not there. */
export function shareOf(percent: FractionalPercent | undefined): number {
  if (percent === undefined) return 0
  return Math.min(1, (percent.numerator ?? 0) / DENOMINATORS[percent.denominator ?? 'HUNDRED']!)
}
