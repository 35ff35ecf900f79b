import type { Socket } from 'node:net'
import { atEndOfTurn, type EndOfTurnTask } from './end-of-turn.ts'
import { createSocketWrite, type Piece, type SocketWrite, type WriteDone } from './native-write.ts'
import { BulkBuffer, bulkBufferOf, sharedBuffer } from './read-buffer.ts'

/** Gathered text is written out when it gets longer than this: longer strings cost an allocation. */
const MAX_GATHERED_BYTES = 16 * 1024

/** Bytes from which on a text of them would be a burden for V8's young generation. */
const LARGE_BYTES = 4096

export interface SocketWriterOwner {
  /** All that was pending has gone out. Never called inside of a call to the writer. */
  onWritten(): void
  /** A write failed; nothing can be written any more. May be called inside of a call to the writer. */
  onWriteError(error: Error): void
}

/**
 * The write queue of a socket.
 *
 * Text is gathered until the events of this turn of the event loop are used up. So whatever a turn has to say to a
 * peer is one system call and one TLS record, and the peers of all connections are woken in one burst, not each for
 * itself while others still wait for their turn: under load that saves a tenth of the time in the system.
 *
 * One write is under way at a time (a TLS handle takes no more, see {@link SocketWrite}); what comes meanwhile waits.
 *
 * @see docs/adr/0013-writes-at-the-end-of-a-turn.md
 */
export class SocketWriter implements EndOfTurnTask {
  /**
   * Bytes that were given to the writer and that the system has not taken yet; on TLS without those of one small write
   * that nobody waits for (see {@link SocketWrite}).
   */
  pendingBytes = 0
  readonly #owner: SocketWriterOwner
  readonly #write: SocketWrite
  /** TLS encrypts into memory of its own: bytes are free again as soon as their write has begun. */
  readonly #copies: boolean
  /** Text behind everything in the queue. */
  #gathered = ''
  #isPlanned = false
  /** In order; the bulk buffers among them are retained. */
  #queue: Piece[] = []
  /** Bulk buffers that the write under way reads from. */
  #held: BulkBuffer[] = []
  #bytesUnderWay = 0
  #isClosed = false

  /**
   * @param copies - whether the socket is done with the bytes of a write when that has begun
   * @param createWrite - for tests
   */
  constructor(
    socket: Socket,
    copies: boolean,
    owner: SocketWriterOwner,
    createWrite: (socket: Socket, done: WriteDone) => SocketWrite = createSocketWrite,
  ) {
    this.#copies = copies
    this.#owner = owner
    this.#write = createWrite(socket, (error) => this.#onDone(error))
  }

  /** Nothing is pending, and no write is under way. When there is, `onWritten` will be called. */
  isIdle(): boolean {
    return this.pendingBytes === 0 && this.#write.isReady()
  }

  text(text: string): void {
    if (this.#isClosed) return
    this.pendingBytes += text.length
    this.#gathered += text
    if (this.#gathered.length > MAX_GATHERED_BYTES) this.flush()
    else if (!this.#isPlanned) {
      this.#isPlanned = true
      atEndOfTurn(this)
    }
  }

  /** Writes at once, behind what is gathered, and in the same system call. */
  bytes(bytes: Uint8Array): void {
    if (this.#isClosed) return
    if (bytes.buffer !== sharedBuffer.buffer) this.#bytesAtOnce(bytes)
    // The next read overwrites it: what is small, or has to wait, is copied as text.
    else if (bytes.length < LARGE_BYTES || !this.#write.isReady())
      this.text(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1'))
    else if (this.#copies) this.#bytesAtOnce(bytes)
    else {
      const copy = BulkBuffer.take()
      copy.bytes.set(bytes)
      this.#bytesAtOnce(copy.bytes.subarray(0, bytes.length))
      copy.giveBack()
    }
  }

  #bytesAtOnce(bytes: Uint8Array): void {
    this.pendingBytes += bytes.length
    this.#enqueueGathered()
    bulkBufferOf(bytes)?.retain()
    this.#queue.push(bytes)
    this.flush()
  }

  onEndOfTurn(): void {
    this.#isPlanned = false
    this.flush()
  }

  /** Hands over what is pending, as far as possible: no more than one write is under way. */
  flush(): void {
    if (this.#isClosed || !this.#write.isReady()) return
    if (this.#queue.length === 0) {
      const text = this.#gathered
      if (text === '') return
      this.#gathered = ''
      this.#start(text, text.length)
      return
    }
    this.#enqueueGathered()
    const pieces = this.#queue
    this.#queue = []
    for (const piece of pieces) {
      const bulk = typeof piece === 'string' ? undefined : bulkBufferOf(piece)
      if (bulk !== undefined) this.#held.push(bulk)
    }
    this.#start(pieces.length === 1 ? pieces[0]! : pieces, this.pendingBytes)
    if (this.#copies || !this.#write.isBusy) this.#releaseHeld()
  }

  /** Forgets what is pending. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#releaseHeld()
    for (const piece of this.#queue) if (typeof piece !== 'string') bulkBufferOf(piece)?.release()
    this.#queue = []
    this.#gathered = ''
    this.pendingBytes = 0
  }

  #enqueueGathered(): void {
    if (this.#gathered === '') return
    this.#queue.push(this.#gathered)
    this.#gathered = ''
  }

  #start(pieces: Piece | readonly Piece[], bytes: number): void {
    this.#bytesUnderWay = bytes
    this.#write.write(pieces)
    if (!this.#write.isBusy) this.#settle()
  }

  #settle(): void {
    this.pendingBytes -= this.#bytesUnderWay
    this.#bytesUnderWay = 0
  }

  #onDone(error: Error | undefined): void {
    if (this.#isClosed) return
    this.#settle()
    this.#releaseHeld()
    if (error !== undefined) {
      this.close()
      this.#owner.onWriteError(error)
      return
    }
    this.flush()
    if (this.pendingBytes === 0) this.#owner.onWritten()
  }

  #releaseHeld(): void {
    if (this.#held.length === 0) return
    for (const bulk of this.#held) bulk.release()
    this.#held.length = 0
  }
}
