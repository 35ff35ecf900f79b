import type { Destination } from '../gen/types/networking/destination.ts'
import type { CorsPolicy, HTTPFaultInjection } from '../gen/types/networking/http-policy.ts'
import type {
  HeaderOperations,
  HTTPRedirect,
  HTTPRetry,
  HTTPRewrite,
  HTTPRoute,
  HTTPRouteDestination,
} from '../gen/types/networking/virtual-service.ts'
import { destination } from './destinations.ts'
import { allOf, type RequestCondition } from './match.ts'
import { withoutUndefined } from './object.ts'

/** What {@link RouteBuilder.fault} takes: what happens, and to how many. */
export interface FaultOptions {
  /** Wait that long first, as a duration. */
  readonly delay?: string
  /** Answer with this HTTP status. */
  readonly abort?: number
  /** Share of the requests in percent. @defaultValue 100 */
  readonly percent?: number
}

/**
 * An HTTP route that is written step by step. Each step gives a new builder; `build()` gives the plain object, which
 * `virtualService` calls by itself.
 *
 * @example
 * route(to('reviews', { subset: 'v2' }))
 *   .when(prefix('/api'), header('end-user').exact('jason'))
 *   .retry(3)
 *   .timeout('2s')
 */
export class RouteBuilder {
  private readonly fields: HTTPRoute

  constructor(fields: HTTPRoute) {
    this.fields = fields
  }

  /**
   * Name for access logs and metrics.
   *
   * @example
   * route(to('reviews')).named('canary')
   */
  named(name: string): RouteBuilder {
    return this.with({ name })
  }

  /**
   * All conditions must hold. A second `when` is an alternative to the first.
   *
   * @throws BattenError `BUILDER_CONDITION` for two conditions on the same thing.
   * @example
   * route(to('reviews')).when(prefix('/api'), header('end-user').exact('jason')).when(prefix('/beta'))
   */
  when(...conditions: readonly [RequestCondition, ...RequestCondition[]]): RouteBuilder {
    return this.with({ match: [...(this.fields.match ?? []), allOf(conditions)] })
  }

  /**
   * Tries a failed request again, `attempts` times or as the policy says. 0 turns retries off.
   *
   * @example
   * route(to('reviews')).retry(3, { perTryTimeout: '1s', retryOn: '5xx,connect-failure' })
   */
  retry(attempts: number | HTTPRetry, options: Omit<HTTPRetry, 'attempts'> = {}): RouteBuilder {
    return this.with({ retries: typeof attempts === 'number' ? { attempts, ...options } : attempts })
  }

  /**
   * Time limit of a request with all its attempts, as a duration: `500ms`, `2s`, `1m30s`.
   *
   * @example
   * route(to('reviews')).timeout('2s')
   */
  timeout(duration: string): RouteBuilder {
    return this.with({ timeout: duration })
  }

  /**
   * Another path (or beginning of one, after a prefix match), or another host as well.
   *
   * @example
   * route(to('catalog')).when(prefix('/v1/catalog')).rewrite('/catalog')
   */
  rewrite(rewrite: string | HTTPRewrite): RouteBuilder {
    return this.with({ rewrite: typeof rewrite === 'string' ? { uri: rewrite } : rewrite })
  }

  /**
   * Makes requests slow or lets them fail.
   *
   * @example
   * route(to('ratings')).fault({ delay: '5s', percent: 10 })
   * route(to('ratings')).fault({ abort: 503 })
   */
  fault(fault: FaultOptions | HTTPFaultInjection): RouteBuilder {
    return this.with({ fault: isFaultOptions(fault) ? faultOf(fault) : fault })
  }

  /**
   * Sends a copy of the requests to another host, `percent` of them. Answers to the copies are dropped.
   *
   * @example
   * route(to('reviews', { subset: 'v1' })).mirror('reviews', { subset: 'v2', percent: 5 })
   */
  mirror(
    to: string | Destination,
    options: { readonly subset?: string; readonly percent?: number } = {},
  ): RouteBuilder {
    const { subset, percent } = options
    return this.with({
      mirror: typeof to === 'string' ? destination(to, subset === undefined ? {} : { subset }) : to,
      ...(percent === undefined ? {} : { mirrorPercentage: { value: percent } }),
    })
  }

  /**
   * Cross-origin policy.
   *
   * @example
   * route(to('api')).cors({ allowOrigins: [exact('https://shop.example.com')], allowMethods: ['GET'] })
   */
  cors(policy: CorsPolicy): RouteBuilder {
    return this.with({ corsPolicy: policy })
  }

  /**
   * Header changes of requests.
   *
   * @example
   * route(to('reviews')).requestHeaders({ set: { 'x-canary': 'true' } })
   */
  requestHeaders(operations: HeaderOperations): RouteBuilder {
    return this.with({ headers: { ...this.fields.headers, request: operations } })
  }

  /**
   * Header changes of responses.
   *
   * @example
   * route(to('reviews')).responseHeaders({ remove: ['server'] })
   */
  responseHeaders(operations: HeaderOperations): RouteBuilder {
    return this.with({ headers: { ...this.fields.headers, response: operations } })
  }

  /**
   * Any other fields of the route; those that are there are replaced.
   *
   * @example
   * route(to('reviews')).with({ mirrors: [{ destination: destination('audit') }] })
   */
  with(fields: Partial<HTTPRoute>): RouteBuilder {
    return new RouteBuilder({ ...this.fields, ...fields })
  }

  /** The plain object, in the order in which people read a route. */
  build(): HTTPRoute {
    const { name, match, ...rest } = this.fields
    return withoutUndefined({ name, match, ...rest }) as HTTPRoute
  }

  /** So that `JSON.stringify` and `toYaml` see the route. */
  toJSON(): HTTPRoute {
    return this.build()
  }
}

/** Something that becomes an HTTP route: a plain object, or what {@link route} and its like give. */
export type RouteInput = HTTPRoute | RouteSteps

/** The part of a {@link RouteBuilder} that matters to `virtualService`. */
export interface RouteSteps {
  /** The plain route. */
  build(): HTTPRoute
}

/**
 * A route to destinations; lists of destinations, as `to` with `split` makes them, may stand among them.
 *
 * @example
 * route(to('reviews', { subset: 'v2' })).when(prefix('/api'), header('end-user').exact('jason')).retry(3).timeout('2s')
 * route(to('reviews', split({ v1: 90, v2: 10 })))
 */
export function route(
  ...destinations: readonly (HTTPRouteDestination | readonly HTTPRouteDestination[])[]
): RouteBuilder {
  return new RouteBuilder({ route: destinations.flat() as HTTPRouteDestination[] })
}

/**
 * A route that answers with a redirect.
 *
 * @example
 * redirect({ uri: '/v2', redirectCode: 302 }).when(exact('/v1'))
 */
export function redirect(to: HTTPRedirect): RouteBuilder {
  return new RouteBuilder({ redirect: to })
}

/**
 * A route that answers by itself.
 *
 * @example
 * respond(503, 'closed for maintenance')
 */
export function respond(status: number, body?: string): RouteBuilder {
  return new RouteBuilder({
    directResponse: { status, ...(body === undefined ? {} : { body: { string: body } }) },
  })
}

/**
 * A route whose routes come from another VirtualService.
 *
 * @example
 * delegate('reviews-routes', 'shop').when(prefix('/reviews'))
 */
export function delegate(name: string, namespace?: string): RouteBuilder {
  return new RouteBuilder({ delegate: { name, ...(namespace === undefined ? {} : { namespace }) } })
}

/** The plain route. */
export function buildRoute(input: RouteInput): HTTPRoute {
  // Not by `instanceof`: the builder may come from another copy of this package.
  return 'build' in input ? input.build() : input
}

function isFaultOptions(fault: FaultOptions | HTTPFaultInjection): fault is FaultOptions {
  return typeof fault.delay === 'string' || typeof fault.abort === 'number'
}

function faultOf({ delay, abort, percent }: FaultOptions): HTTPFaultInjection {
  const share = percent === undefined ? {} : { percentage: { value: percent } }
  return {
    ...(delay === undefined ? {} : { delay: { fixedDelay: delay, ...share } }),
    ...(abort === undefined ? {} : { abort: { httpStatus: abort, ...share } }),
  }
}
