import { type AccessLog, messageFromJson } from '@batten/xds'
import { expect, it } from 'vitest'
import { compileAccessLog } from './compile-access-log.ts'
import { FieldPath } from './field-path.ts'
import { MessageReader } from './message-reader.ts'

function compile(filter: object) {
  const message: AccessLog = messageFromJson('envoy.config.accesslog.v3.AccessLog', {
    name: 'x',
    filter,
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog',
    },
  })
  return compileAccessLog(new MessageReader(message, 'AccessLog', FieldPath.of('log'))).filter
}

const atLeast = (value: number) => ({
  comparison: { op: 'GE', value: { default_value: value, runtime_key: 'x' } },
})

it.each([
  [{ status_code_filter: atLeast(400) }, { kind: 'status-code', comparison: { op: 'GE', value: 400 } }],
  [{ duration_filter: atLeast(10) }, { kind: 'duration', comparison: { op: 'GE', value: 10 } }],
  [{ not_health_check_filter: {} }, { kind: 'all' }],
  [{ response_flag_filter: { flags: ['NR'] } }, { kind: 'response-flag', flags: new Set(['NR']) }],
  [
    { grpc_status_filter: { statuses: ['CANCELED', 'UNAVAILABLE'], exclude: true } },
    { kind: 'grpc-status', statuses: new Set([1, 14]), exclude: true },
  ],
  [
    { or_filter: { filters: [{ not_health_check_filter: {} }, { response_flag_filter: {} }] } },
    { kind: 'or', filters: [{ kind: 'all' }, { kind: 'response-flag', flags: new Set() }] },
  ],
])('compiles the filter %o', (filter, expected) => {
  expect(compile(filter)).toEqual(expected)
})

it.each([
  [{}, 'a filter says what it goes by'],
  [{ response_flag_filter: { flags: ['NOPE'] } }, '"NOPE" is no response flag'],
  [{ status_code_filter: {} }, 'a value to compare with is required'],
  [{ and_filter: { filters: [{ not_health_check_filter: {} }] } }, 'at least two filters are required'],
  [{ header_filter: {} }, 'a header is required'],
  [{ runtime_filter: { runtime_key: 'x' } }, 'not supported yet'],
])('refuses the filter %o', (filter, message) => {
  expect(() => compile(filter)).toThrow(message)
})
