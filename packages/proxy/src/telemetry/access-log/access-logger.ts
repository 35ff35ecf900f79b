import type { LoggedStream } from './logged-stream.ts'

/** Writes one line for each finished stream. */
export interface AccessLogger {
  log(stream: LoggedStream): void
  /** Writes what is buffered. */
  flush(): Promise<void>
}
