/**
 * A process beside `batten dev` that outlives it when it is killed: then it ends what was running and removes the
 * run's folder. The applications of a mesh are programs of somebody else, which do not notice that their parent is gone.
 *
 * Messages: `{ watch: pid }`, `{ forget: pid }`, each the first of a process group. The folder is its argument.
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
  for (const pid of watched) send(pid, 'SIGTERM')
  const finish = () => {
    for (const pid of watched) send(-pid, 'SIGKILL')
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
    process.exit(0)
  }
  if (watched.size === 0) finish()
  else setTimeout(finish, GRACE_MS)
})

// This process ends with its parent, not before.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It is gone already.
  }
}
