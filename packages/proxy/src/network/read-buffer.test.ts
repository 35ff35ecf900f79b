import { describe, expect, it } from 'vitest'
import { SHARED_BUFFER_BYTES, TlsReadBuffers } from './read-buffer.ts'

/** Reads as Node does: it asks for the next buffer as soon as one is filled, and holds it until bytes come. */
class Reader {
  readonly buffers = new TlsReadBuffers()
  readonly seen: number[] = []
  #held = this.buffers.next()

  /** A record whose bytes all have this value. */
  read(value: number, length = SHARED_BUFFER_BYTES): void {
    this.#held.fill(value, 0, length)
    this.#note(this.buffers.received(length))
    this.#held = this.buffers.next()
  }

  flush(): void {
    this.#note(this.buffers.flush())
  }

  /** Values in the order in which they were handed on, one for each run of equal bytes. */
  #note(chunk: Buffer | undefined): void {
    for (let i = 0; chunk !== undefined && i < chunk.length; i++)
      if (i === 0 || chunk[i] !== chunk[i - 1]) this.seen.push(chunk[i]!)
  }
}

describe('buffers of a TLS connection', () => {
  it('hand on every record once and in order when they are flushed while the next buffer is out already', () => {
    const reader = new Reader()
    for (let value = 1; value <= 30; value++) {
      reader.read(value)
      if (value % 3 === 0) reader.flush()
    }
    reader.read(31, 100)
    reader.flush()
    expect(reader.seen).toEqual(Array.from({ length: 31 }, (_, i) => i + 1))
  })

  it('go back to the shared buffer when records are small', () => {
    const reader = new Reader()
    reader.read(1)
    reader.read(2)
    reader.flush()
    for (const value of [3, 4, 5]) reader.read(value, 10)
    expect(reader.seen).toEqual([1, 2, 3, 4, 5])
  })
})
