import { type FSWatcher, watch } from 'node:fs'
import { basename, dirname } from 'node:path'

const DEBOUNCE_MS = 50

/**
 * Calls back soon after something in one of its folders changed, once for a burst of changes. Folders are watched, not
 * files, and each by itself: many editors replace a file, and what watched the old one would hear nothing more.
 */
export class FolderWatch {
  readonly #watchers = new Map<string, FSWatcher>()
  readonly #signal: AbortSignal
  readonly #changed: (name: string | null) => void
  #timer: NodeJS.Timeout | undefined

  constructor(
    signal: AbortSignal,
    changed: () => void,
    isOfInterest: (name: string) => boolean = () => true,
  ) {
    this.#signal = signal
    this.#changed = (name) => {
      if (name !== null && !isOfInterest(name)) return
      clearTimeout(this.#timer)
      this.#timer = setTimeout(changed, DEBOUNCE_MS)
    }
    signal.addEventListener('abort', () => {
      clearTimeout(this.#timer)
      for (const watcher of this.#watchers.values()) watcher.close()
    })
  }

  /** Watches these folders as well. What cannot be watched is left out. */
  add(folders: readonly string[]): void {
    for (const folder of folders) {
      if (this.#watchers.has(folder) || this.#signal.aborted) continue
      try {
        const watcher = watch(folder, { persistent: false }, (_, name) => this.#changed(name))
        watcher.on('error', () => {
          watcher.close()
          this.#watchers.delete(folder)
        })
        this.#watchers.set(folder, watcher)
      } catch {
        // It is gone; whoever needs it says so.
      }
    }
  }
}

/** Calls back soon after one of its files was saved. */
export class FileWatch {
  readonly #names = new Set<string>()
  readonly #folders: FolderWatch

  constructor(signal: AbortSignal, changed: () => void) {
    this.#folders = new FolderWatch(signal, changed, (name) => this.#names.has(name))
  }

  /** Watches these files as well. */
  add(files: readonly string[]): void {
    for (const file of files) this.#names.add(basename(file))
    this.#folders.add(files.map((file) => dirname(file)))
  }
}
