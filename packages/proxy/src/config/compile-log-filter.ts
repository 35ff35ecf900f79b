import { GRPC_STATUS_NAMES } from '@batten/core'
import type { AccessLogFilter, ComparisonFilter } from '@batten/xds'
import { RESPONSE_FLAGS } from '../response-flags.ts'
import type { LogComparison, LogFilterConfig } from '../telemetry/access-log/log-filter.ts'
import { compileHeaderMatch } from './compile-route-match.ts'
import type { MessageReader } from './message-reader.ts'

/** `AccessLogFilter` -> {@link LogFilterConfig}. */
export function compileLogFilter(filter: MessageReader<AccessLogFilter>): LogFilterConfig {
  const compiled = compileKind(filter)
  filter.done()
  if (compiled === undefined) throw filter.at.invalid('a filter says what it goes by')
  return Object.freeze(compiled)
}

function compileKind(filter: MessageReader<AccessLogFilter>): LogFilterConfig | undefined {
  const status = filter.nested('statusCodeFilter', 'StatusCodeFilter')
  if (status !== undefined) {
    const comparison = compileComparison(status.nested('comparison', 'ComparisonFilter'), status)
    status.done()
    return { kind: 'status-code', comparison }
  }
  const duration = filter.nested('durationFilter', 'DurationFilter')
  if (duration !== undefined) {
    const comparison = compileComparison(duration.nested('comparison', 'ComparisonFilter'), duration)
    duration.done()
    return { kind: 'duration', comparison }
  }
  // No request is a health check: the filter that tells them apart is refused.
  if (filter.nested('notHealthCheckFilter', 'NotHealthCheckFilter') !== undefined) return { kind: 'all' }
  const and = filter.nested('andFilter', 'AndFilter')
  if (and !== undefined) return { kind: 'and', filters: compileList(and) }
  const or = filter.nested('orFilter', 'OrFilter')
  if (or !== undefined) return { kind: 'or', filters: compileList(or) }
  const header = filter.nested('headerFilter', 'HeaderFilter')
  if (header !== undefined) {
    const matcher = header.nested('header', 'HeaderMatcher')
    if (matcher === undefined) throw header.path('header').invalid('a header is required')
    header.done()
    return { kind: 'header', match: compileHeaderMatch(matcher) }
  }
  const flags = filter.nested('responseFlagFilter', 'ResponseFlagFilter')
  if (flags !== undefined) {
    const names = flags.take('flags') ?? []
    names.forEach((name, i) => {
      if (!Object.hasOwn(RESPONSE_FLAGS, name))
        throw flags
          .path('flags')
          .index(i)
          .invalid(`${JSON.stringify(name)} is no response flag`)
    })
    flags.done()
    return { kind: 'response-flag', flags: new Set(names) }
  }
  const types = filter.nested('logTypeFilter', 'LogTypeFilter')
  if (types !== undefined) {
    const names = new Set<string>(types.take('types') ?? [])
    const exclude = types.flag('exclude')
    types.done()
    return { kind: 'log-type', types: names, exclude }
  }
  const grpc = filter.nested('grpcStatusFilter', 'GrpcStatusFilter')
  if (grpc === undefined) return undefined
  const statuses = (grpc.take('statuses') ?? []).map((name) =>
    GRPC_STATUS_NAMES.indexOf(name === 'CANCELED' ? 'CANCELLED' : name),
  )
  const exclude = grpc.flag('exclude')
  grpc.done()
  return { kind: 'grpc-status', statuses: new Set(statuses), exclude }
}

function compileList(
  list: MessageReader<{ filters?: AccessLogFilter[] | undefined }>,
): readonly LogFilterConfig[] {
  const filters = list.each('filters', 'AccessLogFilter').map(compileLogFilter)
  list.done()
  if (filters.length < 2) throw list.path('filters').invalid('at least two filters are required')
  return Object.freeze(filters)
}

function compileComparison(
  comparison: MessageReader<ComparisonFilter> | undefined,
  owner: { readonly at: { field(name: string): { invalid(message: string): Error } } },
): LogComparison {
  const value = comparison?.nested('value', 'RuntimeUInt32')
  if (comparison === undefined || value === undefined)
    throw owner.at.field('comparison').invalid('a value to compare with is required')
  const op = comparison.choice('op', ['EQ', 'GE', 'LE'], 'EQ')
  const compiled = { op, value: value.number('defaultValue') ?? 0 }
  value.done()
  comparison.done()
  return Object.freeze(compiled)
}
