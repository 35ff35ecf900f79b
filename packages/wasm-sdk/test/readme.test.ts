import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compileWasmModule, createWasmPlugin, runFilter, WasmHost } from '@batten/proxy/wasm'
import { expect, it } from 'vitest'
import { buildFilter } from '../src/build/index.ts'

it('the filter and the test of the README work as they stand there', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
  const [filter, , test] = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map((match) => match[1]!)
  const folder = await mkdtemp(join(tmpdir(), 'batten-readme-'))
  try {
    await writeFile(join(folder, 'auth.ts'), filter!)
    const { wasm, diagnostics } = await buildFilter({ entry: join(folder, 'auth.ts') })
    expect(diagnostics).toEqual([])
    const names = { compileWasmModule, createWasmPlugin, runFilter, WasmHost, wasm, expect, Buffer }
    const body = test!.replace(/^import .*\n/gm, '')
    // The text of the README is the test: it is run as it stands there, without its imports.
    const run = new Function(...Object.keys(names), `return (async () => {${body}})()`)
    await run(...Object.values(names))
    expect.assertions(4)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
