import { proxy_get_log_level, proxy_log, Status } from './abi'
import { hasEntered, mark, out, release } from './arena'
import { encode, encodedSize } from './text'

/** Levels of the proxy's log, quietest last. */
export enum LogLevel {
  Trace = 0,
  Debug = 1,
  Info = 2,
  Warn = 3,
  Error = 4,
  Critical = 5,
}

/** Writes one line to the proxy's log. */
export function writeLog(level: LogLevel, message: string): void {
  const position = mark()
  const at = encode(message)
  proxy_log(level, at, encodedSize)
  release(position)
}

/**
 * The proxy's log.
 *
 * A message is put together before `log.debug` decides whether anybody wants it: guard costly ones with
 * {@link log.enabled}.
 *
 * @example
 * log.warn('no token for ' + path)
 */
export namespace log {
  /** Whether lines of this level are written at all. Top-level code does not know: it must not ask. */
  export function enabled(level: LogLevel): bool {
    if (!hasEntered()) return true
    if (proxy_get_log_level(out) != Status.Ok) return true
    return load<u32>(out) <= <u32>level
  }

  export function trace(message: string): void {
    if (enabled(LogLevel.Trace)) writeLog(LogLevel.Trace, message)
  }

  export function debug(message: string): void {
    if (enabled(LogLevel.Debug)) writeLog(LogLevel.Debug, message)
  }

  export function info(message: string): void {
    if (enabled(LogLevel.Info)) writeLog(LogLevel.Info, message)
  }

  export function warn(message: string): void {
    writeLog(LogLevel.Warn, message)
  }

  export function error(message: string): void {
    writeLog(LogLevel.Error, message)
  }

  export function critical(message: string): void {
    writeLog(LogLevel.Critical, message)
  }
}
