import { lookup } from 'node:dns'
import { isIP } from 'node:net'
import { type Clock, errorMessage, type Timer } from '@batten/core'
import { ConnectError, type ConnectTarget, type PendingConnect } from '../network/connect.ts'
import type { Transport } from '../network/transport.ts'
import type { TransportFactory, UpstreamConnectOptions } from '../upstream/transport-factory.ts'

/** All addresses of a name, in the order in which they should be tried. */
export type ResolveName = (name: string) => Promise<readonly string[]>

/** The system's resolver, in its own order. */
export const resolveBySystem: ResolveName = (name) =>
  new Promise((resolve, reject) => {
    lookup(name, { all: true, order: 'verbatim' }, (error, found) =>
      error === null ? resolve(found.map(({ address }) => address)) : reject(error),
    )
  })

/** Pause before the next address of a name is tried beside the one that does not answer. */
const NEXT_ADDRESS_MS = 250

export interface ConnectAnyOptions {
  readonly transports: TransportFactory
  readonly connect: UpstreamConnectOptions
  readonly clock: Clock
  readonly resolve: ResolveName
}

/**
 * Connects to a host by address or by name. Of a name every address is tried, one after another but without waiting
 * long for the one before; the first connection wins.
 *
 * @param done - called once, never before this returns, not at all after `cancel`
 * @see https://www.rfc-editor.org/rfc/rfc8305#section-5
 */
export function connectAny(
  target: ConnectTarget,
  options: ConnectAnyOptions,
  done: (result: Transport | ConnectError) => void,
): PendingConnect {
  const { transports, connect } = options
  if ('path' in target || isIP(target.host) !== 0) return transports.connect(target, connect, done)
  const race = new AddressRace(target.port, options, done)
  options.resolve(target.host).then(
    (addresses) => race.start(target.host, addresses),
    (thrown: unknown) =>
      race.settle(
        new ConnectError('refused', `cannot resolve ${target.host}: ${errorMessage(thrown)}`, thrown),
      ),
  )
  return race
}

class AddressRace implements PendingConnect {
  readonly #port: number
  readonly #options: ConnectAnyOptions
  readonly #done: (result: Transport | ConnectError) => void
  readonly #pending = new Set<PendingConnect>()
  #addresses: readonly string[] = []
  #next = 0
  #timer: Timer | undefined
  #isOver = false

  constructor(port: number, options: ConnectAnyOptions, done: (result: Transport | ConnectError) => void) {
    this.#port = port
    this.#options = options
    this.#done = done
  }

  start(name: string, addresses: readonly string[]): void {
    this.#addresses = addresses
    if (addresses.length === 0) this.settle(new ConnectError('refused', `${name} has no address`))
    else this.#try()
  }

  cancel(): void {
    this.#isOver = true
    this.#timer?.cancel()
    for (const pending of this.#pending) pending.cancel()
    this.#pending.clear()
  }

  settle(result: Transport | ConnectError): void {
    if (this.#isOver) return
    this.cancel()
    this.#done(result)
  }

  #try(): void {
    const host = this.#addresses[this.#next++]
    if (this.#isOver || host === undefined) return
    const { transports, connect, clock } = this.#options
    this.#timer?.cancel()
    const pending = transports.connect({ host, port: this.#port }, connect, (result) => {
      this.#pending.delete(pending)
      if (!(result instanceof ConnectError)) this.settle(result)
      else if (this.#next < this.#addresses.length) this.#try()
      else if (this.#pending.size === 0) this.settle(result)
    })
    this.#pending.add(pending)
    if (this.#next < this.#addresses.length)
      this.#timer = clock.setTimeout(() => this.#try(), NEXT_ADDRESS_MS)
  }
}
