import { readFile } from 'node:fs/promises'
import { dirname, join, resolve, sep } from 'node:path'
import { type Clock, errorMessage, type Logger, silentLogger, systemClock, type Timer } from '@batten/core'
import type { Finding } from '../../model/finding.ts'
import type { ObjectSink, ObjectSource } from '../../model/source.ts'
import { type ConfigFile, type FileObject, readConfigFile } from './config-file.ts'
import { DirectoryWatch } from './directory-watch.ts'
import { type FileStamp, mayBeConfig, type Scan, scan } from './scan.ts'

/** Options of {@link FileSource}. */
export interface FileSourceOptions {
  /** Files and directories; directories are read with everything below them. */
  readonly paths: readonly string[]
  /** Follows changes. Default true; false reads once. */
  readonly watch?: boolean
  /**
   * How long files must be quiet before a change counts that may be half of one: a file is gone, has fewer objects or lines,
   * does not end with a newline or cannot be read. Every other change counts after 5 ms. Where files are never quiet,
   * changes count all the same, after 50 times as long and 100 ms. Default 20 ms.
   */
  readonly debounceMs?: number
  /** Larger files are refused. Default 16 MiB. */
  readonly maxFileBytes?: number
  readonly clock?: Clock
  readonly log?: Logger
}

/** What belongs together is saved within this time: the files of one save, the two writes of one file. */
const SETTLE_MS = 5

/** Whoever writes without a pause keeps changes from counting no longer than this: a log among the files, for one. */
const MAX_SETTLE_MS = 100
const MAX_DEBOUNCES = 50

/**
 * File systems count time in steps: a file that was read so shortly after a change may have been changed again, to the
 * same size, within the same step. It is read once more when something happens.
 */
const STEP_MS = 50

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
  /** When the next reading is due, while there is a timer; monotonic, as all of these. */
  #dueAt = 0
  /** When a watch last told of a change. */
  #changedAt = Number.NEGATIVE_INFINITY
  /** When a watch first told of one that no reading has seen, and of one that does not count yet. */
  #unreadSince: number | undefined
  #pendingSince: number | undefined
  #hasRead = false
  #reading: Promise<void> = Promise.resolve()
  /** Files that were found empty, and when. */
  readonly #emptySince = new Map<string, number>()
  /** What was read within {@link STEP_MS} of a change, and from which text. */
  readonly #recent = new Map<string, { readonly text: string; readonly file: ConfigFile }>()
  /** A reading is due that waits for the one under way. */
  #isWaiting = false
  #found: Pick<Scan, 'directories' | 'linked'> = { directories: [], linked: [] }

  constructor(options: FileSourceOptions) {
    this.#options = options
    this.#roots = options.paths.map((path) => resolve(path))
    this.#source = `files ${this.#roots.join(' ')}`
    this.#clock = options.clock ?? systemClock
    this.#log = options.log ?? silentLogger
    this.#watch = new DirectoryWatch(
      () => this.#onChange(),
      (directory, name) => this.#isOfInterest(directory, name),
    )
  }

  async start(sink: ObjectSink): Promise<void> {
    this.#sink = sink
    await this.#read()
  }

  async close(): Promise<void> {
    this.#sink = undefined
    this.#cancelTimer()
    this.#watch.close()
    await this.#reading
  }

  /** Reads what changed now, without waiting for an event; tests and `batten dev` use it. */
  async refresh(): Promise<void> {
    this.#cancelTimer()
    this.#changedAt = Number.NEGATIVE_INFINITY
    await this.#read()
  }

  #onChange(): void {
    const now = this.#clock.monotonicMs()
    this.#changedAt = now
    this.#unreadSince ??= now
    this.#pendingSince ??= now
    this.#cancelTimer()
    this.#readAt(Math.min(now + SETTLE_MS, this.#unreadSince + MAX_SETTLE_MS))
  }

  #isOfInterest(directory: string, name: string): boolean {
    if (mayBeConfig(name) || this.#found.linked.includes(directory)) return true
    const path = join(directory, name)
    return this.#roots.includes(path) || this.#found.directories.includes(path)
  }

  /** Reads then, or when it is due before. */
  #readAt(dueAt: number): void {
    if (this.#sink === undefined || (this.#timer !== undefined && this.#dueAt <= dueAt)) return
    this.#cancelTimer()
    this.#dueAt = dueAt
    this.#timer = this.#clock.setTimeout(
      () => {
        this.#timer = undefined
        if (this.#isWaiting) return
        this.#isWaiting = true
        void this.#read()
      },
      Math.max(0, dueAt - this.#clock.monotonicMs()),
    )
  }

  #cancelTimer(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  /** One reading after the other: an event during a reading causes another one. */
  #read(): Promise<void> {
    this.#reading = this.#reading
      .then(() => this.#readOnce())
      .catch((thrown) => this.#log.error(`cannot read the configuration: ${errorMessage(thrown)}`))
    return this.#reading
  }

  async #readOnce(): Promise<void> {
    const startedAt = this.#clock.monotonicMs()
    this.#isWaiting = false
    this.#unreadSince = undefined
    const pendingSince = this.#pendingSince
    const found = await scan(this.#roots)
    this.#found = found
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
    const debounceMs = this.#options.debounceMs ?? 20
    const mustCountAt = (pendingSince ?? Number.POSITIVE_INFINITY) + debounceMs * MAX_DEBOUNCES
    const quietAt = Math.min(this.#changedAt + debounceMs, mustCountAt)
    // A reading takes its time: what it shows may be as old as its beginning.
    if (this.#hasRead && quietAt > startedAt && this.#mayBeHalf(files)) {
      this.#readAt(quietAt)
      return
    }
    // What came during the reading is pending still.
    this.#pendingSince = this.#unreadSince
    this.#hasRead = true
    this.#stamps = new Map(found.files.map(({ path, stamp }) => [path, stamp]))
    this.#files = files
    for (const [path, { file }] of this.#recent) if (files.get(path) !== file) this.#recent.delete(path)
    this.#apply(found)
  }

  async #readFile({ path, stamp, size, changedAtMs }: FileStamp): Promise<ConfigFile> {
    const before = this.#files.get(path)
    const recent = this.#recent.get(path)
    const isSame = before !== undefined && this.#stamps.get(path) === stamp && !this.#emptySince.has(path)
    if (isSame && recent === undefined) return before
    if (size === 0 && before !== undefined && before.objects.size > 0 && !this.#isEmptyForLong(path))
      return before
    this.#emptySince.delete(path)
    const limit = this.#options.maxFileBytes ?? 16 * 1024 * 1024
    if (size > limit)
      return unreadable(path, before, `the file has ${size} bytes, more than the limit of ${limit}`)
    try {
      const isRecent = changedAtMs > this.#clock.now() - STEP_MS
      const text = await readFile(path, 'utf8')
      const isKnown = isSame && recent?.file === before && recent.text === text
      const file = isKnown ? before : readConfigFile(path, text, before)
      if (isRecent || (isSame && !isKnown)) this.#recent.set(path, { text, file })
      else this.#recent.delete(path)
      return file
    } catch (thrown) {
      return unreadable(path, before, errorMessage(thrown))
    }
  }

  /** Whether a reading shows what may be half of a change: nobody wants the objects gone that are written next. */
  #mayBeHalf(files: ReadonlyMap<string, ConfigFile>): boolean {
    for (const [path, before] of this.#files) {
      const file = files.get(path)
      if (file === undefined) return true
      // Its last object may be cut off behind a line.
      if (file.lines < before.lines) return true
      if (file !== before) for (const key of before.objects.keys()) if (!file.objects.has(key)) return true
    }
    for (const [path, file] of files) if (!file.isWhole && file !== this.#files.get(path)) return true
    return false
  }

  #isEmptyForLong(path: string): boolean {
    const now = this.#clock.monotonicMs()
    const since = this.#emptySince.get(path) ?? now
    this.#emptySince.set(path, since)
    const dueAt = since + EMPTY_GRACE_MS
    if (dueAt <= now || this.#options.watch === false) return true
    this.#readAt(dueAt)
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
    lines: before?.lines ?? 0,
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
