import { createLogWriter, type LogDestination, type LogWriter } from './log-writer.ts'

/** Levels, quietest last. */
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'off'

/** All levels, in the order from loudest to quietest. */
export const LOG_LEVELS: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error', 'off']

/** Structured context of a log line. Secrets (keys, tokens, certificates' private parts) never go in here. */
export type LogFields = Readonly<Record<string, unknown>>

/**
 * A logger with a scope. Lines go to stderr as JSON (see {@link createLogger}); the access log does not use this.
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
  /** A logger for a part, `parent/child`, with its own level. The same name gives the same logger. */
  child(scope: string): Logger
}

/** The logger that {@link createLogger} returns: it knows every scope under it, for an admin page or a flag. */
export interface RootLogger extends Logger {
  /** Every scope that was asked for so far, by full name; the root's own scope included. */
  readonly scopes: ReadonlyMap<string, Logger>
  /**
   * Sets levels by scope, as Istio's `--log_output_level` does: `default:info,proxy/xds:debug`. A name also covers
   * the scopes below it, and scopes that appear later; `default` (or a lone level) is everything not named.
   *
   * @throws RangeError for a word that is no level
   */
  setLevels(levels: string): void
  /** Writes what is buffered; call it before the process ends. */
  flush(): void
}

export interface LoggerOptions {
  /** Name in the `scope` field. Default: empty. */
  readonly scope?: string
  /** Default: `info`. Also takes the form of {@link RootLogger.setLevels}. */
  readonly level?: string
  /** Default: `stderr`. */
  readonly destination?: LogDestination
  /** Aligned, human readable lines in place of JSON. Default: false. */
  readonly pretty?: boolean
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

/**
 * Makes the root logger of a process. JSON lines carry `level`, `time` (RFC 3339), `scope`, `msg` and the fields;
 * an `Error` in a field is printed as `{type, message, stack, code}`. The writer is pino, loaded on first use.
 *
 * @example
 * const log = createLogger({ scope: 'proxy', level: 'default:info,proxy/xds:debug' })
 * log.child('xds').debug('ACK', { type: 'cds', version })
 * log.setLevels('debug')
 */
export function createLogger(options: LoggerOptions = {}): RootLogger {
  const writer = createLogWriter(options.destination ?? 'stderr', options.pretty ?? false)
  return new ScopedRoot(options.scope ?? '', writer, options.level ?? 'info')
}

class ScopedLogger implements Logger {
  readonly scope: string
  readonly #root: ScopedRoot | undefined
  readonly #writer: LogWriter
  #level: LogLevel
  /** Index in LOG_LEVELS below which nothing is written: one comparison for a line that is off. */
  #threshold = 0

  constructor(scope: string, writer: LogWriter, level: LogLevel, root?: ScopedRoot) {
    this.scope = scope
    this.#writer = writer
    this.#root = root
    this.#level = level
    this.level = level
  }

  get level(): LogLevel {
    return this.#level
  }

  set level(level: LogLevel) {
    this.#level = level
    this.#threshold = LOG_LEVELS.indexOf(level)
  }

  trace(message: string, fields?: LogFields): void {
    if (this.#threshold <= 0) this.#writer.write('trace', this.scope, message, fields)
  }

  debug(message: string, fields?: LogFields): void {
    if (this.#threshold <= 1) this.#writer.write('debug', this.scope, message, fields)
  }

  info(message: string, fields?: LogFields): void {
    if (this.#threshold <= 2) this.#writer.write('info', this.scope, message, fields)
  }

  warn(message: string, fields?: LogFields): void {
    if (this.#threshold <= 3) this.#writer.write('warn', this.scope, message, fields)
  }

  error(message: string, fields?: LogFields): void {
    if (this.#threshold <= 4) this.#writer.write('error', this.scope, message, fields)
  }

  child(scope: string): Logger {
    return this.#root!.scoped(this.scope === '' ? scope : `${this.scope}/${scope}`, this.#level)
  }
}

class ScopedRoot extends ScopedLogger implements RootLogger {
  readonly scopes = new Map<string, Logger>()
  readonly #writer: LogWriter
  #levels = new Map<string, LogLevel>()

  constructor(scope: string, writer: LogWriter, levels: string) {
    super(scope, writer, 'info')
    this.#writer = writer
    this.scopes.set(scope, this)
    this.setLevels(levels)
  }

  override child(scope: string): Logger {
    return this.scoped(this.scope === '' ? scope : `${this.scope}/${scope}`, this.level)
  }

  scoped(name: string, inherited: LogLevel): Logger {
    let logger = this.scopes.get(name)
    if (logger === undefined) {
      logger = new ScopedLogger(name, this.#writer, this.#named(name) ?? inherited, this)
      this.scopes.set(name, logger)
    }
    return logger
  }

  setLevels(levels: string): void {
    const next = new Map(this.#levels)
    for (const part of levels.split(',')) {
      const at = part.lastIndexOf(':')
      const name = at < 0 ? 'default' : part.slice(0, at).trim()
      if (name === 'default') next.clear()
      next.set(name, parseLevel(part.slice(at + 1).trim()))
    }
    this.#levels = next
    for (const [name, logger] of this.scopes)
      logger.level = this.#named(name) ?? this.#levels.get('default') ?? 'info'
  }

  flush(): void {
    this.#writer.flush()
  }

  /** The level set for the scope or for its closest parent. */
  #named(scope: string): LogLevel | undefined {
    for (let name = scope; name !== ''; name = name.slice(0, Math.max(0, name.lastIndexOf('/')))) {
      const level = this.#levels.get(name)
      if (level !== undefined) return level
    }
    return undefined
  }
}

function parseLevel(word: string): LogLevel {
  const level = word === 'none' ? 'off' : word === 'warning' ? 'warn' : word === 'critical' ? 'error' : word
  if (!(LOG_LEVELS as readonly string[]).includes(level))
    throw new RangeError(`"${word}" is no log level; use one of ${LOG_LEVELS.join(', ')}`)
  return level as LogLevel
}
