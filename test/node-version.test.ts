import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'batten-node-version-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function run(program: string, version: string) {
  const preload = join(folder, `${version}.cjs`)
  writeFileSync(
    preload,
    `Object.defineProperty(process.versions, 'node', { value: '${version}', configurable: true })`,
  )
  const file = new URL(`../packages/${program}`, import.meta.url).pathname
  return spawnSync(process.execPath, ['--require', preload, file, '--help'], {
    encoding: 'utf8',
    timeout: 20_000,
  })
}

it.each([
  ['batten', 'cli/bin/batten.js'],
  ['batten-proxy', 'proxy/bin/batten-proxy.cjs'],
])('%s says which Node it needs, where another one runs it', (name, program) => {
  const { status, stderr } = run(program, '20.20.2')
  expect([status, stderr.split('   ')[0]]).toEqual([
    69,
    `${name} needs Node 22.19 or newer, and ${process.execPath} is 20.20.2`,
  ])
  expect(run(program, '22.19.0').status).toBe(0)
})
