import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Clock, systemClock } from '@batten/core'
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import type { Finding } from '../../model/finding.ts'
import { createModel, type Model } from '../../model/model.ts'
import { FileSource, type FileSourceOptions } from './file-source.ts'

const POLL = { timeout: 10_000, interval: 5 }

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'batten-files-'))
})
afterEach(() => {
  rmSync(directory, { recursive: true, force: true })
})

function service(name: string, port = 80): string {
  return `apiVersion: v1\nkind: Service\nmetadata: { name: ${name} }\nspec: { ports: [{ name: http, port: ${port} }] }\n`
}

function write(name: string, text: string): string {
  const path = join(directory, name)
  writeFileSync(path, text)
  return path
}

async function start(options: Partial<FileSourceOptions> = {}): Promise<Model> {
  const model = createModel({ sources: [new FileSource({ paths: [directory], ...options })] })
  onTestFinished(() => model.close())
  await model.start()
  return model
}

const names = (model: Model) => [...model.snapshot.services.values()].map(({ name }) => name).sort()
const port = (model: Model, name: string) =>
  [...model.snapshot.services.values()].find((one) => one.name === name)?.ports[0]?.number
const told = (model: Model) =>
  model.findings.map(({ code, file, line, column }: Finding) => [code, file, line, column])

describe('FileSource', () => {
  it('reads every YAML and JSON file of a directory and below, and nothing else', async () => {
    write('a.yaml', `${service('a')}---\n${service('b')}`)
    mkdirSync(join(directory, 'sub/deep'), { recursive: true })
    write('sub/deep/c.yml', service('c'))
    write(
      'd.json',
      '{"apiVersion":"v1","kind":"Service","metadata":{"name":"d"},"spec":{"ports":[{"port":80}]}}',
    )
    write('.hidden.yaml', service('hidden'))
    write('notes.txt', service('text'))
    mkdirSync(join(directory, 'node_modules'))
    write('node_modules/e.yaml', service('e'))
    for (const name of [
      'package.json',
      'package-lock.json',
      'tsconfig.json',
      'tsconfig.build.json',
      'compose.yaml',
    ])
      write(name, '{}')
    const model = await start({ watch: false })
    expect(names(model)).toEqual(['a', 'b', 'c', 'd'])
    expect(model.findings).toEqual([])
  })

  it('reads single files too', async () => {
    const path = write('a.conf', service('a'))
    write('b.yaml', service('b'))
    expect(names(await start({ paths: [path], watch: false }))).toEqual(['a'])
  })

  it('follows files that are written, replaced by a rename, renamed and removed', async () => {
    const path = write('a.yaml', service('a'))
    const model = await start()
    write('b.yaml', service('b'))
    await expect.poll(() => names(model), POLL).toEqual(['a', 'b'])
    write('a.tmp', service('a', 81))
    renameSync(join(directory, 'a.tmp'), path)
    await expect.poll(() => port(model, 'a'), POLL).toBe(81)
    renameSync(join(directory, 'b.yaml'), join(directory, 'c.yaml'))
    await expect.poll(() => names(model), POLL).toEqual(['a', 'b'])
    unlinkSync(join(directory, 'c.yaml'))
    await expect.poll(() => names(model), POLL).toEqual(['a'])
  })

  it('follows directories that appear and vanish', async () => {
    const model = await start()
    mkdirSync(join(directory, 'new'))
    write('new/a.yaml', service('a'))
    await expect.poll(() => names(model), POLL).toEqual(['a'])
    rmSync(join(directory, 'new'), { recursive: true })
    await expect.poll(() => names(model), POLL).toEqual([])
  })

  it('follows a mounted volume, where a link of a hidden directory is what changes', async () => {
    mkdirSync(join(directory, '..one'))
    mkdirSync(join(directory, '..two'))
    writeFileSync(join(directory, '..one/a.yaml'), service('a', 1))
    writeFileSync(join(directory, '..two/a.yaml'), service('a', 2))
    symlinkSync('..one', join(directory, '..data'))
    symlinkSync('..data/a.yaml', join(directory, 'a.yaml'))
    const model = await start()
    expect(port(model, 'a')).toBe(1)
    symlinkSync('..two', join(directory, '..data_tmp'))
    renameSync(join(directory, '..data_tmp'), join(directory, '..data'))
    await expect.poll(() => port(model, 'a'), POLL).toBe(2)
  })

  it('follows a file elsewhere that a link leads to', async () => {
    mkdirSync(join(directory, 'mesh'))
    mkdirSync(join(directory, 'shared'))
    const target = write('shared/a.yaml', service('a', 1))
    symlinkSync(target, join(directory, 'mesh/a.yaml'))
    const model = await start({ paths: [join(directory, 'mesh')] })
    expect(port(model, 'a')).toBe(1)
    writeFileSync(target, service('a', 2))
    await expect.poll(() => port(model, 'a'), POLL).toBe(2)
    write('shared/new.yaml', service('a', 3))
    renameSync(join(directory, 'shared/new.yaml'), target)
    await expect.poll(() => port(model, 'a'), POLL).toBe(3)
  })

  it('keeps the last good objects of a file whose document cannot be read, and says where', async () => {
    const path = write('a.yaml', `${service('a')}---\n${service('b')}`)
    const model = await start()
    write('a.yaml', `${service('a', 81)}---\nkind: [Service\nmetadata: {}\n`)
    await expect.poll(() => port(model, 'a'), POLL).toBe(81)
    expect(names(model)).toEqual(['a', 'b'])
    expect(told(model)).toEqual([['YAML_SYNTAX', path, expect.any(Number), expect.any(Number)]])
    write('a.yaml', service('a', 82))
    await expect.poll(() => port(model, 'a'), POLL).toBe(82)
    expect(names(model)).toEqual(['a'])
    expect(told(model)).toEqual([])
  })

  it('keeps the last good version of an object that is wrong, and goes on with the rest of the file', async () => {
    const path = write('a.yaml', service('a'))
    const model = await start()
    write('a.yaml', `${service('a').replace('80', 'eighty')}---\n${service('b')}`)
    await expect.poll(() => names(model), POLL).toEqual(['a', 'b'])
    expect(port(model, 'a')).toBe(80)
    expect(told(model)).toEqual([['SCHEMA_TYPE', path, 4, expect.any(Number)]])
  })

  it('does not drop the objects of a file that is emptied before it is written', async () => {
    const path = write('a.yaml', service('a'))
    const model = await start()
    const seen: string[][] = []
    model.subscribe(() => seen.push(names(model)))
    writeFileSync(path, '')
    await new Promise((resolve) => setTimeout(resolve, 40))
    writeFileSync(path, service('a', 81))
    await expect.poll(() => port(model, 'a'), POLL).toBe(81)
    expect(seen.every((list) => list.includes('a'))).toBe(true)
  })

  it('takes what is there when it starts, whole or not', async () => {
    write('a.yaml', service('a').trimEnd())
    const path = write('b.yaml', `${service('b')}---\nkind: [`)
    const model = await start({ debounceMs: 60_000 })
    expect(names(model)).toEqual(['a', 'b'])
    expect(told(model)).toEqual([['YAML_SYNTAX', path, expect.any(Number), expect.any(Number)]])
  })

  it('applies what is added or changed at once, and waits with what may be half of a change', async () => {
    const whole = `${service('a', 81)}---\n${service('b', 81)}`
    const path = write('a.yaml', `${service('a')}---\n${service('b')}`)
    const model = await start({ debounceMs: 60_000 })
    const seen: string[][] = []
    model.subscribe(() => seen.push(names(model)))
    for (const half of [
      service('a', 81),
      whole.slice(0, -1),
      whole.slice(0, -4),
      whole.slice(0, whole.lastIndexOf('spec')),
    ]) {
      writeFileSync(path, half)
      await new Promise((resolve) => setTimeout(resolve, 30))
      expect(port(model, 'a')).toBe(80)
    }
    unlinkSync(path)
    await new Promise((resolve) => setTimeout(resolve, 30))
    writeFileSync(path, whole)
    await expect.poll(() => port(model, 'b'), POLL).toBe(81)
    write('c.yaml', service('c'))
    await expect.poll(() => names(model), POLL).toEqual(['a', 'b', 'c'])
    expect(seen.every((list) => list.includes('a') && list.includes('b'))).toBe(true)
    expect(told(model)).toEqual([])
  })

  it('follows files beside one that is written without a pause', async () => {
    const path = write('a.yaml', service('a'))
    const model = await start({ debounceMs: 10 })
    const log = setInterval(() => {
      appendFileSync(join(directory, 'log'), 'line\n')
      appendFileSync(join(directory, 'build.log'), 'line\n')
    }, 1)
    onTestFinished(() => clearInterval(log))
    write('b.yaml', service('b'))
    await expect.poll(() => names(model), POLL).toEqual(['a', 'b'])
    unlinkSync(path)
    await expect.poll(() => names(model), POLL).toEqual(['b'])
  })

  it('is not woken by what is written to files that it does not read', async () => {
    write('a.yaml', service('a'))
    const logs = [write('build.log', ''), write('test.log', '')]
    let timers = 0
    const clock: Clock = {
      ...systemClock,
      setTimeout(callback, delayMs) {
        timers++
        return systemClock.setTimeout(callback, delayMs)
      },
    }
    const model = await start({ clock })
    write('b.yaml', service('b'))
    await expect.poll(() => names(model), POLL).toEqual(['a', 'b'])
    timers = 0
    // In turn: the system makes one event of several that are the same.
    for (let i = 0; i < 200; i++) appendFileSync(logs[i % 2]!, 'line\n')
    // Events come in order: when this one has been seen, those of the log have.
    write('c.yaml', service('c'))
    await expect.poll(() => names(model), POLL).toEqual(['a', 'b', 'c'])
    expect(timers).toBeLessThan(50)
  })

  it('applies nothing anew that it reads once more because it changed a moment before', async () => {
    const path = write('a.yaml', service('a'))
    const batches: string[][] = []
    const source = new FileSource({ paths: [directory], watch: false })
    onTestFinished(() => source.close())
    await source.start({
      apply: ({ upserts }) => batches.push(upserts.map(({ object }) => String(object.metadata.name))),
      report() {},
    })
    await source.refresh()
    await source.refresh()
    writeFileSync(path, service('a', 81))
    await source.refresh()
    await source.refresh()
    expect(batches).toEqual([['a'], ['a']])
  })

  it('takes what it read before the files were quiet for half of a change, however long the reading took', async () => {
    const path = write('a.yaml', `${service('a')}---\n${service('b')}`)
    let time = 0
    const due: (() => void)[] = []
    const clock: Clock = {
      ...systemClock,
      monotonicMs: () => time,
      setTimeout(callback) {
        due[0] = callback
        return { cancel: () => due.pop() }
      },
    }
    const model = await start({ clock })
    await expect.poll(() => due.length, POLL).toBe(1)
    const seen: string[][] = []
    model.subscribe(() => seen.push(names(model)))
    writeFileSync(path, service('a', 81))
    await new Promise((resolve) => setTimeout(resolve, 20))
    time = 5
    due.pop()!()
    await new Promise((resolve) => process.nextTick(resolve))
    time = 100
    await expect.poll(() => due.length + seen.length, POLL).toBeGreaterThan(0)
    expect(seen).toEqual([])
  })

  it('drops what is gone when the files have been quiet', async () => {
    const path = write('a.yaml', `${service('a')}---\n${service('b')}`)
    const model = await start({ debounceMs: 40 })
    writeFileSync(path, service('a'))
    await expect.poll(() => names(model), POLL).toEqual(['a'])
    unlinkSync(path)
    await expect.poll(() => names(model), POLL).toEqual([])
  })

  it('drops the objects of a file that stays empty', async () => {
    const path = write('a.yaml', service('a'))
    const model = await start()
    writeFileSync(path, '')
    await expect.poll(() => names(model), POLL).toEqual([])
  })

  it('takes the last of two files that define the same object, and says so', async () => {
    const first = write('a.yaml', service('a', 1))
    const second = write('b.yaml', service('a', 2))
    const model = await start()
    expect(port(model, 'a')).toBe(2)
    expect(model.findings.map(({ code, message, file }) => [code, message, file])).toEqual([
      ['CP_DUPLICATE_OBJECT', `${first} defines the same object; this one counts`, second],
    ])
    unlinkSync(second)
    await expect.poll(() => port(model, 'a'), POLL).toBe(1)
    expect(model.findings).toEqual([])
  })

  it('refuses a file over the limit by name', async () => {
    const path = write('a.yaml', service('a'))
    const model = await start({ maxFileBytes: 10, watch: false })
    expect(names(model)).toEqual([])
    expect(told(model)).toEqual([['CP_FILE_UNREADABLE', path, undefined, undefined]])
  })

  it('keeps what it read while a root is away, says so, and follows it when it is back', async () => {
    const root = join(directory, 'mesh')
    mkdirSync(root)
    writeFileSync(join(root, 'a.yaml'), service('a'))
    const model = await start({ paths: [root] })
    renameSync(root, join(directory, 'away'))
    await expect.poll(() => told(model), POLL).toEqual([['CP_FILE_UNREADABLE', root, undefined, undefined]])
    expect(names(model)).toEqual(['a'])
    writeFileSync(join(directory, 'away/b.yaml'), service('b'))
    renameSync(join(directory, 'away'), root)
    await expect.poll(() => names(model), POLL).toEqual(['a', 'b'])
    expect(told(model)).toEqual([])
    unlinkSync(join(root, 'a.yaml'))
    await expect.poll(() => names(model), POLL).toEqual(['b'])
  })

  it('reads a directory once that links lead to again and again, and follows no link to nowhere', async () => {
    write('a.yaml', service('a'))
    symlinkSync('.', join(directory, 'loop'))
    symlinkSync('/nonexistent/b.yaml', join(directory, 'b.yaml'))
    symlinkSync('c.yaml', join(directory, 'c.yaml'))
    const model = await start()
    expect(names(model)).toEqual(['a'])
    expect(model.findings.map(({ code, file }) => [code, file])).toEqual([
      ['CP_FILE_UNREADABLE', join(directory, 'c.yaml')],
    ])
  })

  it('says that a path does not exist, and finds it when it appears', async () => {
    const path = join(directory, 'later.yaml')
    const model = await start({ paths: [path] })
    expect(told(model)).toEqual([['CP_FILE_UNREADABLE', path, undefined, undefined]])
    writeFileSync(path, service('a'))
    await expect.poll(() => names(model), POLL).toEqual(['a'])
    expect(model.findings).toEqual([])
  })
})
