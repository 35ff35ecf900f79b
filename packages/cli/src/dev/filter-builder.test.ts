import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, it } from 'vitest'
import { FilterBuilder, moduleOf } from './filter-builder.ts'

const SCRATCH = new URL('../../../../.batten/', import.meta.url).pathname
mkdirSync(SCRATCH, { recursive: true })
const folder = mkdtempSync(join(SCRATCH, 'filters-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const filter = (header: string) =>
  `
import { Action, HttpFilter, ResponseHeaders } from '@batten/wasm-sdk/assembly'
export class Mark extends HttpFilter<NoConfig> {
  onResponseHeaders(headers: ResponseHeaders, endOfStream: bool): Action {
    headers.set('${header}', '1')
    return Action.Continue
  }
}
`.replace('HttpFilter, ', 'HttpFilter, NoConfig, ')

describe('FilterBuilder', () => {
  it('builds a filter beside its source, again when it is saved, and keeps the module when it does not compile', async () => {
    const source = join(folder, 'mark.ts')
    writeFileSync(source, filter('x-first'))
    const notices: string[] = []
    const builder = new FilterBuilder([source], (message) => notices.push(message))
    await builder.buildAll()
    expect(readFileSync(moduleOf(source)).includes(Buffer.from('x-first', 'utf16le'))).toBe(true)

    const abort = new AbortController()
    builder.watch(abort.signal)
    writeFileSync(source, filter('x-second'))
    await until(() => readFileSync(moduleOf(source)).includes(Buffer.from('x-second', 'utf16le')))

    writeFileSync(source, 'export class Broken extends {')
    await until(() => notices.some((notice) => notice.includes('does not compile')))
    expect(readFileSync(moduleOf(source)).includes(Buffer.from('x-second', 'utf16le'))).toBe(true)

    // As editors save: a new file in place of the old one, which is then written in place by another.
    writeFileSync(join(folder, 'mark.ts.new'), filter('x-third'))
    renameSync(join(folder, 'mark.ts.new'), source)
    await until(() => readFileSync(moduleOf(source)).includes(Buffer.from('x-third', 'utf16le')))
    writeFileSync(source, filter('x-fourth'))
    await until(() => readFileSync(moduleOf(source)).includes(Buffer.from('x-fourth', 'utf16le')))

    rmSync(source)
    await until(() => notices.some((notice) => /mark\.ts (was not built|does not compile)/.test(notice)))
    writeFileSync(source, filter('x-fifth'))
    await until(() => readFileSync(moduleOf(source)).includes(Buffer.from('x-fifth', 'utf16le')))
    abort.abort()
    await builder.close()
  }, 60_000)
})

async function until(condition: () => boolean): Promise<void> {
  for (let waited = 0; !condition(); waited += 50) {
    if (waited > 20_000) throw new Error('it did not happen')
    await sleep(50)
  }
}
