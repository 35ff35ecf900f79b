import { matchesHeader } from '../../http/route/header-match.ts'
import type { HeaderMatch } from '../../http/route/route-config.ts'
import { grpcStatus } from './grpc-operators.ts'
import type { LoggedStream } from './logged-stream.ts'

export type LogFilter = (stream: LoggedStream) => boolean

/** `ComparisonFilter.Op` with its value. */
export interface LogComparison {
  readonly op: 'EQ' | 'GE' | 'LE'
  readonly value: number
}

/** Which streams are written to an access log, compiled from `AccessLogFilter`. */
export type LogFilterConfig =
  | { readonly kind: 'status-code' | 'duration'; readonly comparison: LogComparison }
  | { readonly kind: 'all' }
  | { readonly kind: 'and' | 'or'; readonly filters: readonly LogFilterConfig[] }
  | { readonly kind: 'header'; readonly match: HeaderMatch }
  /** Empty: any flag. */
  | { readonly kind: 'response-flag'; readonly flags: ReadonlySet<string> }
  | { readonly kind: 'log-type'; readonly types: ReadonlySet<string>; readonly exclude: boolean }
  | { readonly kind: 'grpc-status'; readonly statuses: ReadonlySet<number>; readonly exclude: boolean }

/**
 * Makes the test of a filter.
 *
 * @see https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/accesslog/v3/accesslog.proto#config-accesslog-v3-accesslogfilter
 */
export function createLogFilter(config: LogFilterConfig): LogFilter {
  switch (config.kind) {
    case 'all':
      return () => true
    case 'status-code':
      return ({ responseHeaders }) => compares(config.comparison, responseHeaders?.status ?? 0)
    case 'duration':
      return ({ startMs, timing }) =>
        timing.endMs !== undefined && compares(config.comparison, Math.floor(timing.endMs - startMs))
    case 'and': {
      const filters = config.filters.map(createLogFilter)
      return (stream) => filters.every((passes) => passes(stream))
    }
    case 'or': {
      const filters = config.filters.map(createLogFilter)
      return (stream) => filters.some((passes) => passes(stream))
    }
    case 'header':
      return ({ requestHeaders }) => matchesHeader(config.match, requestHeaders)
    case 'response-flag': {
      const { flags } = config
      return ({ responseFlags }) =>
        flags.size === 0 ? responseFlags.length > 0 : responseFlags.some((flag) => flags.has(flag))
    }
    case 'log-type':
      return ({ logType = 'DownstreamEnd' }) => config.types.has(logType) !== config.exclude
    case 'grpc-status':
      return (stream) => config.statuses.has(grpcStatus(stream) ?? -1) !== config.exclude
  }
}

function compares({ op, value }: LogComparison, actual: number): boolean {
  if (op === 'GE') return actual >= value
  if (op === 'LE') return actual <= value
  return actual === value
}
