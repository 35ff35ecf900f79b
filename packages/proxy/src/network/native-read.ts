import type { Socket } from 'node:net'
import { internalsOf, type NativeHandle, type ReadInto } from './node-socket.ts'
import { streamWrap } from './stream-wrap.ts'

interface ReadableHandle extends NativeHandle {
  /** Called for each read; returns the buffer for the next one, undefined for the same. */
  onread?: (this: ReadableHandle, memory: ArrayBuffer | undefined) => Uint8Array | undefined
}

/**
 * Takes the reads of a socket from its stream, whose part in them (timers, flags, lookups by symbols) nothing here needs.
 * Ends and errors still go through the stream. The handle must be the last one that the socket gets: call it when the
 * first bytes have come.
 */
export function readNatively(socket: Socket, { buffer, callback }: ReadInto): void {
  const handle = internalsOf(socket)._handle as ReadableHandle | null
  const throughStream = handle?.onread
  if (streamWrap === undefined || typeof throughStream !== 'function' || typeof buffer !== 'function') return
  const { streamBaseState, kReadBytesOrError } = streamWrap
  handle!.onread = function (memory) {
    const length = streamBaseState[kReadBytesOrError]!
    if (length <= 0 || socket.destroyed) return throughStream.call(this, memory)
    callback(length, NOTHING)
    return buffer()
  }
}

/** {@link ReadInto} knows its buffers itself. */
const NOTHING = new Uint8Array(0)
