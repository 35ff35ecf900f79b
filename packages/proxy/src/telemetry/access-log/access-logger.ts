import type { HttpStream } from '../../http/filter.ts'

/** Writes one line for each finished stream. */
export interface AccessLogger {
  log(stream: HttpStream): void
  /** Writes what is buffered. */
  flush(): Promise<void>
}
