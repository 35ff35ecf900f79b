import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLogger } from '@batten/core'
import { afterEach, describe, expect, it } from 'vitest'
import type { ControlPlane } from './control-plane.ts'
import { runControlPlane } from './main.ts'

const directories: string[] = []

afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true })
})

function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'batten-main-'))
  directories.push(directory)
  return directory
}

describe('runControlPlane', () => {
  it('runs until its signal, logs findings with their place, and says when it is ready', async () => {
    const directory = temporaryDirectory()
    writeFileSync(join(directory, 'bad.yaml'), 'kind: [')
    const lines: Record<string, unknown>[] = []
    const abort = new AbortController()
    const ready = Promise.withResolvers<ControlPlane>()
    const run = runControlPlane({
      env: {},
      configPaths: [directory],
      stateDirectory: join(directory, '.state'),
      xdsPort: 0,
      tlsPort: 0,
      debugPort: 0,
      signal: abort.signal,
      onReady: ready.resolve,
      log: createLogger({ destination: { write: (line) => void lines.push(JSON.parse(line)) } }),
    })
    const controlPlane = await Promise.race([ready.promise, run.then(() => expect.unreachable('it ended'))])
    expect((await fetch(`http://${controlPlane!.debugAddress}/ready`)).status).toBe(200)
    abort.abort()
    await run
    await expect(fetch(`http://${controlPlane!.debugAddress}/ready`)).rejects.toThrow()
    expect(lines.find((line) => line['file'] === join(directory, 'bad.yaml'))).toMatchObject({
      level: 'error',
      line: 1,
    })
    expect(lines.find((line) => line['msg'] === 'the control plane is ready')).toMatchObject({
      xds: controlPlane!.xdsAddress,
      services: 0,
    })
    expect(lines.at(-1)).toMatchObject({ msg: 'the control plane has stopped' })
  })

  it('fails with a clear error when its settings or its files cannot be used', async () => {
    const { signal } = new AbortController()
    await expect(runControlPlane({ env: { BATTEN_TLS_PORT: 'x' }, signal })).rejects.toMatchObject({
      code: 'OPTION_INVALID',
    })
    const pluggedInCaDirectory = temporaryDirectory()
    await expect(runControlPlane({ env: {}, pluggedInCaDirectory, signal })).rejects.toMatchObject({
      code: 'CA_DIRECTORY',
      where: pluggedInCaDirectory,
    })
  })
})
