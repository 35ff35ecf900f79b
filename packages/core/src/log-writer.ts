import type { DestinationStream, Logger as PinoLogger } from 'pino'
import type { LogFields, LogLevel } from './log.ts'

/** Where lines go: a standard stream, a file (`file:` URL or path), or anything that takes a finished line. */
export type LogDestination = 'stderr' | 'stdout' | { readonly file: string } | { write(line: string): void }

/** Formats and writes one line. Internal: loggers decide about levels, the writer about bytes. */
export interface LogWriter {
  write(level: Exclude<LogLevel, 'off'>, scope: string, message: string, fields: LogFields | undefined): void
  flush(): void
}

export function createLogWriter(destination: LogDestination, pretty: boolean): LogWriter {
  return pretty ? new PrettyWriter(destination) : new JsonWriter(destination)
}

/** Pino costs 30 ms and 9 MB to load, so it is loaded by the first line, and a browser never asks for it. */
function loadPino(): typeof import('pino') {
  const { createRequire } = process.getBuiltinModule('node:module')
  return createRequire(import.meta.url)('pino') as typeof import('pino')
}

function openDestination(pino: typeof import('pino'), destination: LogDestination) {
  if (destination === 'stderr') return pino.destination({ fd: 2, sync: true })
  if (destination === 'stdout') return pino.destination({ fd: 1, sync: true })
  if ('file' in destination) return pino.destination({ dest: destination.file, sync: true, mkdir: true })
  return destination
}

class JsonWriter implements LogWriter {
  readonly #destination: LogDestination
  #pino: PinoLogger | undefined
  #stream: DestinationStream | undefined

  constructor(destination: LogDestination) {
    this.#destination = destination
  }

  write(
    level: Exclude<LogLevel, 'off'>,
    scope: string,
    message: string,
    fields: LogFields | undefined,
  ): void {
    this.#pino ??= this.#open()
    this.#pino[level](fields === undefined ? { scope } : { scope, ...withoutReserved(fields) }, message)
  }

  flush(): void {
    const stream = this.#stream
    if (stream !== undefined && 'flushSync' in stream) (stream as { flushSync(): void }).flushSync()
  }

  #open(): PinoLogger {
    const pino = loadPino()
    this.#stream = openDestination(pino, this.#destination)
    return pino(
      {
        level: 'trace',
        base: null,
        timestamp: pino.stdTimeFunctions.isoTime,
        formatters: { level: (label) => ({ level: label }) },
        serializers: { error: serializeError, err: serializeError, cause: serializeError },
      },
      this.#stream,
    )
  }
}

const RESERVED = ['level', 'time', 'scope', 'msg']

/** A field never hides the line's own keys: JSON readers keep the last of two equal keys. */
function withoutReserved(fields: LogFields): LogFields {
  for (const key of RESERVED) {
    if (!Object.hasOwn(fields, key)) continue
    return Object.fromEntries(
      Object.entries(fields).map(([name, value]) => [RESERVED.includes(name) ? `${name}_` : name, value]),
    )
  }
  return fields
}

function serializeError(value: unknown): unknown {
  if (!(value instanceof Error)) return value
  const code = 'code' in value ? { code: value.code } : {}
  return { type: value.name, message: value.message, ...code, stack: value.stack }
}

class PrettyWriter implements LogWriter {
  readonly #destination: LogDestination
  #stream: DestinationStream | undefined

  constructor(destination: LogDestination) {
    this.#destination = destination
  }

  write(
    level: Exclude<LogLevel, 'off'>,
    scope: string,
    message: string,
    fields: LogFields | undefined,
  ): void {
    this.#stream ??= openDestination(loadPino(), this.#destination)
    const time = new Date().toISOString().slice(11, 23)
    const head = `${time} ${level.toUpperCase().padEnd(5)} ${scope === '' ? '' : `[${scope}] `}${oneLine(message)}`
    this.#stream.write(`${head}${fields === undefined ? '' : prettyFields(fields)}\n`)
  }

  flush(): void {
    const stream = this.#stream
    if (stream !== undefined && 'flushSync' in stream) (stream as { flushSync(): void }).flushSync()
  }
}

function prettyFields(fields: LogFields): string {
  let text = ''
  for (const name in fields) {
    const value = fields[name]
    if (value === undefined) continue
    if (value instanceof Error) text += ` ${name}=${JSON.stringify(value.message)}`
    else if (typeof value === 'string')
      text += ` ${name}=${/^[\w./:@|~-]+$/.test(value) ? value : JSON.stringify(value)}`
    else text += ` ${name}=${safeJson(value)}`
  }
  return text
}

function safeJson(value: unknown): string {
  try {
    return (
      JSON.stringify(value, (_, inner) => (typeof inner === 'bigint' ? inner.toString() : inner)) ??
      'undefined'
    )
  } catch {
    return '"[unprintable]"'
  }
}

/** Log injection: a message from the network never starts a line of its own. */
function oneLine(message: string): string {
  return message.replace(/[\u0000-\u001f\u007f]/g, (char) => JSON.stringify(char).slice(1, -1))
}
