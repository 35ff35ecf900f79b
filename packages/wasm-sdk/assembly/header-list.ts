import { take } from './arena'
import { decode, encode, encodedSize, setEncodedSize } from './text'

/**
 * Header names and values in order, not tied to a request: to answer with, to call out with, or a copy of what a
 * {@link Headers} map held.
 *
 * @example
 * return this.reply(302, '', new HeaderList().add('location', '/login'))
 */
export class HeaderList {
  private names: string[] = []
  private values: string[] = []

  get length(): i32 {
    return this.names.length
  }

  name(index: i32): string {
    return this.names[index]
  }

  value(index: i32): string {
    return this.values[index]
  }

  /** Adds a header; returns the list, so that calls can be chained. */
  add(name: string, value: string): HeaderList {
    this.names.push(name)
    this.values.push(value)
    return this
  }

  /** The first value of a header; null when it is absent. `name` must be in lower case. */
  get(name: string): string | null {
    const at = this.names.indexOf(name)
    return at < 0 ? null : this.values[at]
  }

  /** Every value of a header. `name` must be in lower case. */
  getAll(name: string): string[] {
    const found: string[] = []
    for (let i = 0; i < this.names.length; i++) {
      if (this.names[i] == name) found.push(this.values[i])
    }
    return found
  }

  /** Reads the form in which the host hands maps over: count, sizes, then `name\0value\0` for each. */
  read(data: usize, size: usize): void {
    if (size < 4) return
    const count = load<u32>(data)
    let sizes = data + 4
    let at = sizes + ((<usize>count) << 3)
    for (let i: u32 = 0; i < count; i++) {
      const nameSize = <usize>load<u32>(sizes)
      const valueSize = <usize>load<u32>(sizes, 4)
      sizes += 8
      if (at + nameSize + valueSize + 2 > data + size) return
      this.names.push(decode(at, nameSize))
      at += nameSize + 1
      this.values.push(decode(at, valueSize))
      at += valueSize + 1
    }
  }

  /** The same form, in the arena; `encodedSize` is its size. */
  write(): usize {
    const count = this.names.length
    if (count == 0) {
      setEncodedSize(0)
      return 0
    }
    let size: usize = 4 + ((<usize>count) << 3)
    for (let i = 0; i < count; i++) {
      size += <usize>String.UTF8.byteLength(this.names[i]) + <usize>String.UTF8.byteLength(this.values[i]) + 2
    }
    const data = take(size)
    store<u32>(data, <u32>count)
    let sizes = data + 4
    let at = sizes + ((<usize>count) << 3)
    for (let i = 0; i < count; i++) {
      at = this.writeText(this.names[i], sizes, at)
      at = this.writeText(this.values[i], sizes + 4, at)
      sizes += 8
    }
    setEncodedSize(size)
    return data
  }

  private writeText(value: string, sizeAt: usize, at: usize): usize {
    const from = encode(value)
    const size = encodedSize
    memory.copy(at, from, size)
    store<u32>(sizeAt, <u32>size)
    store<u8>(at + size, 0)
    return at + size + 1
  }
}
