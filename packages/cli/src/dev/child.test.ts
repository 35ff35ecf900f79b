import { afterEach, describe, expect, it, vi } from 'vitest'
import { Child } from './child.ts'

let child: Child | undefined
afterEach(() => child?.stop('SIGKILL', 100))

function start(code: string, events: ConstructorParameters<typeof Child>[1]): Child {
  child = new Child({ name: 'part', command: ['node', '-e', code], cwd: '.', env: process.env }, events)
  child.start()
  return child
}

describe('Child', () => {
  it('hands on output line by line and messages', async () => {
    const seen: string[] = []
    await new Promise<void>((resolve) =>
      start('console.log("one\\ntwo"); process.send({ a: 1 }); setInterval(() => {}, 1000)', {
        onLine: (_, line) => seen.push(line),
        onMessage: (_, message) => {
          seen.push(JSON.stringify(message))
          setTimeout(resolve, 100)
        },
      }),
    )
    expect(seen.sort()).toEqual(['one', 'two', '{"a":1}'])
  })

  it('starts again after a crash and says why it ended', async () => {
    const reason = await new Promise<string>((resolve) =>
      start('process.exit(3)', { onCrash: (c, why) => (c.restarts === 2 ? resolve(why) : undefined) }),
    )
    expect(reason).toBe('exit code 3')
  })

  it('kills what does not end when asked to', async () => {
    const ready = Promise.withResolvers<void>()
    const stubborn = start(
      'process.on("SIGTERM", () => {}); console.log("up"); setInterval(() => {}, 1000)',
      { onLine: () => ready.resolve() },
    )
    await ready.promise
    const pid = stubborn.pid!
    await stubborn.stop('SIGTERM', 200)
    expect(() => process.kill(pid, 0)).toThrow()
  })

  it('takes with it what it has started, whether it is stopped or crashes', async () => {
    const grandchild =
      'process.on("SIGTERM", () => {}); console.log(process.pid); setInterval(() => {}, 1000)'
    const code = `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(grandchild)}], { stdio: 'inherit' })`
    const seen: number[] = []
    const heard = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const parent = start(code, { onLine: (_, line) => heard[seen.push(Number(line)) - 1]?.resolve() })
    await heard[0]!.promise
    process.kill(parent.pid!, 'SIGKILL')
    await heard[1]!.promise
    await parent.stop('SIGTERM', 1000)
    expect(seen.length).toBe(2)
    for (const pid of seen) await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow(), 5000)
  })

  it.each([
    [['no-such-program-here'], '.', 'there is no program "no-such-program-here" on the PATH'],
    [['/etc'], '.', '/etc is no program that may be run'],
    [['node'], '/no/such/folder', 'its folder /no/such/folder does not exist'],
  ] as const)('says why %s in %s does not start', async (command, cwd, expected) => {
    const reason = await new Promise<string>((resolve) => {
      child = new Child(
        { name: 'part', command, cwd, env: process.env },
        { onCrash: (_, why) => resolve(why) },
      )
      child.start()
    })
    expect(reason).toBe(expected)
  })
})
