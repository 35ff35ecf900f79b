import type { Any } from '@batten/xds'
import type { HeaderValue } from '../http/route/header-mutation.ts'
import type { FieldPath } from './field-path.ts'

/** Compiles a header value with command operators such as `%REQ(:path)%`. */
export type CompileHeaderValue = (text: string, at: FieldPath) => HeaderValue

/** What compiling one route configuration shares: what it needs of the outside, and what it finds. */
export interface RouteContext {
  readonly values: CompileHeaderValue
  /** Compiles `typed_per_filter_config`. */
  filterConfigs(
    configs: Readonly<Record<string, Any>> | undefined,
    at: FieldPath,
  ): ReadonlyMap<string, unknown>
  /** Every cluster that a route names. */
  readonly clusters: Set<string>
  /** `max_direct_response_body_size_bytes`; default 4096. */
  readonly maxDirectResponseBytes: number
}
