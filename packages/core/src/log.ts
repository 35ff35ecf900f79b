/** Levels, quietest last. */
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'off'

/** Structured context of a log line. Secrets (keys, tokens, certificates' private parts) never go in here. */
export type LogFields = Readonly<Record<string, unknown>>

/**
 * A logger with a scope. Lines go to stderr as JSON (see `createLogger`); the access log does not use this.
 *
 * @example log.warn('resource rejected', { resource: name, field: path, reason })
 */
export interface Logger {
  readonly scope: string
  level: LogLevel
  trace(message: string, fields?: LogFields): void
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
  /** A logger for a part, `parent/child`, with its own level. */
  child(scope: string): Logger
}

/** A logger that says nothing: the default of everything that takes one. */
export const silentLogger: Logger = {
  scope: '',
  level: 'off',
  trace() {},
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLogger,
}
