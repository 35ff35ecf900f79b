import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import type { UpstreamAnswer } from './case.ts'
import { takeMessage, type WireMessage } from './http1-message-reader.ts'

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
  seen: SeenRequest[] = []

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
  reset(answers: readonly UpstreamAnswer[]): void {
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
    let bytes = ''
    socket.setEncoding('latin1')
    socket.on('close', () => this.#sockets.delete(socket))
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
        this.#answer(socket)
      }
    })
  }

  #answer(socket: Socket): void {
    const answer = this.#answers[Math.min(this.#next++, this.#answers.length - 1)]
    if (answer === undefined || answer.afterwards === 'hang') return
    const send = () => {
      if (answer.bytes !== '') socket.write(answer.bytes, 'latin1')
      if (answer.afterwards === 'close') socket.end()
      if (answer.afterwards === 'reset') setTimeout(() => socket.resetAndDestroy(), 20)
    }
    if (answer.afterMs > 0) setTimeout(send, answer.afterMs)
    else send()
  }
}
