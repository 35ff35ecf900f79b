import type { HttpStream } from '../http/filter.ts'
import type { MutableGuestMap } from './guest-context.ts'

/** Trailers of a message that has none, while its last piece passes: what a guest adds becomes its trailers. */
export class TrailerWriter implements MutableGuestMap {
  readonly #stream: HttpStream
  readonly #isRequest: boolean

  constructor(stream: HttpStream, isRequest: boolean) {
    this.#stream = stream
    this.#isRequest = isRequest
  }

  get byteSize(): number {
    return 0
  }

  get(_name: string): string | undefined {
    return undefined
  }

  forEach(): void {}

  set(name: string, value: string): void {
    this.add(name, value)
  }

  add(name: string, value: string): void {
    if (this.#isRequest) this.#stream.addRequestTrailer(name, value)
    else this.#stream.addResponseTrailer(name, value)
  }

  remove(_name: string): boolean {
    return false
  }
}
