import { readFile } from 'node:fs/promises'
import { dirname, resolve, sep } from 'node:path'
import { type Clock, errorMessage, type Logger, silentLogger, systemClock, type Timer } from '@batten/core'
import type { Finding } from '../../model/finding.ts'
import type { ObjectSink, ObjectSource } from '../../model/source.ts'
import { type ConfigFile, type FileObject, readConfigFile } from './config-file.ts'
import { DirectoryWatch } from './directory-watch.ts'
import { type FileStamp, type Scan, scan } from './scan.ts'

/** Options of {@link FileSource}. */
export interface FileSourceOptions {
  /** Files and directories; directories are read with everything below them. */
  readonly paths: readonly string[]
  /** Follows changes. Default true; false reads once. */
  readonly watch?: boolean
  /**
   * How long files must be quiet before a change counts that may be half of one: a file is gone, has fewer objects,
   * does not end with a newline or cannot be read. Every other change counts after 5 ms. Default 20 ms.
   */
  readonly debounceMs?: number
  /** Larger files are refused. Default 16 MiB. */
  readonly maxFileBytes?: number
  readonly clock?: Clock
  readonly log?: Logger
}

/** What belongs together is saved within this time: the files of one save, the two writes of one file. */
const SETTLE_MS = 5

/** How long an emptied file may stay empty before its objects go: many editors truncate before they write. */
const EMPTY_GRACE_MS = 100

/**
 * Objects from YAML and JSON files, followed as they change: written, replaced, renamed or removed. All that one quiet
 * moment changed is applied as one batch. When two files define the same object, the one whose path sorts last counts.
 */
export class FileSource implements ObjectSource {
  readonly #roots: readonly string[]
  readonly #options: FileSourceOptions
  readonly #clock: Clock
  readonly #log: Logger
  readonly #watch: DirectoryWatch
  readonly #source: string
  #sink: ObjectSink | undefined
  #stamps = new Map<string, string>()
  #files = new Map<string, ConfigFile>()
  #applied = new Map<string, FileObject>()
  #timer: Timer | undefined
  /** When a watch last told of a change, monotonic. */
  #changedAt = Number.NEGATIVE_INFINITY
  #hasRead = false
  #reading: Promise<void> = Promise.resolve()
  /** Files that were found empty, and when. */
  readonly #emptySince = new Map<string, number>()

  constructor(options: FileSourceOptions) {
    this.#options = options
    this.#roots = options.paths.map((path) => resolve(path))
    this.#source = `files ${this.#roots.join(' ')}`
    this.#clock = options.clock ?? systemClock
    this.#log = options.log ?? silentLogger
    this.#watch = new DirectoryWatch(() => {
      this.#changedAt = this.#clock.monotonicMs()
      this.#schedule(SETTLE_MS)
    })
  }

  async start(sink: ObjectSink): Promise<void> {
    this.#sink = sink
    await this.#read()
  }

  async close(): Promise<void> {
    this.#sink = undefined
    this.#timer?.cancel()
    this.#watch.close()
    await this.#reading
  }

  /** Reads what changed now, without waiting for an event; tests and `batten dev` use it. */
  async refresh(): Promise<void> {
    this.#timer?.cancel()
    this.#changedAt = Number.NEGATIVE_INFINITY
    await this.#read()
  }

  #schedule(delayMs: number): void {
    if (this.#sink === undefined) return
    this.#timer?.cancel()
    this.#timer = this.#clock.setTimeout(() => void this.#read(), delayMs)
  }

  /** One reading after the other: an event during a reading causes another one. */
  #read(): Promise<void> {
    this.#reading = this.#reading
      .then(() => this.#readOnce())
      .catch((thrown) => this.#log.error(`cannot read the configuration: ${errorMessage(thrown)}`))
    return this.#reading
  }

  async #readOnce(): Promise<void> {
    const found = await scan(this.#roots)
    if (this.#options.watch !== false) {
      // A root that is a file is watched through its directory, since editors replace files.
      this.#watch.set([...found.directories, ...found.linked, ...this.#roots.map((root) => dirname(root))])
    }
    const files = new Map<string, ConfigFile>()
    for (const file of found.files) files.set(file.path, await this.#readFile(file))
    // What cannot be looked at is not gone: its last good objects stay.
    for (const [path, file] of this.#files)
      if (found.failures.some((failed) => path === failed.path || path.startsWith(`${failed.path}${sep}`)))
        files.set(path, file)
    const left = this.#changedAt + (this.#options.debounceMs ?? 20) - this.#clock.monotonicMs()
    if (this.#hasRead && left > 0 && this.#mayBeHalf(files)) {
      this.#schedule(left)
      return
    }
    this.#hasRead = true
    this.#stamps = new Map(found.files.map(({ path, stamp }) => [path, stamp]))
    this.#files = files
    this.#apply(found)
  }

  async #readFile({ path, stamp, size }: FileStamp): Promise<ConfigFile> {
    const before = this.#files.get(path)
    if (before !== undefined && this.#stamps.get(path) === stamp && !this.#emptySince.has(path)) return before
    if (size === 0 && before !== undefined && before.objects.size > 0 && !this.#isEmptyForLong(path))
      return before
    this.#emptySince.delete(path)
    const limit = this.#options.maxFileBytes ?? 16 * 1024 * 1024
    if (size > limit)
      return unreadable(path, before, `the file has ${size} bytes, more than the limit of ${limit}`)
    try {
      return readConfigFile(path, await readFile(path, 'utf8'), before)
    } catch (thrown) {
      return unreadable(path, before, errorMessage(thrown))
    }
  }

  /** Whether a reading shows what may be half of a change: nobody wants the objects gone that are written next. */
  #mayBeHalf(files: ReadonlyMap<string, ConfigFile>): boolean {
    for (const [path, before] of this.#files) {
      const file = files.get(path)
      if (file === undefined) return true
      if (file !== before) for (const key of before.objects.keys()) if (!file.objects.has(key)) return true
    }
    for (const [path, file] of files) if (!file.isWhole && file !== this.#files.get(path)) return true
    return false
  }

  #isEmptyForLong(path: string): boolean {
    const now = this.#clock.monotonicMs()
    const since = this.#emptySince.get(path) ?? now
    this.#emptySince.set(path, since)
    const left = since + EMPTY_GRACE_MS - now
    if (left <= 0 || this.#options.watch === false) return true
    this.#schedule(left)
    return false
  }

  #apply(found: Scan): void {
    const sink = this.#sink
    if (sink === undefined) return
    const objects = new Map<string, FileObject>()
    const findings: Finding[] = found.failures.map(({ path, message }) => ({
      code: 'CP_FILE_UNREADABLE',
      severity: 'error',
      message: `cannot read the configuration: ${message}`,
      file: path,
      hint: 'what was read from there before stays until it can be read again',
    }))
    for (const file of this.#files.values()) {
      findings.push(...file.findings)
      for (const [key, object] of file.objects) {
        const other = objects.get(key)
        if (other !== undefined) findings.push(duplicateAcross(other, object))
        objects.set(key, object)
      }
    }
    const upserts = [...objects.values()].filter((object) => this.#applied.get(object.key) !== object)
    const removals = [...this.#applied.keys()].filter((key) => !objects.has(key))
    this.#applied = objects
    sink.report(this.#source, findings)
    if (upserts.length > 0 || removals.length > 0) sink.apply({ upserts, removals })
  }
}

function unreadable(path: string, before: ConfigFile | undefined, message: string): ConfigFile {
  return {
    path,
    objects: before?.objects ?? new Map(),
    isWhole: false,
    findings: [
      {
        code: 'CP_FILE_UNREADABLE',
        severity: 'error',
        message: `cannot read the file: ${message}`,
        file: path,
      },
    ],
  }
}

function duplicateAcross(other: FileObject, object: FileObject): Finding {
  const { kind, metadata } = object.object
  return {
    code: 'CP_DUPLICATE_OBJECT',
    severity: 'warning',
    message: `${other.origin.file} defines the same object; this one counts`,
    object: `${kind} ${metadata.namespace ?? 'default'}/${metadata.name ?? ''}`,
    file: object.origin.file,
    ...object.origin.position?.('metadata.name'),
    hint: 'remove one of them, or give it another name',
  }
}
