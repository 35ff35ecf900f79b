import { describe, expect, it } from 'vitest'
import { ManualClock } from '../../test/manual-clock.ts'
import { MemoryTransport } from '../../test/support/memory-transport.ts'
import { ConnectError, type ConnectTarget, targetText } from '../network/connect.ts'
import type { Transport } from '../network/transport.ts'
import type { TransportFactory } from '../upstream/transport-factory.ts'
import { connectAny } from './connect-any.ts'

/** A name with these addresses, whose connections are what the test makes of them. */
function setUp(addresses: readonly string[] | Error, target: ConnectTarget = { host: 'a.test', port: 1 }) {
  const clock = new ManualClock()
  const notes: string[] = []
  const pending = new Map<string, (result: Transport | ConnectError) => void>()
  const transports: TransportFactory = {
    connect(to, _options, done) {
      const text = targetText(to)
      notes.push(`try ${text}`)
      pending.set(text, done)
      return { cancel: () => void (pending.delete(text) && notes.push(`cancel ${text}`)) }
    },
    close() {},
  }
  const result = Promise.withResolvers<Transport | ConnectError>()
  const race = connectAny(
    target,
    {
      transports,
      connect: { timeoutMs: 0, bindAddress: undefined },
      clock,
      resolve: async () => {
        if (addresses instanceof Error) throw addresses
        return addresses
      },
    },
    result.resolve,
  )
  return {
    race,
    clock,
    result: result.promise,
    take: () => notes.splice(0),
    settle(address: string, outcome: Transport | ConnectError) {
      const done = pending.get(address)!
      pending.delete(address)
      done(outcome)
    },
    resolved: () => new Promise((resolve) => setImmediate(resolve)),
  }
}

const refused = (text: string) => new ConnectError('refused', text)

describe('connecting to a name', () => {
  it('tries the next address when one fails, and says why the last one did', async () => {
    const { settle, take, result, resolved, clock } = setUp(['10.0.0.1', 'fd00::1'])
    await resolved()
    expect(take()).toEqual(['try 10.0.0.1:1'])
    settle('10.0.0.1:1', refused('one'))
    expect(take()).toEqual(['try [fd00::1]:1'])
    settle('[fd00::1]:1', refused('two'))
    expect([await result, clock.delays]).toEqual([refused('two'), []])
  })

  it('tries the next address beside one that does not answer; the first connection wins', async () => {
    const { settle, take, result, resolved, clock } = setUp(['10.0.0.1', '10.0.0.2', '10.0.0.3'])
    await resolved()
    clock.advance(250)
    clock.advance(249)
    expect(take()).toEqual(['try 10.0.0.1:1', 'try 10.0.0.2:1'])
    settle('10.0.0.2:1', refused('two'))
    expect(take()).toEqual(['try 10.0.0.3:1'])
    const transport = new MemoryTransport()
    settle('10.0.0.1:1', transport)
    expect([await result, take(), clock.delays]).toEqual([transport, ['cancel 10.0.0.3:1'], []])
  })

  it('waits for those that were begun when the last address fails', async () => {
    const { settle, result, resolved, clock } = setUp(['10.0.0.1', '10.0.0.2'])
    await resolved()
    clock.advance(250)
    settle('10.0.0.2:1', refused('two'))
    settle('10.0.0.1:1', refused('one'))
    expect(await result).toEqual(refused('one'))
  })

  it('gives up while it resolves and while it connects', async () => {
    const early = setUp(['10.0.0.1'])
    early.race.cancel()
    await early.resolved()
    expect(early.take()).toEqual([])
    const late = setUp(['10.0.0.1', '10.0.0.2'])
    await late.resolved()
    late.race.cancel()
    expect([late.take(), late.clock.delays]).toEqual([['try 10.0.0.1:1', 'cancel 10.0.0.1:1'], []])
  })

  it('asks nobody about an address or a path', () => {
    for (const target of [{ host: '10.0.0.9', port: 2 }, { host: 'fd00::9', port: 2 }, { path: '/run/x' }])
      expect(setUp([], target).take()).toEqual([`try ${targetText(target)}`])
  })
})
