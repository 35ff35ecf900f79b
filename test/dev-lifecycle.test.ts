import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, describe, expect, it } from 'vitest'

const CLI = new URL('../packages/cli/bin/batten.js', import.meta.url).pathname
const PROJECT = new URL('../examples/bookinfo', import.meta.url).pathname

/** Temporary files of the runs here, apart from those of anybody else. */
const TEMPORARY = mkdtempSync(join(tmpdir(), 'batten-lifecycle-'))
const runFolders = () => readdirSync(TEMPORARY)

/** `batten dev` as a user starts it, in a process group of its own. */
class Dev {
  readonly child: ChildProcess
  output = ''

  constructor() {
    this.child = spawn(process.execPath, [CLI, 'dev', PROJECT, '--gateway-port', '28080'], {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      env: { ...process.env, TMPDIR: TEMPORARY },
    })
    for (const stream of [this.child.stdout!, this.child.stderr!])
      stream.on('data', (chunk) => (this.output += chunk))
  }

  async until(pattern: RegExp): Promise<void> {
    for (let waited = 0; !pattern.test(this.output); waited += 50) {
      if (waited > 60_000 || this.child.exitCode !== null)
        throw new Error(`${pattern} did not appear:\n${this.output}`)
      await sleep(50)
    }
  }

  /** Processes that descend from it. */
  descendants(): number[] {
    const rows = execFileSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' })
      .trim()
      .split('\n')
      .map((row) => row.trim().split(/\s+/).map(Number))
    const found: number[] = []
    for (let parents = [this.child.pid!]; parents.length > 0; ) {
      parents = rows.filter(([, ppid]) => parents.includes(ppid!)).map(([pid]) => pid!)
      found.push(...parents)
    }
    return found
  }

  async exited(): Promise<number | null> {
    while (this.child.exitCode === null && this.child.signalCode === null) await sleep(20)
    return this.child.exitCode
  }
}

const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

let dev: Dev | undefined
afterAll(() => rmSync(TEMPORARY, { recursive: true, force: true }))
afterEach(async () => {
  if (dev?.child.exitCode === null && dev.child.signalCode === null) process.kill(-dev.child.pid!, 'SIGKILL')
})

describe('batten dev', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('on %s leaves no process and no file behind', async (signal) => {
    dev = new Dev()
    await dev.until(/^ready /m)
    expect(dev.output).toContain('http://127.0.0.1:28080/productpage')
    const children = dev.descendants()
    // A control plane, a gateway, six workloads, six sidecars, and what ends them all if their parent is killed.
    expect(children.length).toBe(15)
    dev.child.kill(signal)
    expect(await dev.exited()).toBe(0)
    expect(children.filter(isAlive)).toEqual([])
    expect(runFolders()).toEqual([])
  })

  it('reports a child that crashed and starts it again', async () => {
    dev = new Dev()
    await dev.until(/^ready /m)
    const children = dev.descendants()
    const victims = execFileSync('ps', ['-o', 'pid=,args=', '-p', children.join(',')], { encoding: 'utf8' })
      .split('\n')
      .filter((row) => /services\/ratings\.ts|sidecar|proxy/.test(row))
      .map((row) => Number(row.trim().split(/\s+/)[0]))
    for (const pid of [victims[0]!, victims.at(-1)!]) process.kill(pid, 'SIGKILL')
    await dev.until(/ended \(signal SIGKILL\); it starts again/)
    for (let waited = 0; dev.descendants().length < 15; waited += 50) {
      if (waited > 20_000) throw new Error(dev.output)
      await sleep(50)
    }
    for (let waited = 0; ; waited += 100) {
      const status = await fetch('http://127.0.0.1:28080/productpage').then(
        (r) => r.status,
        () => 0,
      )
      if (status === 200) break
      if (waited > 20_000) throw new Error(`status ${status}\n${dev.output}`)
      await sleep(100)
    }
    dev.child.kill('SIGTERM')
    expect(await dev.exited()).toBe(0)
  })

  it('takes its children and its files with it when it is killed', async () => {
    dev = new Dev()
    await dev.until(/^ready /m)
    const children = dev.descendants()
    dev.child.kill('SIGKILL')
    for (let waited = 0; children.some(isAlive); waited += 50) {
      if (waited > 10_000) throw new Error(`still there: ${children.filter(isAlive)}`)
      await sleep(50)
    }
    expect(runFolders()).toEqual([])
  })
})
