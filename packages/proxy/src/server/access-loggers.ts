import type { AccessLogConfig } from '../config/compile-access-log.ts'
import type { ProxyOptions } from '../options.ts'
import type { AccessLogger } from '../telemetry/access-log/access-logger.ts'
import type { AccessLogFiles } from '../telemetry/access-log/file.ts'
import { createFileLogger } from '../telemetry/access-log/file-logger.ts'
import { compileJsonFormat, compileTextFormat, DEFAULT_LOG_FORMAT } from '../telemetry/access-log/format.ts'
import { createLogFilter } from '../telemetry/access-log/log-filter.ts'

/** Access loggers that write to files and streams, or for streams to a sink. */
export function accessLoggers(
  files: AccessLogFiles,
  sink: ProxyOptions['accessLogSink'],
): (config: AccessLogConfig) => AccessLogger {
  return (config) => {
    const logger = loggerOf(config)
    if (config.filter === undefined) return logger
    const passes = createLogFilter(config.filter)
    return {
      log(stream) {
        if (passes(stream)) logger.log(stream)
      },
      flush: () => logger.flush(),
    }
  }

  function loggerOf(config: AccessLogConfig): AccessLogger {
    const { destination, format, omitEmptyValues } = config
    if (sink === undefined || typeof destination !== 'string') return createFileLogger(config, files)
    const print =
      format?.kind === 'json'
        ? compileJsonFormat(format.template, omitEmptyValues)
        : compileTextFormat(format?.text ?? DEFAULT_LOG_FORMAT, omitEmptyValues)
    return {
      log: (stream) => sink(print(stream).replace(/\n$/, ''), destination),
      flush: async () => {},
    }
  }
}
