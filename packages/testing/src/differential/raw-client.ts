import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { TLSSocket } from 'node:tls'
import type { ClientConnection } from './case.ts'
import { takeMessage, type WireMessage } from './http1-message-reader.ts'
import { type SeenTls, seenTls, tlsClient, tlsError } from './tls-peer.ts'

export interface SeenConnection {
  /** Where the connection speaks TLS. */
  readonly tls?: SeenTls
  readonly responses: readonly WireMessage[]
  /** Bytes that are no complete response. */
  readonly leftOver: string
  /** The proxy closed the connection soon after the last response. */
  readonly closed: boolean
}

/** Where a connection of a case goes, and what it needs for TLS. */
export interface RawClientTarget {
  readonly port: number
  /** Folder of the certificates. */
  readonly certificates: string | undefined
  /** The last session of the case, to resume; filled in here. */
  readonly sessions: { last: Buffer | undefined }
}

/** How long a proxy has to close a connection that it closes. */
const CLOSE_MS = 300

/** Sends a connection's exchanges as raw bytes and reads what comes back. */
export async function runConnection(
  target: RawClientTarget,
  connection: ClientConnection,
): Promise<SeenConnection> {
  const secure =
    connection.tls === undefined
      ? undefined
      : tlsClient(target.port, connection.tls, target.certificates, target.sessions.last)
  const socket: Socket = secure ?? connect(target.port, '127.0.0.1')
  socket.setNoDelay(true)
  socket.setEncoding('latin1')
  let bytes = ''
  let ended = false
  let tls: SeenTls | undefined
  let error: string | undefined
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
  socket.on('error', (thrown) => {
    error ??= tlsError(thrown)
    finish()
  })
  secure?.on('session', (session) => (target.sessions.last = session))
  if (secure === undefined) await Promise.race([once(socket, 'connect'), sleep(2000)])
  else if (await isSecured(secure)) tls = seenTls(secure, false)

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
  const seen = { responses, leftOver: bytes, closed }
  if (secure === undefined) return seen
  return { ...seen, tls: { ...tls, ...(error === undefined ? {} : { error }) } }
}

/** Waits for the end of a handshake, whatever it is. */
async function isSecured(socket: TLSSocket): Promise<boolean> {
  return Promise.race([
    new Promise<boolean>((resolve) => {
      socket.once('secureConnect', () => resolve(true))
      socket.once('close', () => resolve(false))
    }),
    sleep(2000).then(() => false),
  ])
}
