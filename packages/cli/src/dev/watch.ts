import { type FSWatcher, watch } from 'node:fs'

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
