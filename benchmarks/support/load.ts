import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { findCommand } from './pinned-process.ts'

export interface LoadOptions {
  readonly url: string
  readonly connections: number
  readonly seconds: number
  readonly core: number
}

export interface LoadResult {
  readonly requests: number
  readonly bytes: number
  readonly seconds: number
  /** Connections and reads that failed or timed out. */
  readonly socketErrors: number
  readonly badStatuses: number
  /** Microseconds. */
  readonly p50: number
  readonly p90: number
  readonly p99: number
}

/** Loads a URL with wrk from one core: closed loop, keep-alive. */
export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const wrk = findCommand('wrk')
  if (wrk === undefined) throw new Error('wrk is not installed: apt-get install wrk')
  const script = fileURLToPath(new URL('./wrk-report.lua', import.meta.url))
  const args = [
    ...['-t', '1', '-c', String(options.connections), '-d', `${options.seconds}s`, '--timeout', '5s'],
    ...['-s', script, options.url],
  ]
  const taskset = findCommand('taskset')
  const [file, full] =
    taskset === undefined ? [wrk, args] : [taskset, ['-c', String(options.core), wrk, ...args]]
  const output = await run(file, full)
  const match = /RESULT ([\d ]+)/.exec(output)
  if (match === null) throw new Error(`wrk printed no result: ${output.slice(0, 500)}`)
  const [requests, bytes, durationUs, socketErrors, badStatuses, p50, p90, p99] = match[1]!
    .split(' ')
    .map(Number)
  return {
    requests: requests!,
    bytes: bytes!,
    seconds: durationUs! / 1e6,
    socketErrors: socketErrors!,
    badStatuses: badStatuses!,
    p50: p50!,
    p90: p90!,
    p99: p99!,
  }
}

function run(file: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    child.stdout.on('data', (chunk) => (output += chunk))
    child.stderr.on('data', (chunk) => (output += chunk))
    child.once('error', reject)
    child.once('exit', (code) => {
      if (code === 0) resolve(output)
      else reject(new Error(`${file} ended with ${code}: ${output.slice(0, 500)}`))
    })
  })
}
