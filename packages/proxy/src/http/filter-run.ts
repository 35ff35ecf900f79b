import { ByteBuffer } from './byte-buffer.ts'
import type { BodyVerdict, HttpFilter, LocalReply, Verdict } from './filter.ts'
import type { HeaderTable } from './header-table.ts'

/** Bytes that may wait behind a paused filter before reading stops. */
const HOLD_READING_BYTES = 64 * 1024
const NOTHING = Buffer.alloc(0)

type Phase = 'headers' | 'body' | 'trailers'

/** The two directions of a stream differ in these. */
export interface RunOwner {
  readonly filters: readonly HttpFilter[]
  /** False once the direction is given up: a local reply took over, or the stream is gone. */
  isRunning(run: FilterRun): boolean
  passHeaders(run: FilterRun, endStream: boolean): void
  passData(run: FilterRun, chunk: Uint8Array, endStream: boolean): void
  passTrailers(run: FilterRun, trailers: HeaderTable): void
  /** Everything that was let through has been passed on. */
  passBatchEnd(run: FilterRun): void
  /** A filter answers (`request` direction), or replaces the response. */
  onReply(run: FilterRun, reply: LocalReply): void
  onReset(run: FilterRun, details: string): void
  onFilterError(run: FilterRun, filterIndex: number, thrown: unknown): void
  /** A `'buffer'` verdict holds more than `bufferLimitBytes`. */
  onBufferOverflow(run: FilterRun): void
  holdReading(run: FilterRun): void
  resumeReading(run: FilterRun): void
  readonly bufferLimitBytes: number
}

/** Indexes of filters that take part in each phase, in the order of the direction. */
export interface RunOrder {
  readonly headers: readonly number[]
  readonly body: readonly number[]
  readonly trailers: readonly number[]
}

/**
 * One direction of a stream on its way through the filters: stops where a filter says so, keeps what arrives meanwhile,
 * and goes on when it is told to.
 *
 * While a filter pauses, nothing moves in its direction; so there is one place at most where a direction is stopped.
 * A filter that buffers does not stop it: the filters before it go on to see the body.
 */
export abstract class FilterRun {
  protected readonly owner: RunOwner
  readonly #order: RunOrder
  /** Where the direction is stopped: position in the array of its phase, -1 while it runs. */
  #stoppedAt = -1
  #stoppedPhase: Phase = 'headers'
  /** The chunk that waits at the stop of a body phase. */
  #stoppedChunk: Uint8Array = NOTHING
  #stoppedEnd = false
  #headersEnd = false
  /** What has not entered the chain. */
  readonly #queue = new ByteBuffer()
  #queuedEnd = false
  #queuedTrailers: HeaderTable | undefined
  #isReadingHeld = false
  /** What arrives while the queue is worked off goes to its end. */
  #isResuming = false
  /** Bodies that filters collect, by filter index. */
  #buffers: (ByteBuffer | undefined)[] | undefined
  #bufferEnds = false
  /** The filter that collects, or was the last to; -1 for none. */
  #bufferingAt = -1
  /** Trailers that filters added to a message without any. */
  #addedTrailers: HeaderTable | undefined
  #endPassed = false
  #generation = 0

  constructor(owner: RunOwner, order: RunOrder) {
    this.owner = owner
    this.#order = order
  }

  protected abstract callHeaders(filter: HttpFilter, endStream: boolean): Verdict | Promise<Verdict>
  protected abstract callBody(
    filter: HttpFilter,
    chunk: Uint8Array,
    endStream: boolean,
  ): BodyVerdict | Promise<BodyVerdict>
  protected abstract callTrailers(filter: HttpFilter, trailers: HeaderTable): Verdict | Promise<Verdict>
  protected abstract hasBody(filter: HttpFilter): boolean
  protected abstract hasTrailers(filter: HttpFilter): boolean

  /** Whether a body has to go through this run although no filter looks at it. */
  get wantsBody(): boolean {
    return this.#stoppedAt >= 0 || this.#isResuming || this.#addedTrailers !== undefined
  }

  /** Held by a `'buffer'` verdict. */
  get buffered(): Uint8Array {
    return this.#bufferingAt < 0 ? NOTHING : (this.#buffers?.[this.#bufferingAt]?.view ?? NOTHING)
  }

  setBuffered(bytes: Uint8Array): void {
    if (this.#bufferingAt >= 0) this.#buffers?.[this.#bufferingAt]?.set(bytes)
  }

  /** Adds trailers to a message whose end has not been passed on; false when it is too late. */
  addTrailer(create: () => HeaderTable, name: string, value: string): boolean {
    if (this.#endPassed) return false
    this.#addedTrailers ??= create()
    this.#addedTrailers.add(name, value)
    return true
  }

  // ---- what arrives ----

  headers(endStream: boolean): void {
    this.#headersEnd = endStream
    this.#runHeaders(0)
  }

  data(chunk: Uint8Array, endStream: boolean): void {
    if (this.#stoppedAt >= 0 || this.#isResuming) {
      this.#queue.append(chunk)
      if (endStream) this.#queuedEnd = true
      if (this.#queue.length > HOLD_READING_BYTES && !this.#isReadingHeld) {
        this.#isReadingHeld = true
        this.owner.holdReading(this)
      }
    } else this.#runBody(0, chunk, endStream)
  }

  trailers(trailers: HeaderTable): void {
    if (this.#stoppedAt >= 0 || this.#isResuming) this.#queuedTrailers = trailers
    else this.#runTrailers(0, trailers)
  }

  /** Goes on behind the filter that stopped, or lets go of what a filter collects. */
  resume(): void {
    if (!this.owner.isRunning(this)) return
    this.#generation++
    const at = this.#stoppedAt
    if (at < 0) {
      this.#release()
    } else {
      this.#stoppedAt = -1
      this.#isResuming = true
      if (this.#stoppedPhase === 'headers') this.#runHeaders(at + 1)
      else if (this.#stoppedPhase === 'body') {
        const chunk = this.#stoppedChunk
        this.#stoppedChunk = NOTHING
        this.#runBody(at + 1, chunk, this.#stoppedEnd)
      } else {
        const trailers = this.#queuedTrailers!
        this.#queuedTrailers = undefined
        this.#runTrailers(at + 1, trailers)
      }
      this.#drainQueue()
    }
    if (this.owner.isRunning(this)) this.owner.passBatchEnd(this)
  }

  #release(): void {
    const index = this.#bufferingAt
    const buffer = index < 0 ? undefined : this.#buffers?.[index]
    if (buffer === undefined) return
    this.#buffers![index] = undefined
    this.#bufferingAt = -1
    this.#runBody(this.#order.body.indexOf(index) + 1, buffer.take(), this.#bufferEnds)
  }

  #drainQueue(): void {
    this.#isResuming = true
    const { owner } = this
    while (this.#canGoOn() && (this.#queue.length > 0 || this.#queuedEnd)) {
      const end = this.#queuedEnd
      this.#queuedEnd = false
      this.#runBody(0, this.#queue.take(), end)
    }
    if (this.#canGoOn() && this.#queuedTrailers !== undefined) {
      const trailers = this.#queuedTrailers
      this.#queuedTrailers = undefined
      this.#runTrailers(0, trailers)
    }
    this.#isResuming = false
    if (!this.#isReadingHeld || !this.#canGoOn()) return
    this.#isReadingHeld = false
    owner.resumeReading(this)
  }

  #canGoOn(): boolean {
    return this.#stoppedAt < 0 && this.owner.isRunning(this)
  }

  // ---- the three phases ----

  #runHeaders(from: number): void {
    const { owner } = this
    const order = this.#order.headers
    for (let at = from; at < order.length; at++) {
      const index = order[at]!
      let verdict: Verdict | Promise<Verdict>
      try {
        verdict = this.callHeaders(owner.filters[index]!, this.#headersEnd)
      } catch (thrown) {
        owner.onFilterError(this, index, thrown)
        return
      }
      if (!owner.isRunning(this)) return
      if (verdict !== undefined && !this.#judge(verdict, 'headers', at, index)) return
    }
    const end = this.#headersEnd && this.#addedTrailers === undefined
    if (end) this.#endPassed = true
    owner.passHeaders(this, end)
    if (this.#headersEnd && !end && owner.isRunning(this)) this.#passAddedTrailers()
  }

  #runBody(from: number, bytes: Uint8Array, endStream: boolean): void {
    const { owner } = this
    const order = this.#order.body
    let chunk = bytes
    for (let at = from; at < order.length; at++) {
      const index = order[at]!
      const filter = owner.filters[index]!
      if (!this.hasBody(filter)) continue
      const buffer = this.#buffers?.[index]
      if (buffer !== undefined) {
        buffer.append(chunk)
        chunk = buffer.view
        this.#bufferingAt = index
      }
      let verdict: BodyVerdict | Promise<BodyVerdict>
      try {
        verdict = this.callBody(filter, chunk, endStream)
      } catch (thrown) {
        owner.onFilterError(this, index, thrown)
        return
      }
      if (!owner.isRunning(this)) return
      if (verdict === 'buffer') {
        this.#collect(index, chunk, endStream)
        return
      }
      if (buffer !== undefined) {
        // It was kept for this filter; now it goes on.
        chunk = buffer.take()
        this.#buffers![index] = undefined
        if (this.#bufferingAt === index) this.#bufferingAt = -1
      }
      if (verdict === undefined) continue
      if (verdict instanceof Uint8Array) {
        chunk = verdict
        continue
      }
      this.#stoppedChunk = Buffer.from(chunk)
      this.#stoppedEnd = endStream
      if (!this.#judge(verdict, 'body', at, index)) return
    }
    if (endStream && this.#addedTrailers !== undefined) {
      if (chunk.length > 0) owner.passData(this, chunk, false)
      if (owner.isRunning(this)) this.#passAddedTrailers()
      return
    }
    if (endStream) this.#endPassed = true
    if (chunk.length > 0 || endStream) owner.passData(this, chunk, endStream)
  }

  #collect(index: number, chunk: Uint8Array, endStream: boolean): void {
    this.#buffers ??= []
    let buffer = this.#buffers[index]
    if (buffer === undefined) {
      buffer = this.#buffers[index] = new ByteBuffer()
      buffer.append(chunk)
    }
    this.#bufferingAt = index
    if (endStream) this.#bufferEnds = true
    if (buffer.length > this.owner.bufferLimitBytes) this.owner.onBufferOverflow(this)
  }

  #runTrailers(from: number, trailers: HeaderTable): void {
    const { owner } = this
    const order = this.#order.trailers
    for (let at = from; at < order.length; at++) {
      const index = order[at]!
      const filter = owner.filters[index]!
      if (this.hasTrailers(filter)) {
        let verdict: Verdict | Promise<Verdict>
        try {
          verdict = this.callTrailers(filter, trailers)
        } catch (thrown) {
          owner.onFilterError(this, index, thrown)
          return
        }
        if (!owner.isRunning(this)) return
        if (verdict !== undefined) {
          this.#queuedTrailers = trailers
          if (!this.#judge(verdict, 'trailers', at, index)) return
          this.#queuedTrailers = undefined
        }
      }
      // The body that a filter collected goes on in front of the trailers.
      const buffer = this.#buffers?.[index]
      if (buffer === undefined) continue
      this.#buffers![index] = undefined
      if (this.#bufferingAt === index) this.#bufferingAt = -1
      this.#runBody(this.#order.body.indexOf(index) + 1, buffer.take(), false)
      if (!owner.isRunning(this)) return
      if (this.#stoppedAt >= 0) {
        this.#queuedTrailers = trailers
        return
      }
    }
    const added = this.#addedTrailers
    added?.forEach((name, value) => {
      trailers.add(name, value)
    })
    this.#endPassed = true
    owner.passTrailers(this, trailers)
  }

  #passAddedTrailers(): void {
    this.#endPassed = true
    this.owner.passTrailers(this, this.#addedTrailers!)
  }

  // ---- verdicts ----

  /** Acts on a verdict that is not "go on"; true when the run goes on all the same. */
  #judge(verdict: BodyVerdict | Promise<BodyVerdict>, phase: Phase, at: number, index: number): boolean {
    if (verdict instanceof Promise) {
      this.#stop(phase, at)
      const generation = this.#generation
      verdict.then(
        (settled) => this.#settle(settled, generation, index),
        (thrown: unknown) => {
          if (this.#isCurrent(generation)) this.owner.onFilterError(this, index, thrown)
        },
      )
      return false
    }
    if (verdict === 'pause' || verdict === 'buffer') {
      // To collect headers or trailers means to wait.
      this.#stop(phase, at)
      return false
    }
    if (verdict === 'reset') {
      this.owner.onReset(this, 'filter_reset')
      return false
    }
    if (verdict instanceof Uint8Array || verdict === undefined) return true
    this.owner.onReply(this, verdict)
    return false
  }

  #stop(phase: Phase, at: number): void {
    this.#stoppedAt = at
    this.#stoppedPhase = phase
  }

  #isCurrent(generation: number): boolean {
    return this.#generation === generation && this.#stoppedAt >= 0 && this.owner.isRunning(this)
  }

  #settle(verdict: BodyVerdict, generation: number, index: number): void {
    if (!this.#isCurrent(generation)) return
    if (verdict === 'pause') return
    if (verdict === 'buffer') {
      if (this.#stoppedPhase !== 'body') return
      const chunk = this.#stoppedChunk
      this.#stoppedChunk = NOTHING
      this.#stoppedAt = -1
      this.#collect(index, chunk, this.#stoppedEnd)
      this.#drainQueue()
      return
    }
    if (verdict instanceof Uint8Array) this.#stoppedChunk = verdict
    else if (verdict !== undefined) {
      this.#judge(verdict, this.#stoppedPhase, this.#stoppedAt, index)
      return
    }
    this.resume()
  }
}
