import { closeSync, openSync, write } from 'node:fs'
import type { Clock, Counter, Timer } from '@batten/core'
import type { StatsStore } from '../stats.ts'

/** Lines are written when so much has been gathered, or after {@link FLUSH_MS}. */
const FLUSH_BYTES = 64 * 1024
const FLUSH_MS = 100
/** More than this is not kept for a file that takes nothing; lines are dropped and counted. */
const MAX_BUFFERED_BYTES = 8 * 1024 * 1024
const REOPEN_MS = 1000

export type LogTarget = { readonly file: string } | 'stdout' | 'stderr'

/** The open log files of a proxy: loggers that name the same file share it. */
export class AccessLogFiles {
  readonly #clock: Clock
  readonly #stats: StatsStore
  readonly #files = new Map<string, AccessLogFile>()

  constructor(clock: Clock, stats: StatsStore) {
    this.#clock = clock
    this.#stats = stats
  }

  open(target: LogTarget): AccessLogFile {
    const key = typeof target === 'string' ? target : `file:${target.file}`
    let file = this.#files.get(key)
    if (file === undefined) this.#files.set(key, (file = new AccessLogFile(target, this.#clock, this.#stats)))
    return file
  }

  /** Opens every file by its name again: after it was moved away by a log rotation. */
  reopen(): void {
    for (const file of this.#files.values()) file.reopen()
  }

  /** Writes what is buffered and closes every file. */
  async close(): Promise<void> {
    await Promise.all([...this.#files.values()].map((file) => file.close()))
    this.#files.clear()
  }
}

/**
 * Appends lines to a file or a standard stream, gathered into few writes. Requests never wait for it, and a file that
 * cannot be written never fails one: it is opened anew until it works.
 */
export class AccessLogFile {
  readonly #target: LogTarget
  readonly #clock: Clock
  readonly #buffered: Counter
  readonly #completed: Counter
  readonly #failed: Counter
  readonly #dropped: Counter
  readonly #reopenFailed: Counter
  #fd: number | undefined
  #lines = ''
  #writing: Promise<void> | undefined
  #timer: Timer | undefined
  #retryAtMs = 0

  constructor(target: LogTarget, clock: Clock, stats: StatsStore) {
    this.#target = target
    this.#clock = clock
    this.#buffered = stats.counter('filesystem.write_buffered')
    this.#completed = stats.counter('filesystem.write_completed')
    this.#failed = stats.counter('filesystem.write_failed')
    this.#dropped = stats.counter('filesystem.write_dropped')
    this.#reopenFailed = stats.counter('filesystem.reopen_failed')
  }

  append(line: string): void {
    if (this.#lines.length > MAX_BUFFERED_BYTES) {
      this.#dropped.inc()
      return
    }
    this.#buffered.inc()
    this.#lines += line
    if (this.#lines.length >= FLUSH_BYTES) void this.#write()
    else this.#timer ??= this.#clock.setTimeout(this.#onTimer, FLUSH_MS)
  }

  /** Resolves when everything appended so far is with the system, or was given up. */
  async flush(): Promise<void> {
    while (
      this.#writing !== undefined ||
      (this.#lines !== '' && this.#clock.monotonicMs() >= this.#retryAtMs)
    )
      await (this.#writing ?? this.#write())
  }

  /** Opens the file by its name at the next write. */
  reopen(): void {
    this.#closeFd()
  }

  async close(): Promise<void> {
    this.#timer?.cancel()
    this.#timer = undefined
    await this.flush()
    this.#closeFd()
  }

  readonly #onTimer = (): void => {
    this.#timer = undefined
    void this.#write()
  }

  async #write(): Promise<void> {
    if (this.#writing !== undefined) return this.#writing
    const lines = this.#lines
    if (lines === '' || this.#clock.monotonicMs() < this.#retryAtMs) return
    this.#lines = ''
    this.#writing = this.#writeAll(Buffer.from(lines)).finally(() => {
      this.#writing = undefined
      if (this.#lines !== '') this.#timer ??= this.#clock.setTimeout(this.#onTimer, FLUSH_MS)
    })
    return this.#writing
  }

  async #writeAll(bytes: Buffer): Promise<void> {
    try {
      const fd = this.#open()
      for (let at = 0; at < bytes.length; ) at += await writeSome(fd, bytes.subarray(at))
      this.#completed.inc()
    } catch {
      this.#failed.inc()
      this.#closeFd()
      this.#retryAtMs = this.#clock.monotonicMs() + REOPEN_MS
    }
  }

  #open(): number {
    if (this.#target === 'stdout') return 1
    if (this.#target === 'stderr') return 2
    try {
      return (this.#fd ??= openSync(this.#target.file, 'a', 0o644))
    } catch (thrown) {
      this.#reopenFailed.inc()
      throw thrown
    }
  }

  /** A write that is under way keeps its descriptor: the system would give the number to the next connection. */
  #closeFd(): void {
    const fd = this.#fd
    this.#fd = undefined
    if (fd === undefined) return
    if (this.#writing === undefined) closeSync(fd)
    else void this.#writing.then(() => closeSync(fd))
  }
}

function writeSome(fd: number, bytes: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    write(fd, bytes, (error, written) => {
      // A standard stream may be a pipe that takes nothing at the moment.
      if (error?.code === 'EAGAIN') setTimeout(() => resolve(0), 10)
      else if (error === null) resolve(written)
      else reject(error)
    })
  })
}
