/** A write under way; the object belongs to Node from its beginning to its end. */
export interface WriteRequest {
  handle?: object
  /** Keeps the bytes alive while the system reads them. */
  pieces?: unknown
  /** Looked up when the write is over. */
  oncomplete?: ((status: number) => void) | undefined
  /** {@link OVER} when the write is over. */
  getAsyncId(): number
}

export const OVER = -1

/** What Node's streams are made of, below their JavaScript. */
export interface StreamWrap {
  readonly WriteWrap: new () => WriteRequest
  /** Results of the last call in or out. */
  readonly streamBaseState: Int32Array
  /** Indexes into that: not 0 when the last write goes on by itself; bytes of the read under way, or an error number. */
  readonly kLastWriteWasAsync: number
  readonly kReadBytesOrError: number
}

/** Versions of Node on which native reads and writes are tested; others go through the stream. */
const TESTED_MAJORS = new Set(['22', '24'])

/** Undefined where this Node is not known to allow it. */
export const streamWrap: StreamWrap | undefined = loadStreamWrap()

function loadStreamWrap(): StreamWrap | undefined {
  if (!TESTED_MAJORS.has(process.versions.node.split('.')[0]!)) return undefined
  try {
    const { binding } = process as unknown as { binding?: (name: string) => Partial<StreamWrap> }
    const found = binding?.call(process, 'stream_wrap')
    const isComplete =
      typeof found?.WriteWrap?.prototype.getAsyncId === 'function' &&
      found.streamBaseState !== undefined &&
      typeof found.kLastWriteWasAsync === 'number' &&
      typeof found.kReadBytesOrError === 'number'
    return isComplete ? (found as StreamWrap) : undefined
  } catch {
    return undefined
  }
}
