import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import type { TLSSocketOptions } from 'node:tls'
import type { UpstreamAnswer, UpstreamTls } from './case.ts'
import { takeMessage, type WireMessage } from './http1-message-reader.ts'
import { type SeenTls, seenTls, tlsError, tlsUpstream, tlsUpstreamOptions } from './tls-peer.ts'

export interface SeenRequest {
  /** 1 for the first connection of the case, 2 for the next... */
  readonly connection: number
  readonly message: WireMessage
}

/** An upstream that records what it gets byte for byte and answers from a script. */
export class ScriptedUpstream {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #answers: readonly UpstreamAnswer[] = []
  #next = 0
  #connections = 0
  #numbers = new Map<Socket, number>()
  #tls: UpstreamTls | undefined
  #tlsOptions: TLSSocketOptions | undefined
  seen: SeenRequest[] = []
  /** Handshakes in the order in which they began; those of a case where it speaks TLS. */
  handshakes: SeenTls[] = []

  constructor() {
    this.#server = createServer((socket) => this.#accept(socket))
  }

  async listen(): Promise<number> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    const address = this.#server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  /** Starts a case: a new script, nothing seen, connections counted from one. */
  reset(
    answers: readonly UpstreamAnswer[],
    tls?: UpstreamTls | undefined,
    certificates?: string | undefined,
  ): void {
    this.#tls = tls
    this.#tlsOptions =
      tls === undefined || tls.instead !== undefined ? undefined : tlsUpstreamOptions(tls, certificates)
    this.handshakes = []
    this.#answers = answers
    this.#next = 0
    this.#connections = 0
    this.#numbers.clear()
    this.seen = []
    for (const socket of this.#sockets) socket.destroy()
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
    socket.on('error', () => {})
    const instead = this.#tls?.instead
    if (instead !== undefined) socket.once('data', () => perform(instead, socket, socket))
    else if (this.#tlsOptions === undefined) this.#serve(socket, socket)
    else this.#secure(socket, this.#tlsOptions)
  }

  #secure(socket: Socket, options: TLSSocketOptions): void {
    const { handshakes } = this
    const index = handshakes.push({}) - 1
    const secure = tlsUpstream(socket, options)
    secure.on('secure', () => (handshakes[index] = { ...handshakes[index], ...seenTls(secure, true) }))
    secure.on('error', (thrown) => (handshakes[index] = { error: tlsError(thrown), ...handshakes[index] }))
    this.#serve(secure, socket)
  }

  /** @param below - the connection itself, where the socket is TLS */
  #serve(socket: Socket, below: Socket): void {
    let bytes = ''
    socket.setEncoding('latin1')
    socket.on('error', () => {})
    socket.on('data', (text: string) => {
      bytes += text
      for (;;) {
        const taken = takeMessage(bytes, false, false)
        if (taken === undefined) return
        bytes = taken.rest
        // Numbered by their first request: proxies may open connections ahead of need.
        let connection = this.#numbers.get(socket)
        if (connection === undefined) this.#numbers.set(socket, (connection = ++this.#connections))
        this.seen.push({ connection, message: taken.message })
        this.#answer(socket, below)
      }
    })
  }

  #answer(socket: Socket, below: Socket): void {
    const answer = this.#answers[Math.min(this.#next++, this.#answers.length - 1)]
    if (answer !== undefined) perform(answer, socket, below)
  }
}

function perform(answer: UpstreamAnswer, socket: Socket, below: Socket): void {
  if (answer.afterwards === 'hang') return
  const send = () => {
    if (answer.bytes !== '') socket.write(answer.bytes, 'latin1')
    if (answer.afterwards === 'close') socket.end()
    if (answer.afterwards === 'reset') setTimeout(() => below.resetAndDestroy(), 20)
  }
  if (answer.afterMs > 0) setTimeout(send, answer.afterMs)
  else send()
}
