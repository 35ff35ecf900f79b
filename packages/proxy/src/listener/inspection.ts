import type { Clock } from '@batten/core'
import type { PlainTransport } from '../network/plain-transport.ts'
import { discardHandler } from '../network/socket-transport.ts'
import {
  type InspectedConnection,
  type ListenerFilter,
  type ListenerFilterFactory,
  MAX_PEEKED_BYTES,
} from './filters/listener-filter.ts'

export type InspectionOutcome =
  /** Every filter has seen enough, or the time is over and the listener goes on without them. */
  | {
      readonly kind: 'done'
      readonly isTimeout: boolean
      readonly peeked: Buffer
      readonly connection: InspectedConnection
    }
  /** The peer left, or a filter refused it. */
  | { readonly kind: 'closed'; readonly byPeer: boolean; readonly peeked: Buffer }
  | { readonly kind: 'timeout'; readonly peeked: Buffer }

export interface InspectionOptions {
  /** 0 waits for ever. */
  readonly timeoutMs: number
  readonly continueOnTimeout: boolean
  readonly clock: Clock
}

/**
 * Runs the listener filters of one connection on its first bytes. The bytes are kept for whoever comes next; `done`
 * is called once, at once or later, with the transport's handler detached.
 *
 * @returns a function that gives up, for a listener that closes
 */
export function inspectConnection(
  transport: PlainTransport,
  factories: readonly ListenerFilterFactory[],
  options: InspectionOptions,
  done: (outcome: InspectionOutcome) => void,
): () => void {
  const filters = factories.map((factory) => factory.create())
  const connection: InspectedConnection = { transportProtocol: '', serverName: '', applicationProtocols: [] }
  const peeked = new PeekBuffer()
  let current = 0
  let isPending = true

  const settle = (outcome: InspectionOutcome) => {
    if (!isPending) return
    isPending = false
    timer?.cancel()
    transport.handler = discardHandler
    done(outcome)
  }
  const finish = (isTimeout: boolean) => settle({ kind: 'done', isTimeout, peeked: peeked.bytes, connection })

  transport.handler = {
    onData(chunk) {
      if (!isPending) return
      peeked.append(chunk)
      while (current < filters.length) {
        const filter: ListenerFilter = filters[current]!
        const verdict = filter.inspect(peeked.bytes, connection)
        if (verdict === 'reject') return settle({ kind: 'closed', byPeer: false, peeked: peeked.bytes })
        if (verdict === 'more') {
          if (peeked.bytes.length >= MAX_PEEKED_BYTES)
            settle({ kind: 'closed', byPeer: false, peeked: peeked.bytes })
          return
        }
        current++
      }
      finish(false)
    },
    // Half a connection has nothing to match on; Envoy closes it as well.
    onEnd: () => settle({ kind: 'closed', byPeer: true, peeked: peeked.bytes }),
    onDrain() {},
    onClose: () => settle({ kind: 'closed', byPeer: true, peeked: peeked.bytes }),
  }
  const timer =
    options.timeoutMs > 0
      ? options.clock.setTimeout(() => {
          if (options.continueOnTimeout) finish(true)
          else settle({ kind: 'timeout', peeked: peeked.bytes })
        }, options.timeoutMs)
      : undefined
  return () => {
    isPending = false
    timer?.cancel()
  }
}

/** The first bytes of a connection, copied out of the shared read buffer; grows by doubling. */
class PeekBuffer {
  #storage = Buffer.alloc(0)
  bytes: Buffer = this.#storage

  append(chunk: Buffer): void {
    const length = this.bytes.length + chunk.length
    if (length > this.#storage.length) {
      const grown = Buffer.allocUnsafeSlow(
        this.bytes.length === 0 ? length : Math.max(length, 2 * this.bytes.length),
      )
      this.bytes.copy(grown)
      this.#storage = grown
    }
    chunk.copy(this.#storage, this.bytes.length)
    this.bytes = this.#storage.subarray(0, length)
  }
}
