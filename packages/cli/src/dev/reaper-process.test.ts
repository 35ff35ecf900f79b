import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import { ReaperProcess } from './reaper-process.ts'

it('ends what it was told to and removes the folder, also when it was replaced itself', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'batten-reaper-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const start = () => spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true })
  const [left, kept] = [start(), start()]
  onTestFinished(() => void kept.kill('SIGKILL'))
  const reaper = new ReaperProcess(folder)
  reaper.watch(left.pid!)
  reaper.watch(kept.pid!)
  reaper.forget(kept.pid!)
  const first = reaper.pid!
  process.kill(first, 'SIGKILL')
  await vi.waitFor(() => expect(reaper.pid).not.toBe(first), 5000)
  const ended = new Promise((resolve) => left.once('exit', (_, signal) => resolve(signal)))
  // As when the process that it watches over is gone.
  reaper.close()
  expect(await ended).toBe('SIGTERM')
  await vi.waitFor(() => expect(existsSync(folder)).toBe(false), 5000)
  expect([kept.exitCode, kept.signalCode]).toEqual([null, null])
})
