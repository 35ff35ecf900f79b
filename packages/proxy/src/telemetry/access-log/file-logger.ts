import type { AccessLogger } from './access-logger.ts'
import type { AccessLogFile, AccessLogFiles, LogTarget } from './file.ts'
import { compileJsonFormat, compileTextFormat, DEFAULT_LOG_FORMAT } from './format.ts'
import type { LoggedStream } from './logged-stream.ts'

export interface FileLoggerConfig {
  readonly destination: LogTarget
  /** undefined: {@link DEFAULT_LOG_FORMAT}. */
  readonly format:
    | { readonly kind: 'text'; readonly text: string }
    | { readonly kind: 'json'; readonly template: Readonly<Record<string, unknown>> }
    | undefined
  readonly omitEmptyValues: boolean
}

/**
 * Makes the access logger of a configuration.
 *
 * @throws BattenError `PROXY_INVALID_CONFIG` when the format cannot be compiled
 */
export function createFileLogger(config: FileLoggerConfig, files: AccessLogFiles): AccessLogger {
  const { format, omitEmptyValues } = config
  const print =
    format?.kind === 'json'
      ? compileJsonFormat(format.template, omitEmptyValues)
      : compileTextFormat(format?.text ?? DEFAULT_LOG_FORMAT, omitEmptyValues)
  return new FileLogger(files.open(config.destination), print)
}

class FileLogger implements AccessLogger {
  readonly #file: AccessLogFile
  readonly #print: (stream: LoggedStream) => string

  constructor(file: AccessLogFile, print: (stream: LoggedStream) => string) {
    this.#file = file
    this.#print = print
  }

  log(stream: LoggedStream): void {
    this.#file.append(this.#print(stream))
  }

  flush(): Promise<void> {
    return this.#file.flush()
  }
}
