import { BufferType, proxy_get_buffer_bytes, proxy_set_buffer_bytes, Status } from './abi'
import { mark, out, release } from './arena'
import { log } from './log'
import { decode, encode, encodedSize } from './text'

/**
 * The bytes of a body that the proxy holds: one piece, or all of it so far after `Action.Pause`.
 *
 * A body that changes its length needs headers without `content-length`: remove that header in the headers callback.
 */
export class Body {
  constructor(
    readonly type: BufferType,
    /** Bytes that can be read now. */
    public size: i32 = 0,
  ) {}

  /** The bytes as text (UTF-8). */
  text(): string {
    const position = mark()
    let text = ''
    if (this.load(0, this.size)) text = decode(load<usize>(out), load<usize>(out, sizeof<usize>()))
    release(position)
    return text
  }

  /** A copy of the bytes, or of a part. */
  bytes(start: i32 = 0, end: i32 = i32.MAX_VALUE): Uint8Array {
    const position = mark()
    let copy = new Uint8Array(0)
    const stop = min(end, this.size)
    if (start < stop && this.load(start, stop - start)) {
      const size = load<usize>(out, sizeof<usize>())
      copy = new Uint8Array(<i32>size)
      memory.copy(copy.dataStart, load<usize>(out), size)
    }
    release(position)
    return copy
  }

  /** Replaces what the proxy holds. */
  replace(text: string): void {
    const position = mark()
    const data = encode(text)
    this.store(0, <u32>this.size, data, encodedSize)
    release(position)
  }

  replaceBytes(bytes: Uint8Array): void {
    this.store(0, <u32>this.size, bytes.dataStart, <usize>bytes.length)
  }

  append(text: string): void {
    const position = mark()
    const data = encode(text)
    this.store(<u32>this.size, 0, data, encodedSize)
    release(position)
  }

  prepend(text: string): void {
    const position = mark()
    const data = encode(text)
    this.store(0, 0, data, encodedSize)
    release(position)
  }

  private load(start: i32, size: i32): bool {
    const status = proxy_get_buffer_bytes(this.type, start, size, out, out + sizeof<usize>())
    if (status != Status.Ok && status != Status.NotFound) {
      log.warn('cannot read the body in this phase (status ' + status.toString() + ')')
    }
    return status == Status.Ok
  }

  private store(start: u32, length: u32, data: usize, size: usize): void {
    const status = proxy_set_buffer_bytes(this.type, start, length, data, size)
    if (status != Status.Ok) {
      log.warn('cannot change the body in this phase (status ' + status.toString() + ')')
      return
    }
    this.size = length == 0 ? this.size + <i32>size : <i32>size
  }
}

export const requestBody = new Body(BufferType.RequestBody)
export const responseBody = new Body(BufferType.ResponseBody)
