import { createHash } from 'node:crypto'
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { WasmModules, type WasmModulesOptions } from './wasm-modules.ts'

/** Modules without content, told apart by a custom section. */
function moduleBytes(name: string): Uint8Array {
  const text = Buffer.from(name)
  return new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 0, text.length + 1, text.length, ...text])
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

const POLL = { timeout: 10_000, interval: 5 }

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'batten-wasm-'))
})
afterEach(() => {
  rmSync(directory, { recursive: true, force: true })
})

function start(options: WasmModulesOptions = {}): WasmModules {
  const modules = new WasmModules(options)
  onTestFinished(() => modules.close())
  return modules
}

async function serve(answer: Parameters<typeof createServer>[1]): Promise<string> {
  const server: Server = createServer(answer as never)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  )
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/filter.wasm`
}

describe('WasmModules', () => {
  it('reads a module from a file', async () => {
    const bytes = moduleBytes('one')
    const path = join(directory, 'filter.wasm')
    writeFileSync(path, bytes)
    const url = `file://${path}`
    const modules = start()
    let changes = 0
    modules.want([{ url, sha256: '' }], () => changes++)
    expect(modules.modules.get(url)).toEqual({ url, sha256: '', bytes: undefined })
    await modules.settled()
    expect(modules.modules.get(url)).toEqual({ url, sha256: sha256(bytes), bytes })
    expect(changes).toBe(1)
  })

  it('follows a file that is replaced, and keeps the last good module when the new one is damaged', async () => {
    const path = join(directory, 'filter.wasm')
    const url = `file://${path}`
    writeFileSync(path, moduleBytes('one'))
    const modules = start()
    modules.want([{ url, sha256: '' }], () => {})
    await modules.settled()
    writeFileSync(`${path}.tmp`, moduleBytes('two'))
    renameSync(`${path}.tmp`, path)
    await expect.poll(() => modules.modules.get(url)?.bytes, POLL).toEqual(moduleBytes('two'))
    writeFileSync(path, moduleBytes('three').subarray(0, 12))
    await expect
      .poll(() => modules.failures.get(url), POLL)
      .toEqual({
        message: `${url} is not a valid WebAssembly module: it is truncated or damaged`,
        hint: 'build or upload it again',
      })
    expect(modules.modules.get(url)?.bytes).toEqual(moduleBytes('two'))
  })

  it('finds a module that appears after the plugin that names it', async () => {
    const path = join(directory, 'late.wasm')
    const url = `file://${path}`
    const modules = start()
    modules.want([{ url, sha256: '' }], () => {})
    await modules.settled()
    expect(modules.failures.get(url)?.message).toBe(`there is no file ${path}`)
    writeFileSync(path, moduleBytes('late'))
    await expect.poll(() => modules.modules.get(url)?.bytes, POLL).toEqual(moduleBytes('late'))
    expect(modules.failures.size).toBe(0)
  })

  it('repeats a download that fails', async () => {
    let requests = 0
    const url = await serve((_request, response) => {
      requests++
      if (requests < 3) response.writeHead(503).end()
      else response.end(moduleBytes('served'))
    })
    const modules = start({ retryMs: 1 })
    modules.want([{ url, sha256: '' }], () => {})
    await expect.poll(() => modules.modules.get(url)?.bytes, POLL).toEqual(moduleBytes('served'))
    expect(requests).toBe(3)
    expect(modules.failures.size).toBe(0)
  })

  it.each([
    [
      'has another hash',
      'a'.repeat(64),
      moduleBytes('x'),
      (url: string) => `${url} has SHA-256 ${sha256(moduleBytes('x'))}, not ${'a'.repeat(64)}`,
    ],
    ['is no module', '', Buffer.from('<html>'), (url: string) => `${url} is no WebAssembly module`],
    [
      'is too large',
      '',
      moduleBytes('y'.repeat(90)),
      (url: string) => `${url} is larger than the limit of 64 bytes`,
    ],
  ])('refuses a module that %s', async (_title, expected, body, message) => {
    const url = await serve((_request, response) => response.end(body))
    const modules = start({ maxBytes: 64, retryMs: 100_000 })
    modules.want([{ url, sha256: expected }], () => {})
    await modules.settled()
    expect([...modules.failures.values()].map((failure) => failure.message)).toEqual([message(url)])
    expect([...modules.modules.values()].map(({ bytes }) => bytes)).toEqual([undefined])
  })

  it('gives up on a server that does not answer', async () => {
    const url = await serve(() => {})
    const modules = start({ timeoutMs: 20, retryMs: 100_000 })
    modules.want([{ url, sha256: '' }], () => {})
    await modules.settled()
    expect(modules.failures.get(url)?.message).toBe(`cannot fetch ${url}: no answer within 0.02 s`)
  })

  it('says which schemes are not supported', async () => {
    const modules = start()
    modules.want([{ url: 'oci://registry.example/filter:v1', sha256: '' }], () => {})
    await modules.settled()
    expect(modules.failures.get('oci://registry.example/filter:v1')).toEqual({
      message: 'modules cannot be fetched from oci:// yet',
      hint: 'use an http(s):// or file:// URL for now',
    })
  })

  it('forgets what is no longer wanted', async () => {
    const path = join(directory, 'filter.wasm')
    writeFileSync(path, moduleBytes('one'))
    const modules = start()
    modules.want([{ url: `file://${path}`, sha256: '' }], () => {})
    await modules.settled()
    modules.want([], () => {})
    expect(modules.modules.size).toBe(0)
  })
})
