import { proxy_get_shared_data, proxy_set_shared_data, Status } from './abi'
import { mark, out, release } from './arena'
import { decode, encode, encodedSize } from './text'

/** A value with the number that a conditional write needs. */
export class SharedValue {
  constructor(
    readonly text: string,
    /** Version: give it to `sharedData.set` to write only if nobody else has. */
    readonly cas: u32,
  ) {}
}

/** Key-value data that all filters with the same `vm_id` share, over all workers of the proxy. */
export namespace sharedData {
  export function get(key: string): SharedValue | null {
    const position = mark()
    const at = encode(key)
    const word = sizeof<usize>()
    const status = proxy_get_shared_data(at, encodedSize, out, out + word, out + 2 * word)
    let value: SharedValue | null = null
    if (status == Status.Ok) {
      value = new SharedValue(decode(load<usize>(out), load<usize>(out, sizeof<usize>())), load<u32>(out, 8))
    }
    release(position)
    return value
  }

  /** Writes a value. With `cas` other than 0, only if the value still has that version; tells whether it was written. */
  export function set(key: string, value: string, cas: u32 = 0): bool {
    const position = mark()
    const at = encode(key)
    const size = encodedSize
    const data = encode(value)
    const status = proxy_set_shared_data(at, size, data, encodedSize, cas)
    release(position)
    return status == Status.Ok
  }
}
