import { createServer, type Server, Socket } from 'node:net'
import { systemClock } from '@batten/core'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { StatsStore } from '../telemetry/stats.ts'
import { createSecretStore } from '../tls/secret-store.ts'
import { SecureContextPool } from '../tls/secure-contexts.ts'
import { keepAlive, type TcpKeepalive } from './tcp-keepalive.ts'
import { socketTransports } from './transport-factory.ts'

const unset = { probes: undefined, timeS: undefined, intervalS: undefined }

class RecordingSocket extends Socket {
  readonly calls: unknown[][] = []

  override setKeepAlive(...args: unknown[]): this {
    this.calls.push(args)
    return this
  }
}

describe('keepalive', () => {
  it.each<[string, TcpKeepalive, unknown[]]>([
    ['of the system when nothing is said', unset, [true]],
    ['of the system when zeros are said', { probes: 0, timeS: 0, intervalS: 0 }, [true]],
    ['as it is said', { probes: 3, timeS: 60, intervalS: 5 }, [true, 60_000, 5000, 3]],
    ['with the defaults of Linux beside a time', { ...unset, timeS: 60 }, [true, 60_000, 75_000, 9]],
    ['with the defaults of Linux beside probes', { ...unset, probes: 2 }, [true, 7_200_000, 75_000, 2]],
    [
      'within what Linux takes',
      { probes: 1000, timeS: 100_000, intervalS: 100_000 },
      [true, 32_767_000, 32_767_000, 127],
    ],
  ])('is %s', (_title, keepalive, expected) => {
    const socket = new RecordingSocket()
    keepAlive(socket, keepalive)
    expect(socket.calls).toEqual([expected])
  })
})

describe('a plain connection', () => {
  let server: Server | undefined
  afterEach(() => {
    vi.restoreAllMocks()
    server?.close()
  })

  it.each([
    [{ probes: 3, timeS: 60, intervalS: 5 }, [[true, 60_000, 5000, 3]]],
    [undefined, []],
  ])('gets the keepalive %j', async (keepalive, expected) => {
    const calls = vi.spyOn(Socket.prototype, 'setKeepAlive')
    server = createServer((socket) => socket.resume())
    await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    const factory = socketTransports(new SecureContextPool(createSecretStore()), systemClock)(
      { kind: 'plain' },
      new StatsStore().scope('cluster', 'a'),
    )
    await new Promise<void>((resolve, reject) => {
      const options = { timeoutMs: 1000, bindAddress: undefined, keepalive }
      factory.connect({ host: '127.0.0.1', port }, options, (result) => {
        if (result instanceof Error) return reject(result)
        result.destroy()
        resolve()
      })
    })
    expect(calls.mock.calls).toEqual(expected)
  })
})
