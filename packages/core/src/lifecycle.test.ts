import { describe, expect, it } from 'vitest'
import { Lifecycle } from './lifecycle.ts'

function recorder() {
  const events: string[] = []
  const component = (name: string, ...dependsOn: string[]) => ({
    name,
    dependsOn,
    async start() {
      await Promise.resolve()
      events.push(`+${name}`)
    },
    async stop() {
      await Promise.resolve()
      events.push(`-${name}`)
    },
  })
  return { events, component }
}

describe('Lifecycle', () => {
  it('starts dependencies first and stops them last, whatever the order of adding', async () => {
    const { events, component } = recorder()
    const lifecycle = new Lifecycle()
    lifecycle.add(component('proxy', 'xds', 'admin'))
    lifecycle.add(component('xds', 'log'))
    lifecycle.add(component('log'))
    lifecycle.add(component('admin', 'log'))
    await lifecycle.start()
    expect(events).toEqual(['+log', '+xds', '+admin', '+proxy'])
    expect(lifecycle.running).toEqual(['log', 'xds', 'admin', 'proxy'])
    events.length = 0
    await lifecycle.stop()
    await lifecycle.stop()
    expect(events).toEqual(['-proxy', '-xds', '-admin', '-log'])
    expect(lifecycle.running).toEqual([])
  })

  it('stops what runs when one component fails to start, and says why', async () => {
    const { events, component } = recorder()
    const lifecycle = new Lifecycle()
    lifecycle.add(component('a'))
    lifecycle.add({ name: 'b', dependsOn: ['a'], start: () => Promise.reject(new Error('port taken')) })
    lifecycle.add(component('c', 'b'))
    await expect(lifecycle.start()).rejects.toThrow('port taken')
    expect(events).toEqual(['+a', '-a'])
  })

  it('tells a component that is starting when another one failed', async () => {
    const lifecycle = new Lifecycle()
    lifecycle.add({
      name: 'slow',
      start: (signal) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    })
    lifecycle.add({ name: 'bad', start: () => Promise.reject(new Error('no')) })
    await expect(lifecycle.start()).rejects.toThrow('no')
  })

  it('gives up on a component that does not stop', async () => {
    const timers: (() => void)[] = []
    const warnings: unknown[] = []
    const lifecycle = new Lifecycle({
      clock: {
        now: () => 0,
        monotonicMs: () => 0,
        setTimeout(callback) {
          timers.push(callback)
          return { cancel() {} }
        },
        setInterval: () => ({ cancel() {} }),
      },
      log: {
        scope: '',
        level: 'warn',
        trace() {},
        debug() {},
        info() {},
        warn: (message, fields) => void warnings.push([message, fields]),
        error() {},
        child() {
          return this
        },
      },
    })
    let told = false
    lifecycle.add({
      name: 'stuck',
      stop: (signal) =>
        new Promise(() => {
          signal.addEventListener('abort', () => {
            told = true
          })
        }),
    })
    await lifecycle.start()
    const stopped = lifecycle.stop()
    await Promise.resolve()
    await Promise.resolve()
    timers[0]!()
    await stopped
    expect(told).toBe(true)
    expect(warnings).toEqual([['component did not stop in time', { component: 'stuck', ms: 5000 }]])
  })

  it.each([
    [[['a', 'b']], '"a" depends on "b", which does not exist'],
    [
      [
        ['a', 'b'],
        ['b', 'c'],
        ['c', 'a'],
      ],
      'dependencies go in a circle: a -> b -> c -> a',
    ],
  ])('refuses %j', async (edges, message) => {
    const lifecycle = new Lifecycle()
    for (const [name, dependency] of edges) lifecycle.add({ name: name!, dependsOn: [dependency!] })
    await expect(lifecycle.start()).rejects.toThrow(message)
  })
})
