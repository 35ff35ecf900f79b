import {
  type AccessLog,
  anyName,
  type FileAccessLog,
  type SubstitutionFormatString,
  structToJson,
  type TypedExtensionConfig,
} from '@batten/xds'
import type { AccessLogger } from '../telemetry/access-log/access-logger.ts'
import type { LogFilterConfig } from '../telemetry/access-log/log-filter.ts'
import { compileDataSource } from './compile-data-source.ts'
import { compileLogFilter } from './compile-log-filter.ts'
import type { CompileEnvironment } from './environment.ts'
import { MessageReader } from './message-reader.ts'
import { unknownExtension, unpackExtension } from './unpack.ts'

/** One access log, compiled: where lines go and how they look. */
export interface AccessLogConfig {
  readonly destination: { readonly file: string } | 'stdout' | 'stderr'
  /** undefined: Envoy's default text format. */
  readonly format:
    | { readonly kind: 'text'; readonly text: string }
    | { readonly kind: 'json'; readonly template: Readonly<Record<string, unknown>> }
    | undefined
  readonly omitEmptyValues: boolean
  /** Which requests are logged. Default: all. */
  readonly filter?: LogFilterConfig
}

const FILE = 'envoy.extensions.access_loggers.file.v3.FileAccessLog'
const STDOUT = 'envoy.extensions.access_loggers.stream.v3.StdoutAccessLog'
const STDERR = 'envoy.extensions.access_loggers.stream.v3.StderrAccessLog'

type Stream = { logFormat?: SubstitutionFormatString | undefined }

/** `access_log` of a connection manager. */
export function compileAccessLogs(
  logs: readonly MessageReader<AccessLog>[],
  environment: Pick<CompileEnvironment, 'createAccessLogger'>,
): readonly AccessLogger[] {
  return Object.freeze(
    logs.map((log) => log.at.within(() => environment.createAccessLogger(compileAccessLog(log)))),
  )
}

/** `AccessLog` -> {@link AccessLogConfig}. */
export function compileAccessLog(log: MessageReader<AccessLog>): AccessLogConfig {
  log.skip('name')
  const at = log.path('typedConfig')
  const { name, typeUrl, message } = unpackExtension(log.take('typedConfig'), at)
  const filterMessage = log.nested('filter', 'AccessLogFilter')
  const filter = filterMessage === undefined ? {} : { filter: compileLogFilter(filterMessage) }
  log.done()
  if (name === FILE) {
    const file = new MessageReader(message as FileAccessLog, 'FileAccessLog', at)
    const path = file.requiredText('path')
    const text = file.take('format')
    const json = file.take('typedJsonFormat') ?? file.take('jsonFormat')
    const format = compileFormat(file)
    file.done()
    const deprecated =
      json === undefined
        ? text === undefined
          ? undefined
          : ({ kind: 'text', text } as const)
        : ({ kind: 'json', template: structToJson(json) } as const)
    return Object.freeze({
      destination: streamOf(path),
      ...filter,
      ...format,
      format: format.format ?? deprecated,
    })
  }
  if (name !== STDOUT && name !== STDERR) throw unknownExtension(typeUrl, at)
  const stream = new MessageReader(message as Stream, 'StreamAccessLog', at)
  const format = compileFormat(stream)
  stream.done()
  return Object.freeze({ destination: name === STDOUT ? 'stdout' : 'stderr', ...filter, ...format })
}

/** Writing to these paths is writing to the stream; opening them anew fails in some containers. */
function streamOf(path: string): AccessLogConfig['destination'] {
  if (path === '/dev/stdout') return 'stdout'
  return path === '/dev/stderr' ? 'stderr' : { file: path }
}

/** Operators that Envoy has by an extension only; here they are always there. */
const FORMATTERS = new Set([
  'envoy.extensions.formatter.metadata.v3.Metadata',
  'envoy.extensions.formatter.req_without_query.v3.ReqWithoutQuery',
])

function acceptFormatter(formatter: MessageReader<TypedExtensionConfig>): void {
  formatter.skip('name')
  const config = formatter.take('typedConfig')
  formatter.done()
  if (config === undefined || !FORMATTERS.has(anyName(config)))
    throw unknownExtension(config?.typeUrl ?? '', formatter.path('typedConfig'))
}

function compileFormat(reader: MessageReader<Stream>): Pick<AccessLogConfig, 'format' | 'omitEmptyValues'> {
  const format = reader.nested('logFormat', 'SubstitutionFormatString')
  if (format === undefined) return { format: undefined, omitEmptyValues: false }
  const text = format.take('textFormat')
  const json = format.take('jsonFormat')
  const source = format.nested('textFormatSource', 'DataSource')
  const omitEmptyValues = format.flag('omitEmptyValues')
  format.each('formatters', 'TypedExtensionConfig').forEach(acceptFormatter)
  format.done()
  if (json !== undefined) return { format: { kind: 'json', template: structToJson(json) }, omitEmptyValues }
  const content = source === undefined ? text : compileDataSource(source).toString('utf8')
  return { format: content === undefined ? undefined : { kind: 'text', text: content }, omitEmptyValues }
}
