import { BattenError } from '@batten/core/errors'
import type { Destination } from '../gen/types/networking/destination.ts'
import type { Headers, HTTPRouteDestination } from '../gen/types/networking/virtual-service.ts'

/** Options of {@link to}. */
export interface DestinationOptions {
  /** Subset that a DestinationRule of the host defines. */
  readonly subset?: string
  /** Port of the service. */
  readonly port?: number
  /** Share of the traffic, relative to the other destinations of the route. */
  readonly weight?: number
  /** Header changes for this destination. */
  readonly headers?: Headers
}

/** Subsets and their shares, as {@link split} makes them. */
export interface Split {
  /** Share of each subset, in percent. */
  readonly shares: Readonly<Record<string, number>>
}

/**
 * Destinations of a route: the subsets of a host, with their shares.
 *
 * @example
 * route(to('reviews', split({ v1: 90, v2: 10 })))
 */
export function to(
  host: string,
  split: Split,
  options?: Pick<DestinationOptions, 'port'>,
): HTTPRouteDestination[]
/**
 * A destination of a route: a host, perhaps a subset, a port and a weight.
 *
 * @example
 * route(to('reviews', { subset: 'v2', port: 9080 }))
 */
export function to(host: string, options?: DestinationOptions): HTTPRouteDestination
export function to(
  host: string,
  options: DestinationOptions | Split = {},
  more: Pick<DestinationOptions, 'port'> = {},
): HTTPRouteDestination | HTTPRouteDestination[] {
  if ('shares' in options) {
    return Object.entries(options.shares).map(([subset, weight]) => ({
      destination: destination(host, { subset, ...more }),
      weight,
    }))
  }
  const { weight, headers } = options
  return {
    destination: destination(host, options),
    ...(weight === undefined ? {} : { weight }),
    ...(headers === undefined ? {} : { headers }),
  }
}

/**
 * A destination without weight: for mirrors.
 *
 * @example
 * route(to('reviews')).mirror(destination('reviews', { subset: 'v2', port: 9080 }))
 */
export function destination(
  host: string,
  options: Pick<DestinationOptions, 'subset' | 'port'> = {},
): Destination {
  const { subset, port } = options
  return {
    host,
    ...(subset === undefined ? {} : { subset }),
    ...(port === undefined ? {} : { port: { number: port } }),
  }
}

/**
 * Shares of subsets in percent. They are whole numbers that sum to 100: the compiler says so where it knows the numbers,
 * else it is an error when it runs.
 *
 * @throws BattenError `BUILDER_SPLIT_SUM`
 * @example
 * to('reviews', split({ v1: 90, v2: 10 }))
 */
export function split<const S extends Readonly<Record<string, number>>>(shares: S & SumsTo100<S>): Split {
  const entries = Object.entries(shares as Readonly<Record<string, number>>)
  const parts = entries.map(([subset, share]) => `${subset}: ${share}`).join(', ')
  const hint = 'for other proportions give each destination a weight: to(host, { subset, weight })'
  if (entries.some(([, share]) => !Number.isInteger(share) || share < 0 || share > 100)) {
    const message = `the shares of a split must be whole numbers from 0 to 100: ${parts}`
    throw new BattenError('BUILDER_SPLIT_SUM', { message, hint })
  }
  const sum = entries.reduce((total, [, share]) => total + share, 0)
  if (sum !== 100) {
    const message = `the shares of a split must sum to 100, these sum to ${sum}: ${parts}`
    throw new BattenError('BUILDER_SPLIT_SUM', { message, hint })
  }
  return { shares: { ...shares } }
}

/** `unknown` where the shares sum to 100 or are not known to the compiler, else what is {@link Wrong} with them. */
export type SumsTo100<S extends Readonly<Record<string, number>>> = [keyof S] extends [never]
  ? Wrong<'a split has shares'>
  : number extends S[keyof S]
    ? unknown
    : [NotWhole<S[keyof S]>] extends [never]
      ? Sum<S, UnionToTuple<keyof S>>['length'] extends infer Total extends number
        ? Total extends 100
          ? unknown
          : { readonly [K in keyof S]: Wrong<`the shares must sum to 100, not ${Total}`> }
        : never
      : { readonly [K in keyof S]: Wrong<'shares are whole numbers from 0 to 100'> }

/** A type that nothing has, so that the compiler shows its text where something is wrong. */
export interface Wrong<Text extends string> {
  /** What is wrong. */
  readonly wrong: Text
}

/** Those of the numbers that are no whole number from 0 to 100. */
type NotWhole<N extends number> = N extends number
  ? `${N}` extends `-${string}` | `${string}.${string}` | `${string}e${string}`
    ? N
    : Units<N> extends { readonly length: 101 }
      ? N
      : never
  : never

type Sum<
  S extends Readonly<Record<string, number>>,
  Keys extends readonly unknown[],
  Total extends unknown[] = [],
> = Keys extends readonly [infer Head extends keyof S, ...infer Rest]
  ? Sum<S, Rest, [...Total, ...Units<S[Head]>]>
  : Total

/** A tuple of as many elements as the number says; numbers over 100 give 101. */
type Units<N extends number, Made extends unknown[] = []> = Made['length'] extends N
  ? Made
  : Made['length'] extends 101
    ? Made
    : Units<N, [...Made, unknown]>

type UnionToTuple<U, Last = LastOf<U>> = [U] extends [never] ? [] : [...UnionToTuple<Exclude<U, Last>>, Last]

type LastOf<U> = (U extends unknown ? (one: () => U) => void : never) extends (all: infer I) => void
  ? I extends () => infer Last
    ? Last
    : never
  : never
