import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ClientConnection } from './case.ts'
import { takeMessage, type WireMessage } from './http1-message-reader.ts'

export interface SeenConnection {
  readonly responses: readonly WireMessage[]
  /** Bytes that are no complete response. */
  readonly leftOver: string
  /** The proxy closed the connection soon after the last response. */
  readonly closed: boolean
}

/** How long a proxy has to close a connection that it closes. */
const CLOSE_MS = 300

/** Sends a connection's exchanges as raw bytes and reads what comes back. */
export async function runConnection(port: number, connection: ClientConnection): Promise<SeenConnection> {
  const socket = connect(port, '127.0.0.1')
  socket.setNoDelay(true)
  socket.setEncoding('latin1')
  let bytes = ''
  let ended = false
  let wake = () => {}
  const finish = () => {
    ended = true
    wake()
  }
  socket.on('data', (text: string) => {
    bytes += text
    wake()
  })
  socket.on('end', finish)
  socket.on('close', finish)
  socket.on('error', finish)
  await Promise.race([once(socket, 'connect'), sleep(2000)])

  const responses: WireMessage[] = []
  for (const exchange of connection.exchanges) {
    for (const piece of exchange.send) {
      if (piece.afterMs > 0) await sleep(piece.afterMs)
      if (!ended) socket.write(piece.bytes, 'latin1')
    }
    const bodyless = exchange.send[0]?.bytes.startsWith('HEAD ') ?? false
    const deadline = performance.now() + exchange.waitMs
    let wanted = exchange.responses
    while (wanted > 0) {
      const taken = takeMessage(bytes, bodyless, ended)
      if (taken !== undefined) {
        bytes = taken.rest
        responses.push(taken.message)
        if (!/^HTTP\/1\.\d 1(?!01)/.test(taken.message.startLine)) wanted--
        continue
      }
      const left = deadline - performance.now()
      if (ended || left <= 0) break
      await Promise.race([new Promise<void>((resolve) => (wake = resolve)), sleep(left)])
    }
  }
  if (!ended) await Promise.race([new Promise<void>((resolve) => (wake = resolve)), sleep(CLOSE_MS)])
  const closed = ended
  socket.destroy()
  return { responses, leftOver: bytes, closed }
}
