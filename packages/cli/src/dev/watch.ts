import { type FSWatcher, watch } from 'node:fs'
import { basename, dirname } from 'node:path'

const DEBOUNCE_MS = 50

/** Calls back soon after anything below these folders or files changed, once for a burst of changes. */
export function watchFolders(paths: readonly string[], signal: AbortSignal, changed: () => void): void {
  let timer: NodeJS.Timeout | undefined
  const watchers: FSWatcher[] = paths.map((path) =>
    watch(path, { recursive: true, persistent: false }, () => {
      clearTimeout(timer)
      timer = setTimeout(changed, DEBOUNCE_MS)
    }).on('error', () => {}),
  )
  signal.addEventListener('abort', () => {
    clearTimeout(timer)
    for (const watcher of watchers) watcher.close()
  })
}

/** Calls back soon after one file was saved: through its folder, since many editors replace files. */
export function watchFile(path: string, signal: AbortSignal, changed: () => void): void {
  let timer: NodeJS.Timeout | undefined
  const watcher = watch(dirname(path), { persistent: false }, (_, name) => {
    if (name !== null && name !== basename(path)) return
    clearTimeout(timer)
    timer = setTimeout(changed, DEBOUNCE_MS)
  }).on('error', () => {})
  signal.addEventListener('abort', () => {
    clearTimeout(timer)
    watcher.close()
  })
}
