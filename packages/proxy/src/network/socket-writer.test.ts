import { once } from 'node:events'
import { connect, createServer, Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import {
  createSocketWrite,
  type Piece,
  type SocketWrite,
  StreamWrite,
  type WriteDone,
} from './native-write.ts'
import { BULK_BUFFER_BYTES, BulkBuffer, sharedBuffer } from './read-buffer.ts'
import { SocketWriter } from './socket-writer.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** More than what is staged. */
const MANY = 30_000
const many = (char: string) => Buffer.alloc(MANY, char)
const endOfTurn = () => new Promise((resolve) => setImmediate(resolve))

/** Writes that are over when the test says so; bytes are looked at then, not when they were given. */
class HeldWrite implements SocketWrite {
  isBusy = false
  isReady = () => !this.isBusy
  readonly started: (readonly Piece[])[] = []
  finish!: WriteDone

  constructor(done: WriteDone, copies: boolean) {
    this.write = (pieces) => {
      const list = (Array.isArray(pieces) ? pieces : [pieces]) as readonly Piece[]
      this.started.push(copies ? list.map((piece) => textOf(piece)) : list)
      this.isBusy = true
    }
    this.finish = (error) => {
      this.isBusy = false
      done(error)
    }
  }

  write: (pieces: Piece | readonly Piece[]) => void

  get texts(): string[][] {
    return this.started.map((pieces) => pieces.map(textOf))
  }
}

const textOf = (piece: Piece) => (typeof piece === 'string' ? piece : Buffer.from(piece).toString('latin1'))

function held(copies = false) {
  const events: string[] = []
  let write!: HeldWrite
  const writer = new SocketWriter(
    new Socket(),
    copies,
    {
      onWritten: () => events.push('written'),
      onWriteError: (error) => events.push(error.message),
    },
    (_, done) => (write = new HeldWrite(done, copies)),
  )
  return { writer, write, events }
}

describe('a socket writer', () => {
  it('gathers the text of a turn of the event loop into one write', async () => {
    const { writer, write, events } = held()
    writer.text('a')
    writer.text('b')
    expect([write.texts, writer.pendingBytes]).toEqual([[], 2])
    await endOfTurn()
    expect(write.texts).toEqual([['ab']])
    write.finish(undefined)
    expect([events, writer.pendingBytes]).toEqual([['written'], 0])
  })

  it('has one write under way at a time; what comes meanwhile follows in one', async () => {
    const { writer, write, events } = held()
    writer.bytes(many('1'))
    writer.text('2')
    writer.bytes(Buffer.from('3'))
    writer.bytes(Buffer.from('4'))
    writer.text('5')
    await endOfTurn()
    expect([write.texts.length, writer.pendingBytes]).toEqual([1, MANY + 4])
    write.finish(undefined)
    expect(write.texts.slice(1)).toEqual([['2', '3', '4', '5']])
    expect([events, writer.pendingBytes]).toEqual([[], 4])
    write.finish(undefined)
    expect([events, writer.pendingBytes]).toEqual([['written'], 0])
  })

  it('writes many bytes at once, together with what waits', () => {
    const { writer, write } = held()
    writer.text('head')
    writer.bytes(Buffer.from('few'))
    writer.text('more')
    writer.bytes(many('b'))
    expect(write.texts).toEqual([['headfew', 'more', 'b'.repeat(MANY)]])
  })

  it.each([
    ['where a write copies', true],
    ['where it does not', false],
  ])('makes one piece of heads and small bodies of a turn %s', async (_, copies) => {
    const { writer, write } = held(copies)
    writer.text('head ')
    writer.bytes(Buffer.from('body '))
    writer.text('chunk ')
    writer.bytes(Buffer.from('body '))
    writer.text('end')
    expect([write.texts, writer.pendingBytes]).toEqual([[], 24])
    await endOfTurn()
    expect(write.texts).toEqual([['head body chunk body end']])
    write.finish(undefined)
    expect(writer.pendingBytes).toBe(0)
  })

  it('keeps the order when other connections stage between its bytes', async () => {
    const [one, two] = [held(), held()]
    for (const text of ['a', 'b', 'c']) {
      for (const { writer } of [one, two]) {
        writer.text(text)
        writer.bytes(Buffer.from(text.toUpperCase()))
      }
    }
    one.writer.text('d')
    await endOfTurn()
    expect(one.write.texts.map((pieces) => pieces.join(''))).toEqual(['aAbBcCd'])
    expect(two.write.texts.map((pieces) => pieces.join(''))).toEqual(['aAbBcC'])
  })

  it('leaves staged bytes alone until their write is over', async () => {
    const slow = held()
    slow.writer.bytes(Buffer.from('slow'))
    await endOfTurn()
    for (let i = 0; i < 100; i++) {
      const quick = held()
      quick.writer.bytes(Buffer.alloc(20_000, 'q'))
      await endOfTurn()
      quick.write.finish(undefined)
    }
    expect(slow.write.texts).toEqual([['slow']])
  })

  it('does not wait for the end of the turn with much text', () => {
    const { writer, write } = held()
    writer.text('x'.repeat(10_000))
    expect(write.started).toHaveLength(0)
    writer.text('x'.repeat(10_000))
    expect(write.texts[0]![0]).toHaveLength(20_000)
  })

  it.each([
    ['few', 5],
    ['many', 8000],
  ])('copies bytes of the shared read buffer, which the next read overwrites: %s', async (_, length) => {
    const { writer, write } = held()
    const give = (value: string) => {
      sharedBuffer.fill(value, 0, length)
      writer.bytes(sharedBuffer.subarray(0, length))
      sharedBuffer.fill('x')
    }
    give('1')
    give('2')
    await endOfTurn()
    write.finish(undefined)
    expect(write.texts.flat().join('')).toBe('1'.repeat(length) + '2'.repeat(length))
  })

  it.each([
    ['until its write is over', false, true],
    ['until its write has begun, where that copies', true, false],
  ])('holds a bulk buffer %s', (_, copies, isHeldWhileWriting) => {
    const { writer, write } = held(copies)
    const [one, two] = [BulkBuffer.take(), BulkBuffer.take()]
    writer.bytes(one.bytes.subarray(0, MANY))
    writer.bytes(two.bytes.subarray(0, MANY))
    expect([one.inUse, two.inUse]).toEqual([isHeldWhileWriting, true])
    write.finish(undefined)
    expect([one.inUse, two.inUse]).toEqual([false, isHeldWhileWriting])
    write.finish(undefined)
    expect([one.inUse, two.inUse]).toEqual([false, false])
  })

  it('lets go of everything when it is closed', async () => {
    const { writer, write, events } = held()
    const [one, two] = [BulkBuffer.take(), BulkBuffer.take()]
    writer.bytes(one.bytes.subarray(0, MANY))
    writer.bytes(two.bytes.subarray(0, MANY))
    writer.text('x')
    writer.close()
    expect([one.inUse, two.inUse, writer.pendingBytes]).toEqual([false, false, 0])
    write.finish(new Error('write ECANCELED'))
    writer.text('late')
    writer.bytes(Buffer.from('late'))
    await endOfTurn()
    expect([write.started.length, events]).toEqual([1, []])
  })

  it('reports a failed write once and writes no more', async () => {
    const { writer, write, events } = held()
    writer.bytes(many('x'))
    writer.text('y')
    write.finish(new Error('write EPIPE'))
    writer.text('z')
    await endOfTurn()
    expect([events, write.started.length, writer.pendingBytes]).toEqual([['write EPIPE'], 1, 0])
  })
})

describe.each([
  ['past the stream', createSocketWrite],
  ['through the stream', (socket: Socket, done: WriteDone) => new StreamWrite(socket, done)],
])('a socket writer %s', (_, createWrite) => {
  async function connected() {
    const accepted = Promise.withResolvers<Socket>()
    const server = createServer({ pauseOnConnect: true }, accepted.resolve)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    const peer = await accepted.promise
    for (const end of [socket, peer]) end.on('error', () => {})
    cleanups.push(
      () => server.close(),
      () => socket.destroy(),
      () => peer.destroy(),
    )
    const written: (() => void)[] = []
    const failed = Promise.withResolvers<Error>()
    const writer = new SocketWriter(
      socket,
      false,
      { onWritten: () => written.splice(0)[0]?.(), onWriteError: failed.resolve },
      createWrite,
    )
    return { port, socket, peer, writer, failed: failed.promise, written }
  }

  it('keeps every byte in its place while the peer reads slowly', async () => {
    const { peer, writer, written, socket } = await connected()
    const expected: Buffer[] = []
    for (let i = 0; writer.pendingBytes < 20 * BULK_BUFFER_BYTES; i++) {
      const text = `${i}:`.padEnd(9000 + (i % 5000), 'x')
      expected.push(Buffer.from(text, 'latin1'))
      if (i % 3 === 0) writer.text(text)
      else if (i % 3 === 1) writer.bytes(Buffer.from(text, 'latin1'))
      else {
        const bulk = BulkBuffer.take()
        bulk.bytes.write(text, 'latin1')
        writer.bytes(bulk.bytes.subarray(0, text.length))
        bulk.giveBack()
      }
      if (i % 50 === 0) await endOfTurn()
    }
    const chunks: Buffer[] = []
    peer.on('data', (chunk: Buffer) => chunks.push(chunk)).resume()
    await new Promise<void>((resolve) => written.push(resolve))
    expect(writer.pendingBytes).toBe(0)
    socket.end()
    await once(peer, 'end')
    expect(Buffer.compare(Buffer.concat(chunks), Buffer.concat(expected))).toBe(0)
  })

  it('waits for the connection', async () => {
    const { port } = await connected()
    const socket = connect(port, '127.0.0.1')
    cleanups.push(() => socket.destroy())
    const writer = new SocketWriter(socket, false, { onWritten() {}, onWriteError() {} }, createWrite)
    writer.bytes(Buffer.from('early'))
    expect([socket.connecting, writer.pendingBytes]).toEqual([true, 5])
    await expect.poll(() => writer.pendingBytes).toBe(0)
    expect([socket.connecting, socket.bytesWritten]).toEqual([false, 5])
  })

  it('reports that the peer is gone', async () => {
    const { peer, writer, failed } = await connected()
    peer.resetAndDestroy()
    const write = setInterval(() => writer.text('x'.repeat(20_000)), 1)
    cleanups.push(() => clearInterval(write))
    expect((await failed).message).toMatch(
      /ECONNRESET|EPIPE|ECANCELED|after the stream was destroyed|destroyed/,
    )
  })
})
