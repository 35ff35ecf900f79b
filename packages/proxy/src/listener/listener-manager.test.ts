import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { connect as tlsConnect } from 'node:tls'
import { afterEach, describe, expect, it } from 'vitest'
import {
  anything,
  ask,
  chain,
  cleanUp,
  closeOf,
  LineFilter,
  listener,
  manager,
  open,
  tls,
  until,
} from '../../test/listener-fixture.ts'

const undo: (() => unknown)[] = []
const onEnd = (step: () => unknown) => void undo.push(step)
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step()
  await cleanUp()
})

describe('the listener manager', () => {
  it('does nothing for an equal version, and lets go of the filters compiled for it', async () => {
    const { listeners } = manager()
    const first = new LineFilter('x')
    const second = new LineFilter('x')
    expect(await listeners.apply(listener([chain(first)]))).toBe('added')
    expect(await listeners.apply(listener([chain(second)]))).toBe('unchanged')
    expect([first.isClosed, second.isClosed]).toEqual([false, true])
  })

  it('updates on the same socket: changed chains drain, unchanged ones keep their connections', async () => {
    const { listeners, stats, portOf } = manager()
    const stays = new LineFilter('stays')
    const goes = new LineFilter('goes')
    const chains = (changed: LineFilter, kept: LineFilter) => [
      chain(kept, { match: { ...anything, sourcePrefixRanges: ['127.0.0.1'] } }),
      chain(changed, { match: { ...anything, sourcePrefixRanges: ['127.0.0.2'] } }),
    ]
    await listeners.apply(listener(chains(goes, stays)))
    const port = portOf()
    const kept = await open(port)
    const from2 = async () => {
      const socket = connect({ port, host: '127.0.0.1', localAddress: '127.0.0.2' })
      onEnd(() => socket.destroy())
      await once(socket, 'connect')
      return socket
    }
    const drained = await from2()
    expect([await ask(kept, '1'), await ask(drained, '1')]).toEqual(['stays:1', 'goes:1'])

    const comes = new LineFilter('comes')
    expect(await listeners.apply(listener(chains(comes, new LineFilter('stays'))))).toBe('updated')
    expect(portOf()).toBe(port)
    expect(goes.isClosed).toBe(false)
    expect(await ask(drained, '2')).toBe('goes:2')
    await closeOf(drained)
    expect(await ask(kept, '2')).toBe('stays:2')
    expect(await ask(kept, '3')).toBe('stays:3')
    expect(await ask(await from2(), '1')).toBe('comes:1')
    await until(() => goes.isClosed)
    expect(stays.isClosed).toBe(false)
    expect(stats.counted('listener_manager.')).toEqual({
      listener_added: 1,
      listener_modified: 1,
      listener_in_place_updated: 1,
      listener_create_success: 1,
      total_listeners_active: 1,
    })
  })

  it('closes what is left of a drained chain when the drain time is over', async () => {
    const { listeners, portOf } = manager({ drainTimeMs: 20 })
    const filter = new LineFilter('old')
    await listeners.apply(listener([chain(filter)]))
    const idle = await open(portOf())
    await ask(idle, 'x')
    await listeners.apply(listener([chain(new LineFilter('new'))]))
    await closeOf(idle)
    await until(() => filter.isClosed)
  })

  it('refuses an address that is taken and keeps the old listener', async () => {
    const { listeners, stats, portOf } = manager()
    const taken = createServer()
    taken.listen(0, '127.0.0.1')
    await once(taken, 'listening')
    onEnd(() => taken.close())
    const { port } = taken.address() as { port: number }
    await listeners.apply(listener([chain(new LineFilter('old'))]))
    const socket = await open(portOf())
    await expect(
      listeners.apply(listener([chain(new LineFilter('new'))], { address: { host: '127.0.0.1', port } })),
    ).rejects.toMatchObject({
      code: 'PROXY_BIND_FAILED',
      where: 'address',
      message: `cannot listen on 127.0.0.1:${port}: address in use`,
    })
    expect(await ask(socket, 'x')).toBe('old:x')
    expect(await ask(await open(portOf()), 'y')).toBe('old:y')
    const owner = { host: '127.0.0.1', port: portOf() }
    await expect(
      listeners.apply(
        listener([chain(new LineFilter('second'))], { name: 'second', address: { host: '127.0.0.1', port } }),
      ),
    ).rejects.toMatchObject({ code: 'PROXY_BIND_FAILED' })
    await expect(listeners.apply(listener([], { name: 'third', address: owner }))).rejects.toMatchObject({
      code: 'PROXY_BIND_FAILED',
    })
    expect(stats.counted('listener_manager.')['listener_create_failure']).toBe(3)
  })

  it('moves to another address and keeps its connections', async () => {
    const { listeners, portOf } = manager()
    const config = (version: string, host: string) =>
      listener([chain(new LineFilter('x'))], { address: { host, port: 0 }, version })
    await listeners.apply(config('1', '127.0.0.1'))
    const port = portOf()
    const socket = await open(port)
    expect(await ask(socket, '1')).toBe('x:1')
    await listeners.apply(config('2', '127.0.0.2'))
    expect(listeners.get('l')!.addresses[0]).toMatchObject({ host: '127.0.0.2' })
    expect(await ask(socket, '2')).toBe('x:2')
    const refused = connect({ port, host: '127.0.0.1' })
    const [error] = (await once(refused, 'error')) as [NodeJS.ErrnoException]
    expect(error.code).toBe('ECONNREFUSED')
  })

  it('removes a listener: nobody gets in, those inside get out', async () => {
    const { listeners, stats, portOf } = manager()
    const filter = new LineFilter('x')
    await listeners.apply(listener([chain(filter)]))
    const port = portOf()
    const socket = await open(port)
    await ask(socket, '1')
    await listeners.remove('l')
    await listeners.remove('unknown')
    expect(listeners.listeners()).toMatchObject([
      { name: 'l', state: 'draining', connections: 1, addresses: [] },
    ])
    const [error] = (await once(connect({ port, host: '127.0.0.1' }), 'error')) as [NodeJS.ErrnoException]
    expect(error.code).toBe('ECONNREFUSED')
    expect(await ask(socket, '2')).toBe('x:2')
    await closeOf(socket)
    await until(() => listeners.listeners().length === 0)
    expect(filter.isClosed).toBe(true)
    expect(stats.counted('listener_manager.')).toMatchObject({ listener_removed: 1 })
  })

  it('drains inbound listeners only, on request, and lets handshakes that have begun come to their end', async () => {
    const { listeners, portOf } = manager()
    await listeners.apply(listener([chain(new LineFilter('in'), { tls })]))
    await listeners.apply(
      listener([chain(new LineFilter('out'))], { name: 'o', direction: 'outbound', statPrefix: 'o' }),
    )
    const late = connect({ port: portOf(), host: '127.0.0.1' })
    await once(late, 'connect')
    await until(() => listeners.connectionCount === 1)
    const drained = listeners.drain({ inboundOnly: true, timeMs: 5000 })
    const changed = listener([chain(new LineFilter('changed'))], { version: '2' })
    expect(await listeners.apply(changed)).toBe('ignored')
    expect(listeners.listeners()).toMatchObject([
      { name: 'o', state: 'active' },
      { name: 'l', state: 'draining' },
    ])
    const socket = tlsConnect({ socket: late, rejectUnauthorized: false })
    onEnd(() => socket.destroy())
    expect(await ask(socket, 'late')).toBe('in:late')
    socket.end()
    await drained
    expect(await ask(await open(portOf('o')), 'x')).toBe('out:x')
  })

  it('goes on accepting during a graceful drain', async () => {
    const { listeners, portOf } = manager()
    await listeners.apply(listener([chain(new LineFilter('x'))]))
    const port = portOf()
    const drained = listeners.drain({ graceful: true, timeMs: 1500 })
    const socket = await open(port)
    expect(await ask(socket, 'late')).toBe('x:late')
    await closeOf(socket)
    await drained
    expect(listeners.listeners()).toEqual([])
  })

  it('lets connections linger after a graceful drain', async () => {
    const { listeners, portOf } = manager()
    await listeners.apply(listener([chain(new LineFilter('x'))]))
    const socket = await open(portOf())
    await ask(socket, 'early')
    const drained = listeners.drain({ graceful: true, timeMs: 10, lingerMs: 5000 })
    await until(() => listeners.listeners()[0]!.state === 'draining')
    expect(await ask(socket, 'late')).toBe('x:late')
    await drained
  })

  it('closes everything at once', async () => {
    const { listeners, portOf } = manager()
    const inspected = listener([chain(new LineFilter('x'), { tls })])
    await listeners.apply(inspected)
    await listeners.apply(listener([chain(new LineFilter('y'))], { name: 'm', statPrefix: 'm' }))
    const sockets = [await open(portOf()), await open(portOf('m'))]
    await until(() => listeners.connectionCount === 2)
    await listeners.close()
    await Promise.all(sockets.map(closeOf))
    expect(listeners.connectionCount).toBe(0)
    await expect(listeners.apply(inspected)).rejects.toMatchObject({ code: 'PROXY_NOT_STARTED' })
  })
})
