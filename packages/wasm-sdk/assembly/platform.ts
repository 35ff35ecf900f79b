/**
 * What the AssemblyScript standard library wants of a JavaScript host, on the functions that a proxy has. The
 * compiler front end points `abort`, `seed`, `trace` and the imports of `~lib/bindings/dom` here, so that a module
 * imports nothing that Envoy lacks.
 *
 * Nothing here, nor in what it imports, may allocate at the top level: the allocator itself uses `abort`, so this
 * file's start code runs before the allocator is ready.
 */
import { clock_time_get, random_get } from './abi'
import { out, take } from './arena'
import { LogLevel, writeLog } from './log'

/** The wall clock of WASI. Top-level code may ask it too: Envoy lets that call nothing of Proxy-Wasm but the log. */
const REALTIME: u32 = 0

/** Nanoseconds since the epoch. */
export function nowNanoseconds(): u64 {
  clock_time_get(REALTIME, 1, out)
  return load<u64>(out)
}

/** `throw`, a failed `assert`, an index out of range: says where in the log, then traps. */
export function abort(
  message: string | null = null,
  fileName: string | null = null,
  line: u32 = 0,
  column: u32 = 0,
): void {
  let text = message == null ? 'aborted' : message
  if (fileName != null) text += ' at ' + fileName + ':' + line.toString() + ':' + column.toString()
  writeLog(LogLevel.Critical, text)
  unreachable()
}

/** Seed of `Math.random`. */
export function seed(): f64 {
  random_get(out, 8)
  return reinterpret<f64>(load<u64>(out))
}

export function trace(
  message: string,
  count: i32 = 0,
  a0: f64 = 0,
  a1: f64 = 0,
  a2: f64 = 0,
  a3: f64 = 0,
  a4: f64 = 0,
): void {
  let text = message
  if (count > 0) text += ' ' + a0.toString()
  if (count > 1) text += ' ' + a1.toString()
  if (count > 2) text += ' ' + a2.toString()
  if (count > 3) text += ' ' + a3.toString()
  if (count > 4) text += ' ' + a4.toString()
  writeLog(LogLevel.Trace, text)
}

export namespace Date {
  export function now(): f64 {
    return <f64>(nowNanoseconds() / 1_000_000)
  }
}

export namespace performance {
  export function now(): f64 {
    return <f64>nowNanoseconds() / 1e6
  }
}

export namespace console {
  export function assert(condition: bool, message: string): void {
    if (!condition) writeLog(LogLevel.Error, 'assertion failed: ' + message)
  }
  export function log(message: string): void {
    writeLog(LogLevel.Info, message)
  }
  export function debug(message: string): void {
    writeLog(LogLevel.Debug, message)
  }
  export function info(message: string): void {
    writeLog(LogLevel.Info, message)
  }
  export function warn(message: string): void {
    writeLog(LogLevel.Warn, message)
  }
  export function error(message: string): void {
    writeLog(LogLevel.Error, message)
  }

  let started: Map<string, u64> | null = null

  function timers(): Map<string, u64> {
    let map = started
    if (map == null) {
      map = new Map<string, u64>()
      started = map
    }
    return map
  }

  export function time(label: string): void {
    timers().set(label, nowNanoseconds())
  }
  export function timeLog(label: string): void {
    if (!timers().has(label)) return
    const microseconds = (nowNanoseconds() - timers().get(label)) / 1000
    writeLog(LogLevel.Info, label + ': ' + microseconds.toString() + ' us')
  }
  export function timeEnd(label: string): void {
    timeLog(label)
    timers().delete(label)
  }
}

export namespace crypto {
  export function getRandomValues(array: Uint8Array): void {
    let filled = 0
    while (filled < array.length) {
      const size = min(array.length - filled, 65536)
      const at = take(<usize>size)
      if (random_get(at, <usize>size) != 0) throw new Error('the proxy has no random bytes')
      memory.copy(array.dataStart + <usize>filled, at, <usize>size)
      filled += size
    }
  }
}
