import { type FSWatcher, watch } from 'node:fs'

/**
 * Watches a changing set of directories, each by itself: that sees files that are replaced by a rename, on every
 * system. It only says that something changed; what, a scan finds out.
 */
export class DirectoryWatch {
  readonly #watchers = new Map<string, FSWatcher>()
  readonly #changed: () => void
  readonly #isOfInterest: (directory: string, name: string) => boolean

  /** @param isOfInterest - whether it matters what is written to a file; that names come and go always does */
  constructor(changed: () => void, isOfInterest: (directory: string, name: string) => boolean = () => true) {
    this.#changed = changed
    this.#isOfInterest = isOfInterest
  }

  /** Watches exactly these directories from now on. What cannot be watched is left out. */
  set(directories: readonly string[]): void {
    const wanted = new Set(directories)
    for (const [directory, watcher] of this.#watchers) {
      if (wanted.has(directory)) continue
      watcher.close()
      this.#watchers.delete(directory)
    }
    for (const directory of wanted) {
      if (this.#watchers.has(directory)) continue
      try {
        const watcher = watch(directory, { persistent: false }, (event, name) => {
          if (event === 'rename' || name === null || this.#isOfInterest(directory, name)) this.#changed()
        })
        watcher.on('error', () => this.#drop(directory, watcher))
        this.#watchers.set(directory, watcher)
        // What was written between the scan and the watch would be missed otherwise.
        this.#changed()
      } catch {
        // It vanished since it was listed; its parent's watch tells.
      }
    }
  }

  close(): void {
    for (const watcher of this.#watchers.values()) watcher.close()
    this.#watchers.clear()
  }

  #drop(directory: string, watcher: FSWatcher): void {
    watcher.close()
    this.#watchers.delete(directory)
    this.#changed()
  }
}
