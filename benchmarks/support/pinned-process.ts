import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { connect } from 'node:net'
import { delimiter, join } from 'node:path'

/** A process of a benchmark, bound to one core. */
export interface PinnedProcess {
  readonly pid: number
  stop(): Promise<void>
}

/** Full path of a command, undefined when it is not installed. */
export function findCommand(name: string): string | undefined {
  for (const directory of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(directory, name)
    if (existsSync(path)) return path
  }
  return ['/usr/sbin', '/usr/local/sbin']
    .map((directory) => join(directory, name))
    .find((path) => existsSync(path))
}

/** Starts a command on a core; without taskset it runs where the system wants. */
export function startPinned(core: number, command: string, args: readonly string[]): PinnedProcess {
  const taskset = findCommand('taskset')
  const [file, full] =
    taskset === undefined ? [command, args] : [taskset, ['-c', String(core), command, ...args]]
  const child = spawn(file, full, { stdio: ['ignore', 'ignore', 'pipe'] })
  let stderr = ''
  child.stderr.on('data', (chunk) => {
    stderr = (stderr + chunk).slice(-4000)
  })
  child.on('exit', (code, signal) => {
    if (code !== 0 && signal === null) process.stderr.write(`${command} ended with ${code}: ${stderr}\n`)
  })
  return { pid: child.pid!, stop: () => stop(child) }
}

function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => {
    const kill = setTimeout(() => child.kill('SIGKILL'), 3000)
    child.once('exit', () => {
      clearTimeout(kill)
      resolve()
    })
    child.kill('SIGINT')
  })
}

/** Waits until something listens. */
export async function waitForPort(port: number, timeoutMs = 15_000): Promise<void> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1')
      socket.once('connect', () => {
        socket.destroy()
        resolve(true)
      })
      socket.once('error', () => resolve(false))
    })
    if (isOpen) return
    if (Date.now() > deadline) throw new Error(`nothing listens on port ${port} after ${timeoutMs} ms`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
