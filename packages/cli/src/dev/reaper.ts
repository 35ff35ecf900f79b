/**
 * A process beside `batten dev` that outlives it when it is killed: then it ends what was running and removes the
 * run's folder. The applications of a mesh are programs of somebody else, which do not notice that their parent is gone.
 *
 * Messages: `{ watch: pid }`, `{ forget: pid }`. The folder is its argument.
 */
import { rmSync } from 'node:fs'

const GRACE_MS = 1500

const watched = new Set<number>()
const folder = process.argv[2]

process.on('message', (message: { watch?: number; forget?: number }) => {
  if (message.watch !== undefined) watched.add(message.watch)
  if (message.forget !== undefined) watched.delete(message.forget)
})

process.once('disconnect', () => {
  if (watched.size === 0) process.exit(0)
  signalAll('SIGTERM')
  setTimeout(() => {
    signalAll('SIGKILL')
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
    process.exit(0)
  }, GRACE_MS)
})

// Signals of the terminal go to the whole group; this process ends with its parent, not before.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})

function signalAll(signal: NodeJS.Signals): void {
  for (const pid of watched) {
    try {
      process.kill(pid, signal)
    } catch {
      // It is gone already.
    }
  }
}
