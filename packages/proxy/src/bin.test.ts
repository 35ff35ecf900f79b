import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { proxyVersion } from './bootstrap/node-metadata.ts'

const PROGRAM = fileURLToPath(new URL('./bin.ts', import.meta.url))

function batten(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--conditions=@batten/source', PROGRAM, ...args],
    { encoding: 'utf8', timeout: 30_000 },
  )
  return { status, stdout, firstError: stderr.split('\n')[0] }
}

describe('batten-proxy', () => {
  it('prints its version', () => {
    expect(batten('--version')).toEqual({ status: 0, stdout: `${proxyVersion()}\n`, firstError: '' })
  })

  it.each([
    [[], '--config is missing: the file of the bootstrap'],
    [['-c', 'b.json', '-l', 'loud'], '--log-level "loud" is none of trace, debug, info, warn, error, off'],
    [['-c', 'b.json', '--drain-time-s', 'soon'], '--drain-time-s "soon" is no number of seconds'],
  ])('refuses %j and says why', (args, message) => {
    expect(batten(...args)).toEqual({ status: 64, stdout: '', firstError: message })
  })

  it('refuses flags that it does not have, with the usage', () => {
    const { status, firstError } = batten('--concurrency', '4')
    expect({ status, firstError }).toEqual({
      status: 64,
      firstError: expect.stringContaining('--concurrency'),
    })
  })

  it('ends with 1 and names the file when the bootstrap is not there', () => {
    const { status, firstError } = batten('-c', '/nowhere/bootstrap.yaml')
    expect({ status, firstError }).toEqual({
      status: 1,
      firstError: expect.stringContaining('/nowhere/bootstrap.yaml'),
    })
  })
})
