import { proxy_get_property, proxy_set_property, Status } from './abi'
import { mark, out, release } from './arena'
import { log } from './log'
import { decode, encode, encodedSize } from './text'

/**
 * What the proxy knows of the request, the connection and itself: Envoy's attributes. Those that are read from headers
 * (`request.path`) are there as long as the headers are: not any more once the request has gone on.
 *
 * A path is written with dots (`request.path`, `source.address`, `request.headers.x-user`). Where a segment has a dot
 * of its own, separate with `\0` instead: `'metadata\0filter_metadata\0envoy.filters.http.jwt_authn'`.
 *
 * @see https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/advanced/attributes
 */
export namespace properties {
  /** A property as text; null when it is absent. */
  export function text(path: string): string | null {
    const position = mark()
    const value: string | null = read(path)
      ? decode(load<usize>(out), load<usize>(out, sizeof<usize>()))
      : null
    release(position)
    return value
  }

  /** A property as it came; null when it is absent. */
  export function bytes(path: string): Uint8Array | null {
    const position = mark()
    let value: Uint8Array | null = null
    if (read(path)) {
      const size = load<usize>(out, sizeof<usize>())
      const copy = new Uint8Array(<i32>size)
      memory.copy(copy.dataStart, load<usize>(out), size)
      value = copy
    }
    release(position)
    return value
  }

  /** An integer (`response.code`), a time or a duration (nanoseconds); `fallback` when it is absent. */
  export function integer(path: string, fallback: i64 = 0): i64 {
    const position = mark()
    let value = fallback
    if (read(path) && load<usize>(out, sizeof<usize>()) == 8) value = load<i64>(load<usize>(out))
    release(position)
    return value
  }

  /** A boolean (`connection.mtls`); `fallback` when it is absent. */
  export function flag(path: string, fallback: bool = false): bool {
    const position = mark()
    let value = fallback
    if (read(path) && load<usize>(out, sizeof<usize>()) >= 1) value = load<u8>(load<usize>(out)) != 0
    release(position)
    return value
  }

  /**
   * Stores a value with this request, for later callbacks (`text(name)`) and other filters
   * (`filter_state["wasm.<name>"]`). A name is one word, without dots.
   */
  export function set(name: string, value: string): void {
    const position = mark()
    const key = encode(name)
    const keySize = encodedSize
    const data = encode(value)
    const status = proxy_set_property(key, keySize, data, encodedSize)
    release(position)
    if (status != Status.Ok) log.warn('cannot set property ' + name + ' (status ' + status.toString() + ')')
  }

  function read(path: string): bool {
    const at = encode(path)
    const size = encodedSize
    if (path.indexOf('\0') < 0) {
      for (let i: usize = 0; i < size; i++) {
        if (load<u8>(at + i) == 0x2e) store<u8>(at + i, 0)
      }
    }
    return proxy_get_property(at, size, out, out + sizeof<usize>()) == Status.Ok
  }
}
