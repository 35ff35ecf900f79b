import type { Socket } from 'node:net'
import { atEndOfTurn, type EndOfTurnTask } from './end-of-turn.ts'
import { latin1Of, putLatin1 } from './latin1.ts'
import { createSocketWrite, type Piece, type SocketWrite, type WriteDone } from './native-write.ts'
import { type BulkBuffer, bulkBufferOf, sharedBuffer } from './read-buffer.ts'
import { stagingArea } from './staging-area.ts'

/** Gathered text is written out when it gets longer than this: longer strings cost an allocation. */
const MAX_GATHERED_BYTES = 16 * 1024

/** Head and body of so many bytes together are copied to wait for the end of the turn; larger ones are lent at once. */
const MAX_STAGED_BYTES = 24 * 1024

export interface SocketWriterOwner {
  /** All that was pending has gone out. Never called inside of a call to the writer. */
  onWritten(): void
  /** A write failed; nothing can be written any more. May be called inside of a call to the writer. */
  onWriteError(error: Error): void
}

/**
 * The write queue of a socket.
 *
 * Text and small bodies are gathered until the events of this turn of the event loop are used up. So whatever a turn has
 * to say to a peer is one system call and one TLS record, and the peers of all connections are woken in one burst, not
 * each for itself while others still wait for their turn: under load that saves a tenth of the time in the system.
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
  #isPlanned = false
  // What is pending, in this order:
  /** The bulk buffers among them are retained. */
  #queue: Piece[] = []
  /** A part of the staging area, whose buffer is retained. */
  #staged: BulkBuffer | undefined
  #stagedStart = 0
  #stagedEnd = 0
  #gathered = ''
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
    else this.#plan()
  }

  /** What is small goes with the text before it and after it; what is large goes at once, with the text before it. */
  bytes(bytes: Uint8Array): void {
    if (this.#isClosed) return
    const fits = this.#gathered.length + bytes.length <= MAX_STAGED_BYTES
    if (fits && !this.#write.isBusy) this.#stage(bytes)
    else if (bytes.buffer === sharedBuffer.buffer) this.text(textOf(bytes))
    else this.#bytesAtOnce(bytes)
  }

  #plan(): void {
    if (this.#isPlanned) return
    this.#isPlanned = true
    atEndOfTurn(this)
  }

  #stage(bytes: Uint8Array): void {
    this.pendingBytes += bytes.length
    this.#plan()
    const at = this.#reserve(this.#gathered.length + bytes.length)
    const target = this.#staged!.bytes
    const textLength = this.#gathered.length
    this.#moveGathered(target, at)
    target.set(bytes, at + textLength)
  }

  /** Makes room for more staged bytes; returns where it starts. */
  #reserve(length: number): number {
    const at = this.#stagedEnd
    if (this.#staged !== undefined && stagingArea.extend(this.#staged, at, length)) {
      this.#stagedEnd = at + length
      return at
    }
    // Nothing is staged, or another connection has staged something behind it.
    this.#enqueueStaged()
    this.#stagedStart = stagingArea.take(length)
    this.#stagedEnd = this.#stagedStart + length
    this.#staged = stagingArea.buffer
    this.#staged.retain()
    return this.#stagedStart
  }

  #moveGathered(target: Buffer, at: number): void {
    if (this.#gathered === '') return
    putLatin1(target, this.#gathered, at)
    this.#gathered = ''
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
    const staged = this.#staged
    if (this.#queue.length > 0 || (staged !== undefined && !this.#stageGathered(staged))) this.#startQueue()
    else if (staged !== undefined) this.#startStaged(staged)
    else if (this.#gathered !== '') {
      const text = this.#gathered
      this.#gathered = ''
      this.#start(text, text.length)
    }
  }

  /** Puts the text behind the staged part; false when there is no room. */
  #stageGathered(staged: BulkBuffer): boolean {
    const { length } = this.#gathered
    if (length === 0) return true
    const at = this.#stagedEnd
    if (!stagingArea.extend(staged, at, length)) return false
    this.#moveGathered(staged.bytes, at)
    this.#stagedEnd = at + length
    return true
  }

  #startQueue(): void {
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

  #startStaged(staged: BulkBuffer): void {
    const bytes = staged.bytes.subarray(this.#stagedStart, this.#stagedEnd)
    this.#staged = undefined
    this.#start(bytes, bytes.length)
    if (this.#copies || !this.#write.isBusy) staged.release()
    else this.#held.push(staged)
  }

  /** Forgets what is pending. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#staged?.release()
    this.#staged = undefined
    this.#releaseHeld()
    for (const piece of this.#queue) if (typeof piece !== 'string') bulkBufferOf(piece)?.release()
    this.#queue = []
    this.#gathered = ''
    this.pendingBytes = 0
  }

  /** The staged part becomes a piece. */
  #enqueueStaged(): void {
    const staged = this.#staged
    if (staged === undefined) return
    this.#staged = undefined
    this.#queue.push(staged.bytes.subarray(this.#stagedStart, this.#stagedEnd))
  }

  #enqueueGathered(): void {
    this.#enqueueStaged()
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

function textOf(bytes: Uint8Array): string {
  return latin1Of(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), 0, bytes.length)
}
